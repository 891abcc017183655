"""From a table of the profile to a card: names and roles are those of the test PKI."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from mocks.konnektor.cards import Card, Defect
from mocks.konnektor.kvk_template import template
from mocks.konnektor.pins import TRIES, Pin
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.errors import ConfigurationError

KEYS = frozenset(
    [
        "type",
        "handle",
        "name",
        "role",
        "telematik_id",
        "kvnr",
        "terminal",
        "slot",
        "mandants",
        "managed",
        "pin",
        "inserted",
        "crypt",
        "valid_until",
        "revoked",
        "defect",
    ]
)
"""What a card table may hold."""

_CRYPTS = {"ECC": ("ECC",), "RSA": ("RSA",), "RSA+ECC": ("RSA", "ECC")}
_VOLUNTARY_PINS = ("NFD", "NFD_READ", "DPE", "GDD", "OSE", "AMTS")

_Parts = tuple[str, str, dict[str, Identity], dict[str, Pin]]


def personalise(
    table: Mapping[str, Any], pki: Pki, at: datetime, mandants: frozenset[str], terminal: str
) -> Card:
    """Return the card that a profile table describes; raises ConfigurationError."""
    _check_keys(table)
    kind = _known(table, "type", "", _PERSONALISERS)
    iccsn, holder, identities, pins = _PERSONALISERS[kind](table, pki)
    _set_pins(pins, str(table.get("pin", "")))
    defect = table.get("defect")
    card = Card(
        handle=str(table.get("handle", f"{kind}-{iccsn[-4:]}")),
        card_type=kind,
        iccsn=iccsn,
        terminal=str(table.get("terminal", terminal)),
        slot=int(table.get("slot", 1)),
        holder=holder,
        inserted=at,
        identities=identities,
        twin=pki.rsa_twin,
        crypts=frozenset(_CRYPTS[_known(table, "crypt", "ECC", _CRYPTS)]),
        pins=pins,
        mandants=frozenset(table.get("mandants", mandants)),
        kvnr=None if kind == "KVK" else table.get("kvnr"),
        managed=bool(table.get("managed", True)),
        table=dict(table),
        defect=Defect(_known(table, "defect", "", {*Defect})) if defect else None,
        template=template(table, checksum=defect != Defect.CHECKSUM) if kind == "KVK" else b"",
    )
    if card.defect is Defect.TOO_OLD:
        # The Konnektor does not know an eGK before generation 2.
        card.card_type = "UNKNOWN"
    return card


def _check_keys(table: Mapping[str, Any]) -> None:
    unknown = table.keys() - KEYS
    if unknown:
        raise ConfigurationError(
            f"konnektor: card has unknown keys {', '.join(sorted(unknown))}",
            hint=f"known: {', '.join(sorted(KEYS))}",
        )


def _known(table: Mapping[str, Any], key: str, default: str, allowed: Any) -> str:
    value = str(table.get(key, default))
    if value not in allowed:
        raise ConfigurationError(
            f"konnektor: card {key} {value!r} is unknown", hint=f"one of: {', '.join(allowed)}"
        )
    return value


def _set_pins(pins: Mapping[str, Pin], state: str) -> None:
    for pin in pins.values():
        pin.transport = state == "transport"
        pin.left_tries = 0 if state == "blocked" else TRIES


def _valid_until(table: Mapping[str, Any]) -> date | None:
    value = table.get("valid_until")
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError as problem:
        raise ConfigurationError(
            f"konnektor: card valid_until {value!r} is no date", hint="form YYYY-MM-DD"
        ) from problem


def _hba(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.hba(
        str(table.get("name", "default")),
        role=str(table.get("role", "arzt")),
        telematik_id=table.get("telematik_id"),
        valid_until=_valid_until(table),
    )
    keys = {"C.AUT": card.aut, "C.ENC": card.enc, "C.QES": card.qes}
    return card.iccsn, card.holder.name, keys, {"PIN.CH": Pin(), "PIN.QES": Pin()}


def _smcb(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.smcb(
        str(table.get("name", "praxis")),
        role=str(table.get("role", "praxis")),
        telematik_id=table.get("telematik_id"),
        valid_until=_valid_until(table),
    )
    keys = {"C.AUT": card.aut, "C.ENC": card.enc, "C.SIG": card.osig}
    return card.iccsn, card.institution, keys, {"PIN.SMC": Pin()}


def _egk(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.egk(str(table["kvnr"]), table.get("name"), valid_until=_valid_until(table))
    pins = {"PIN.CH": Pin(), "PIN.AMTS_REP": Pin()}
    pins |= {f"MRPIN.{name}": Pin(can_be_disabled=True) for name in _VOLUNTARY_PINS}
    return card.iccsn, card.holder.name, {"C.AUT": card.aut}, pins


def _kvk(table: Mapping[str, Any], _: Pki) -> _Parts:
    # A memory card: neither certificates nor PINs, and a number only for the Konnektor's lists.
    return "", str(table.get("name", "Erika Beispiel")), {}, {}


_PERSONALISERS: dict[str, Callable[[Mapping[str, Any], Pki], _Parts]] = {
    "HBA": _hba,
    "SMC-B": _smcb,
    "EGK": _egk,
    "KVK": _kvk,
}
