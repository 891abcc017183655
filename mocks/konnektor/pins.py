"""PINs of a card: tries, PUK, and the card sessions in which they were entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mocks.konnektor.settings import PinEntry

SessionKey = tuple[str, ...]

TRIES = 3
"""Wrong entries until a PIN is blocked."""

PUK_USES = 10
"""Entries of a PUK, right or wrong."""

_ABORTS: Mapping[str, int] = {"cancel": 4049, "timeout": 4043}
_NEW_PIN_PROBLEMS: Mapping[str, int] = {"mismatch": 4067, "length": 4068}


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
    can_be_disabled: bool = False
    """Only the PINs of an eGK's voluntary applications can."""
    enabled: bool = True
    verified: set[SessionKey] = field(default_factory=set)

    def status(self, session: SessionKey) -> tuple[str, int | None]:
        """Return PinStatus for `session` and, where told, the remaining tries."""
        if not self.enabled:
            return "DISABLED", None
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

    def switch(self, how: PinEntry, *, on: bool) -> PinOutcome:
        """Let the user type the PIN, which makes it needed or no longer needed."""
        outcome = self._compare(how)
        if outcome.result == "OK":
            self.enabled = on
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
