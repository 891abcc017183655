"""The mock's table in the profile: information model, cards, and how the user behaves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any, Literal, cast

from pruefstand.errors import ConfigurationError

PinEntry = Literal["auto", "wrong", "cancel", "timeout", "mismatch", "length"]
Timing = Literal["fast", "typical", "spec"]

_PIN_ENTRIES = ("auto", "wrong", "cancel", "timeout", "mismatch", "length")
_TIMINGS = ("fast", "typical", "spec")

DEFAULT_CARDS: tuple[Mapping[str, object], ...] = (
    {"type": "HBA", "handle": "HBA-1", "name": "default", "role": "arzt", "slot": 1},
    {"type": "SMC-B", "handle": "SMC-B-1", "name": "praxis", "role": "praxis", "slot": 2},
)


@dataclass(frozen=True, slots=True)
class InformationModel:
    """Who may call from where, and which terminals a workplace reaches (gemSpec_Kon)."""

    mandants: frozenset[str]
    client_systems: frozenset[str]
    workplaces: frozenset[str]
    contexts: frozenset[tuple[str, str, str]]
    terminals: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class ComfortLimits:
    """Documents and time per activation, and parallel sessions per HBA."""

    documents: int
    duration: timedelta
    sessions: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What may change while the mock runs; read anew at every call."""

    pin_entry: PinEntry
    timing: Timing
    client_authentication: bool
    client_certificates: Mapping[str, frozenset[str]]
    max_documents: int
    comfort: ComfortLimits | None
    ti_online: bool
    vsd_result: int
    check_digit_version: int
    cetp_tls: bool
    card_removal: bool
    card_insertion: bool


def information_model(settings: Mapping[str, object]) -> InformationModel:
    """Return the model in `settings`; without entries it is one practice: M1, CS1, WP1, KT-1."""
    mandants = _texts(settings, "mandant", "M1")
    systems = _texts(settings, "client_system", "CS1")
    workplaces = _texts(settings, "workplaces", "WP1")
    contexts = cast(Iterable[Sequence[str]], settings.get("contexts") or ())
    triples = [(mandant, system, place) for mandant, system, place in contexts]
    terminals = cast(Mapping[str, Iterable[str]], settings.get("terminals") or {"KT-1": workplaces})
    return InformationModel(
        frozenset(mandants),
        frozenset(systems),
        frozenset(workplaces),
        frozenset(triples or product(mandants, systems, workplaces)),
        {name: frozenset(places) for name, places in terminals.items()},
    )


def behaviour(settings: Mapping[str, object]) -> Behaviour:
    """Return the user's and the device's behaviour in `settings`."""
    certificates = cast(Mapping[str, Iterable[str]], settings.get("client_certificates") or {})
    return Behaviour(
        cast(PinEntry, _one_of(settings, "pin_entry", _PIN_ENTRIES)),
        cast(Timing, _one_of(settings, "timing", _TIMINGS)),
        bool(settings.get("client_authentication", False)),
        {system: frozenset(prints) for system, prints in certificates.items()},
        int(cast(int, settings.get("max_documents", 250))),
        comfort_limits(settings),
        bool(settings.get("ti_online", True)),
        _number(settings, "vsd_result", 2, 6),
        _number(settings, "check_digit_version", 1, 2),
        bool(settings.get("cetp_tls", False)),
        bool(settings.get("card_removal", True)),
        bool(settings.get("card_insertion", True)),
    )


def comfort_limits(settings: Mapping[str, object]) -> ComfortLimits | None:
    """Return the comfort signature's limits; None while it is switched off."""
    if not settings.get("comfort_signature", False):
        return None
    return ComfortLimits(
        _number(settings, "comfort_max", 100, 250),
        timedelta(hours=_number(settings, "comfort_timer_hours", 6, 24)),
        _number(settings, "comfort_sessions", 2, 250),
    )


def cards(settings: Mapping[str, object]) -> tuple[Mapping[str, Any], ...]:
    """Return the card tables in `settings`, or one HBA and one SMC-B."""
    return tuple(cast(Iterable[Mapping[str, Any]], settings.get("cards") or DEFAULT_CARDS))


def _texts(settings: Mapping[str, object], key: str, default: str) -> tuple[str, ...]:
    value = settings.get(key, default)
    return (value,) if isinstance(value, str) else tuple(cast(Iterable[str], value))


def _number(settings: Mapping[str, object], key: str, default: int, highest: int) -> int:
    value = int(cast(int, settings.get(key, default)))
    if not 1 <= value <= highest:
        raise ConfigurationError(f"konnektor: {key} = {value}", hint=f"1 to {highest}")
    return value


def _one_of(settings: Mapping[str, object], key: str, allowed: Sequence[str]) -> str:
    value = str(settings.get(key, allowed[0]))
    if value not in allowed:
        raise ConfigurationError(
            f"konnektor: {key} = {value!r} is unknown", hint=f"one of: {', '.join(allowed)}"
        )
    return value
