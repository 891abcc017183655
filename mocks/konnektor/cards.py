"""Cards and PINs: what is plugged in, what is unlocked, and for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mocks.konnektor.settings import PinEntry
from pruefstand.crypto.pki import Identity, Pki
from pruefstand.errors import ConfigurationError

SessionKey = tuple[str, ...]

TRIES = 3
"""Wrong entries until a PIN is blocked."""

PUK_USES = 10
"""Entries of a PUK, right or wrong."""

_ABORTS: Mapping[str, int] = {"cancel": 4049, "timeout": 4043}
_NEW_PIN_PROBLEMS: Mapping[str, int] = {"mismatch": 4067, "length": 4068}

GROUPS = {"HBAx": ("HBA", "HBA-qSig", "ZOD_2.0"), "SM-B": ("SMC-B", "HSM-B")}
"""Card types that a filter may name as a group."""


@dataclass(frozen=True, slots=True)
class PinOutcome:
    """What came of one PIN entry: PinResult, remaining tries, and the code an operation maps."""

    result: str
    code: int = 0
    left_tries: int | None = None


@dataclass(slots=True)
class Pin:
    """One PIN object; `verified` holds the card sessions in which it was entered."""

    left_tries: int = TRIES
    transport: bool = False
    puk_uses: int = PUK_USES
    verified: set[SessionKey] = field(default_factory=set)

    def status(self, session: SessionKey) -> tuple[str, int | None]:
        """Return PinStatus for `session` and, where told, the remaining tries."""
        if self.transport:
            return "TRANSPORT_PIN", None
        if self.left_tries == 0:
            return "BLOCKED", 0
        return ("VERIFIED", None) if session in self.verified else ("VERIFIABLE", self.left_tries)

    def enter(self, how: PinEntry) -> PinOutcome:
        """Let the user act at the terminal; a wrong entry costs a try, a right one restores all."""
        if self.transport:
            return PinOutcome("TRANSPORT_PIN", 4065)
        return self._compare(how)

    def change(self, how: PinEntry) -> PinOutcome:
        """Let the user type the old PIN and twice a new one; a transport PIN becomes a real one."""
        outcome = self._compare(how)
        if outcome.result != "OK":
            return outcome
        if how in _NEW_PIN_PROBLEMS:
            return PinOutcome("ERROR", _NEW_PIN_PROBLEMS[how])
        self.transport = False
        return outcome

    def unblock(self, how: PinEntry) -> PinOutcome:
        """Let the user type the PUK, which has ten uses; right, it restores all tries."""
        if self.puk_uses == 0:
            return PinOutcome("WASBLOCKED", 4064)
        if how in _ABORTS:
            return PinOutcome("ERROR", _ABORTS[how])
        self.puk_uses -= 1
        if how == "wrong":
            if self.puk_uses == 0:
                return PinOutcome("NOWBLOCKED", 4064)
            return PinOutcome("REJECTED", 4085, self.puk_uses)
        if how in _NEW_PIN_PROBLEMS:
            return PinOutcome("ERROR", _NEW_PIN_PROBLEMS[how])
        self.left_tries = TRIES
        return PinOutcome("OK")

    def _compare(self, how: PinEntry) -> PinOutcome:
        if self.left_tries == 0:
            return PinOutcome("WASBLOCKED", 4063)
        if how in _ABORTS:
            return PinOutcome("ERROR", _ABORTS[how])
        if how == "wrong":
            self.left_tries -= 1
            if self.left_tries == 0:
                self.verified.clear()
                return PinOutcome("NOWBLOCKED", 4063)
            return PinOutcome("REJECTED", 4085, self.left_tries)
        self.left_tries = TRIES
        return PinOutcome("OK")


@dataclass(slots=True)
class Card:
    """A plugged card; `keys` maps certificate references to identities on the card."""

    handle: str
    card_type: str
    iccsn: str
    terminal: str
    slot: int
    holder: str
    inserted: datetime
    keys: Mapping[str, Identity]
    pins: Mapping[str, Pin]
    mandants: frozenset[str]
    kvnr: str | None = None
    receipt: bytes | None = None
    """The proof of the last online check, on an eGK."""
    busy_until: float = 0.0
    """Stopwatch seconds; a card works on one command at a time."""

    @property
    def is_hba(self) -> bool:
        """Whether the card belongs to a professional."""
        return self.card_type in GROUPS["HBAx"]

    @property
    def is_smb(self) -> bool:
        """Whether the card belongs to an institution."""
        return self.card_type in GROUPS["SM-B"]

    def session(self, mandant: str, client_system: str, workplace: str, user: str) -> SessionKey:
        """Return the key of the card session that a call takes part in (TUC_KON_026)."""
        if self.is_hba:
            return (client_system, user)
        return (mandant,) if self.is_smb else (workplace,)


def personalise(
    table: Mapping[str, Any], pki: Pki, at: datetime, mandants: frozenset[str], terminal: str
) -> Card:
    """Return the card that a profile table describes; names and roles are those of the PKI."""
    kind = str(table.get("type", ""))
    if kind not in _PERSONALISERS:
        raise ConfigurationError(
            f"konnektor: card type {kind!r} is unknown", hint=f"one of: {', '.join(_PERSONALISERS)}"
        )
    iccsn, holder, keys, pins = _PERSONALISERS[kind](table, pki)
    for pin in pins.values():
        pin.transport = table.get("pin") == "transport"
        pin.left_tries = 0 if table.get("pin") == "blocked" else TRIES
    return Card(
        handle=str(table.get("handle", f"{kind}-{iccsn[-4:]}")),
        card_type=kind,
        iccsn=iccsn,
        terminal=str(table.get("terminal", terminal)),
        slot=int(table.get("slot", 1)),
        holder=holder,
        inserted=at,
        keys=keys,
        pins=pins,
        mandants=frozenset(table.get("mandants", mandants)),
        kvnr=table.get("kvnr"),
    )


_Parts = tuple[str, str, dict[str, Identity], dict[str, Pin]]


def _hba(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.hba(
        str(table.get("name", "default")),
        role=str(table.get("role", "arzt")),
        telematik_id=table.get("telematik_id"),
    )
    keys = {"C.AUT": card.aut, "C.ENC": card.enc, "C.QES": card.qes}
    return card.iccsn, card.holder.name, keys, {"PIN.CH": Pin(), "PIN.QES": Pin()}


def _smcb(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.smcb(
        str(table.get("name", "praxis")),
        role=str(table.get("role", "praxis")),
        telematik_id=table.get("telematik_id"),
    )
    keys = {"C.AUT": card.aut, "C.ENC": card.enc, "C.SIG": card.osig}
    return card.iccsn, card.institution, keys, {"PIN.SMC": Pin()}


def _egk(table: Mapping[str, Any], pki: Pki) -> _Parts:
    card = pki.egk(str(table["kvnr"]), table.get("name"))
    return card.iccsn, card.holder.name, {"C.AUT": card.aut}, {"PIN.CH": Pin()}


_PERSONALISERS = {"HBA": _hba, "SMC-B": _smcb, "EGK": _egk}
