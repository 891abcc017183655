"""A structured dosage (dgMP) as a schedule; what the profile does not allow is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

Json = Mapping[str, Any]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIMES_OF_DAY = ("MORN", "NOON", "EVE", "NIGHT")
BOUND_UNITS: Mapping[str, frozenset[str]] = {
    "d": frozenset({"Tag", "Tage", "Tag(e)"}),
    "wk": frozenset({"Woche", "Wochen", "Woche(n)"}),
    "mo": frozenset({"Monat", "Monate", "Monat(e)"}),
    "a": frozenset({"Jahr", "Jahre", "Jahr(e)"}),
}
_DOSAGE = frozenset({"timing", "doseAndRate"})
_REPEAT = frozenset(
    {"boundsDuration", "frequency", "period", "periodUnit", "dayOfWeek", "timeOfDay", "when"}
)


class DosageProblem(ValueError):
    """The dosage is none the profile allows; the text says why, in German."""


class Kind(StrEnum):
    """The forms a dosage may have; all parts of one dosage have the same."""

    DAY_PARTS = "Tageszeiten"
    CLOCK = "Uhrzeiten"
    WEEKDAYS = "Wochentage"
    WEEKDAYS_DAY_PARTS = "Wochentage mit Tageszeiten"
    WEEKDAYS_CLOCK = "Wochentage mit Uhrzeiten"
    INTERVAL = "Intervall"


@dataclass(frozen=True, slots=True)
class Part:
    """One element of dosageInstruction."""

    amount: Decimal
    unit: str
    unit_code: str
    frequency: int
    period: int
    period_unit: str
    days: tuple[str, ...]
    times: tuple[str, ...]
    """Clock times `HH:MM:SS` in order."""
    day_parts: tuple[str, ...]
    """MORN, NOON, EVE, NIGHT in order."""
    bounds: tuple[Decimal, str] | None
    """How long, with the UCUM code."""

    @property
    def kind(self) -> Kind:
        """The form of this part."""
        if self.days:
            if self.day_parts:
                return Kind.WEEKDAYS_DAY_PARTS
            return Kind.WEEKDAYS_CLOCK if self.times else Kind.WEEKDAYS
        if (self.period, self.period_unit) == (1, "d") and (self.day_parts or self.times):
            return Kind.DAY_PARTS if self.day_parts else Kind.CLOCK
        return Kind.INTERVAL

    @property
    def slots(self) -> list[tuple[str, str]]:
        """Day and time of each intake; an empty text where there is none."""
        moments = self.times or self.day_parts or ("",)
        return [(day, moment) for day in self.days or ("",) for moment in moments]


def schedule(dosages: Sequence[Json]) -> list[Part]:
    """Return the parts of a structured dosage; raises DosageProblem."""
    parts = [_part(dosage) for dosage in dosages]
    first = parts[0]
    for part in parts:
        if part.kind is not first.kind:
            raise DosageProblem(f"{first.kind.value} und {part.kind.value} zugleich")
        if part.unit_code != first.unit_code or part.unit != first.unit:
            raise DosageProblem("verschiedene Dosiereinheiten")
        if part.bounds != first.bounds:
            raise DosageProblem("verschiedene Zeiträume")
        if (part.period, part.period_unit) != (first.period, first.period_unit):
            raise DosageProblem("verschiedene Abstände")
    _check_slots(parts)
    return parts


def _check_slots(parts: list[Part]) -> None:
    slots = Counter(slot for part in parts for slot in part.slots)
    if max(slots.values()) > 1:
        raise DosageProblem("derselbe Zeitpunkt kommt mehrmals vor")
    amounts = [part.amount for part in parts]
    # Parts with equal amounts would be one part here; intervals and weekdays may repeat it.
    if parts[0].kind in (Kind.DAY_PARTS, Kind.CLOCK) and len(set(amounts)) < len(amounts):
        raise DosageProblem("gleiche Dosis in mehreren Angaben")


def _part(dosage: Json) -> Part:
    _check_keys(dosage, _DOSAGE, "Dosierung")
    if not dosage.get("timing") or not dosage.get("doseAndRate"):
        raise DosageProblem("Zeitangabe oder Dosis fehlt")
    repeat = dosage["timing"].get("repeat") or {}
    _check_keys(dosage["timing"], frozenset({"repeat"}), "Zeitangabe")
    _check_keys(repeat, _REPEAT, "Zeitangabe")
    quantity = _quantity(dosage["doseAndRate"])
    part = Part(
        amount=Decimal(str(quantity["value"])),
        unit=str(quantity.get("unit", "")),
        unit_code=str(quantity.get("code", "")),
        frequency=_integer(repeat, "frequency"),
        period=_integer(repeat, "period"),
        period_unit=str(repeat.get("periodUnit", "")),
        days=_ordered(repeat.get("dayOfWeek"), DAYS),
        times=tuple(sorted(repeat.get("timeOfDay") or ())),
        day_parts=_ordered(repeat.get("when"), TIMES_OF_DAY),
        bounds=_bounds(repeat.get("boundsDuration")),
    )
    _check_timing(part)
    return part


def _check_timing(part: Part) -> None:
    if part.times and part.day_parts:
        raise DosageProblem("Uhrzeiten und Tageszeiten zugleich")
    if part.period_unit not in BOUND_UNITS or part.period < 1:
        raise DosageProblem("Abstand fehlt oder hat keine bekannte Einheit")
    if part.days and (part.period, part.period_unit) != (1, "wk"):
        raise DosageProblem("Wochentage verlangen den Abstand von einer Woche")
    if not part.days and (part.times or part.day_parts) and part.period_unit != "d":
        raise DosageProblem("Uhrzeiten und Tageszeiten verlangen einen Abstand in Tagen")
    placed = part.days or part.times or part.day_parts
    if part.frequency < 1 or (placed and part.frequency != len(part.slots)):
        raise DosageProblem("die Häufigkeit passt nicht zu den Zeitpunkten")


def _quantity(doses: Sequence[Json]) -> Json:
    if len(doses) != 1:
        raise DosageProblem("mehr als eine Dosis in einer Angabe")
    _check_keys(doses[0], frozenset({"doseQuantity"}), "Dosis")
    quantity: Json = doses[0].get("doseQuantity") or {}
    if "value" not in quantity:
        raise DosageProblem("Dosis ohne Wert")
    return quantity


def _bounds(duration: Json | None) -> tuple[Decimal, str] | None:
    if duration is None:
        return None
    code = str(duration.get("code", ""))
    if duration.get("unit") not in BOUND_UNITS.get(code, ()):
        raise DosageProblem("Einheit und Code des Zeitraums passen nicht zusammen")
    return Decimal(str(duration.get("value"))), code


def _ordered(found: Sequence[str] | None, order: Sequence[str]) -> tuple[str, ...]:
    values = found or ()
    if not set(values) <= set(order):
        raise DosageProblem(f"unbekannter Zeitpunkt {', '.join(values)}")
    return tuple(sorted(values, key=order.index))


def _integer(repeat: Json, name: str) -> int:
    value = Decimal(str(repeat.get(name, 0)))
    if value != value.to_integral_value():
        raise DosageProblem(f"{name} ist keine ganze Zahl")
    return int(value)


def _check_keys(node: Json, allowed: frozenset[str], place: str) -> None:
    # An empty list says nothing, as in FHIR itself.
    extra = {name for name, value in node.items() if value not in ([], {}, None)} - allowed
    if extra:
        raise DosageProblem(f"{place}: {', '.join(sorted(extra))} wird nicht unterstützt")
