"""The German text of a dosage as the dgMP algorithm writes it (KBV 1.4, version 1.0.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from pruefstand.fhir.dosage_schedule import (
    DAYS,
    TIMES_OF_DAY,
    DosageProblem,
    Json,
    Kind,
    Part,
    schedule,
)

__all__ = ["DosageProblem", "dosage_text", "is_structured"]

_WEEKDAYS = dict(
    zip(
        DAYS,
        ("montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"),
        strict=True,
    )
)
_DAY_PARTS = dict(zip(TIMES_OF_DAY, ("morgens", "mittags", "abends", "zur Nacht"), strict=True))
_UNITS = {
    "d": ("Tag", "Tage"),
    "wk": ("Woche", "Wochen"),
    "mo": ("Monat", "Monate"),
    "a": ("Jahr", "Jahre"),
}
_EVERY = {"d": "täglich", "wk": "wöchentlich", "mo": "monatlich", "a": "jährlich"}


def is_structured(dosages: Sequence[Json]) -> bool:
    """Return whether any part says more than free text."""
    return any(dosage.get("timing") or dosage.get("doseAndRate") for dosage in dosages)


def dosage_text(dosages: Sequence[Json]) -> str:
    """Return the text of the elements of dosageInstruction (FHIR JSON); raises DosageProblem."""
    if not dosages:
        raise DosageProblem("keine Dosierung")
    free = [dosage for dosage in dosages if "text" in dosage]
    if free:
        if len(dosages) > 1 or set(free[0]) != {"text"}:
            raise DosageProblem("Freitext steht allein")
        return str(free[0]["text"])
    parts = schedule(dosages)
    return _TEXTS[parts[0].kind](parts)


def _day_parts(parts: Sequence[Part]) -> str:
    return _limited(parts[0], "", _scheme(parts))


def _clock(parts: Sequence[Part]) -> str:
    return _limited(parts[0], "täglich", _moments(parts))


def _interval(parts: Sequence[Part]) -> str:
    period, unit = parts[0].period, parts[0].period_unit
    every = _EVERY[unit] if period == 1 else f"alle {period} {_UNITS[unit][1]}"
    # Without moments the frequency is the only word on how often.
    if parts[0].slots == [("", "")] and parts[0].frequency > 1:
        every = f"{parts[0].frequency} x {every}"
    return _limited(parts[0], every, _moments(parts))


def _weekdays(parts: Sequence[Part]) -> str:
    def on_day(day: str) -> list[str]:
        return [
            " ".join(filter(None, (_WEEKDAYS[day], _times(part), _each(part))))
            for part in parts
            if day in part.days
        ]

    return _limited(parts[0], "", "; ".join(text for day in DAYS for text in on_day(day)))


def _weekdays_day_parts(parts: Sequence[Part]) -> str:
    texts = []
    for day in DAYS:
        found = [part for part in parts if day in part.days]
        if found:
            texts.append(f"{_WEEKDAYS[day]} {_scheme(found)}")
    return _limited(parts[0], "", "; ".join(texts))


_TEXTS: Mapping[Kind, Callable[[Sequence[Part]], str]] = MappingProxyType(
    {
        Kind.DAY_PARTS: _day_parts,
        Kind.CLOCK: _clock,
        Kind.INTERVAL: _interval,
        Kind.WEEKDAYS: _weekdays,
        Kind.WEEKDAYS_CLOCK: _weekdays,
        Kind.WEEKDAYS_DAY_PARTS: _weekdays_day_parts,
    }
)


def _moments(parts: Sequence[Part]) -> str:
    """Return when and how much; clock times of one part share its amount, day parts do not."""
    texts: list[str] = []
    for part in parts:
        each = _each(part)
        if part.day_parts:
            texts += [f"{_DAY_PARTS[name]} {each}" for name in part.day_parts]
        elif part.times:
            texts.append(f"{_times(part)} {each}")
        else:
            texts.append(each.removeprefix("— "))
    return "; ".join(texts)


def _times(part: Part) -> str:
    return ", ".join(f"{time[:5]} Uhr" for time in part.times)


def _each(part: Part) -> str:
    return f"— je {_number(part.amount)} {part.unit}"


def _scheme(parts: Sequence[Part]) -> str:
    amounts = {name: part.amount for part in parts for name in part.day_parts}
    values = [_number(amounts.get(name, Decimal(0))) for name in TIMES_OF_DAY]
    return f"{'-'.join(values)} {parts[0].unit}"


def _limited(part: Part, every: str, content: str) -> str:
    head = " ".join(filter(None, (_bounds(part), every)))
    return f"{head}: {content}" if head else content


def _bounds(part: Part) -> str:
    if part.bounds is None:
        return ""
    value, code = part.bounds
    return f"für {_number(value)} {_UNITS[code][0 if value == 1 else 1]}"


def _number(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
