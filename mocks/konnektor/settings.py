"""The mock's table in the profile: how device and user behave, and which cards there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
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


class ClientAuthentication(StrEnum):
    """How a client system proves who it is (ANCL_CAUT_MANDATORY, ANCL_CAUT_MODE)."""

    NONE = "none"
    CERTIFICATE = "certificate"
    PASSWORD = "password"  # noqa: S105 - the name of the mode, not a password


@dataclass(frozen=True, slots=True)
class ComfortLimits:
    """Documents and time per activation, and parallel sessions per HBA."""

    documents: int
    duration: timedelta
    sessions: int


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What may change while the mock runs."""

    pin_entries: tuple[PinEntry, ...]
    """What the user does at the terminal, entry after entry; the last one stays."""
    timing: Timing
    tls_mandatory: bool
    directory_open: bool
    client_authentication: ClientAuthentication
    client_certificates: Mapping[str, frozenset[str]]
    max_documents: int
    stack_part: int
    """Documents that a card signs after one PIN entry."""
    comfort: ComfortLimits | None
    ti_online: bool
    vsd_result: int
    vsd_error: int
    """The code in a proof that tells of a problem."""
    check_digit_version: int
    xades: bool
    """Whether seals inside XML are offered."""
    cetp_tls: bool
    card_removal: bool
    card_insertion: bool
    latency: float
    """Seconds added to every answer."""


def behaviour(settings: Mapping[str, object]) -> Behaviour:
    """Return the user's and the device's behaviour in `settings`."""
    certificates = cast(Mapping[str, Iterable[str]], settings.get("client_certificates") or {})
    return Behaviour(
        _pin_entries(settings),
        cast(Timing, _one_of(settings, "timing", _TIMINGS)),
        bool(settings.get("tls_mandatory", True)),
        bool(settings.get("directory_open", True)),
        _client_authentication(settings),
        {system: frozenset(prints) for system, prints in certificates.items()},
        int(cast(int, settings.get("max_documents", 250))),
        _number(settings, "stack_part", 250, 250),
        comfort_limits(settings),
        bool(settings.get("ti_online", True)),
        _number(settings, "vsd_result", 2, 6),
        _number(settings, "vsd_error", 3011, 99_999),
        _number(settings, "check_digit_version", 1, 2),
        bool(settings.get("xades", True)),
        bool(settings.get("cetp_tls", False)),
        bool(settings.get("card_removal", True)),
        bool(settings.get("card_insertion", True)),
        float(cast(float, settings.get("latency", 0.0))),
    )


def _client_authentication(settings: Mapping[str, object]) -> ClientAuthentication:
    value = settings.get("client_authentication", False)
    if isinstance(value, bool):
        return ClientAuthentication.CERTIFICATE if value else ClientAuthentication.NONE
    mode = ClientAuthentication(
        _one_of(settings, "client_authentication", tuple(ClientAuthentication))
    )
    if mode != ClientAuthentication.NONE and not settings.get("tls_mandatory", True):
        raise ConfigurationError(
            "konnektor: client_authentication without tls_mandatory",
            hint="a Konnektor asks for client authentication only where TLS is mandatory",
        )
    return mode


def _pin_entries(settings: Mapping[str, object]) -> tuple[PinEntry, ...]:
    value = settings.get("pin_entry", "auto")
    entries = (value,) if isinstance(value, str) else tuple(cast(Iterable[str], value))
    known = [_one_of({"pin_entry": entry}, "pin_entry", _PIN_ENTRIES) for entry in entries]
    return tuple(cast(PinEntry, entry) for entry in known or ("auto",))


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
