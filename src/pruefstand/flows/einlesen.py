"""Einlesen: an insured person's card at the reception, online check once a quarter or always."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.clients.konnektor.insured import Insurance, read_insurance
from pruefstand.clients.konnektor.problems import KonnektorFault

_CHECKED = (1, 2)
"""Results of an online check that was done."""

_SMCB_LOCKED = 3041


class OnlineCheck(StrEnum):
    """How the practice has set its system up."""

    QUARTERLY = "quartal"
    ALWAYS = "immer"


@dataclass(slots=True)
class Reception:
    """Reads cards for one practice and remembers whose proof it has for the quarter."""

    konnektor: KonnektorClient
    smcb: str
    now: Callable[[], datetime]
    mode: OnlineCheck = OnlineCheck.QUARTERLY
    _proofs: set[tuple[str, int, int]] = field(default_factory=set)

    def visit(self, egk: str, insured: str) -> Insurance:
        """Read the card `egk` of `insured`; the first visit of a quarter takes the proof.

        Unlocks the SMC-B where the Konnektor asks for it; raises KonnektorFault on refusal.
        """
        now = self.now()
        quarter = (insured, now.year, (now.month - 1) // 3)
        online = self.mode is OnlineCheck.ALWAYS or quarter not in self._proofs
        try:
            found = self._read(egk, online=online)
        except KonnektorFault as fault:
            if fault.code != _SMCB_LOCKED:
                raise
            self.konnektor.verify_pin(self.smcb, "PIN.SMC")
            found = self._read(egk, online=online)
        if found.receipt is not None and found.receipt.result in _CHECKED:
            self._proofs.add(quarter)
        return found

    def _read(self, egk: str, *, online: bool) -> Insurance:
        return read_insurance(self.konnektor, egk, self.smcb, online=online, receipt=online)
