"""Which cards a caller may see."""

from __future__ import annotations

from typing import Protocol

from mocks.konnektor.cards import Card
from mocks.konnektor.state import State


class Caller(Protocol):
    """A call or a subscription: both speak for a mandant from a workplace."""

    @property
    def mandant(self) -> str:
        """The mandant."""
        ...

    @property
    def workplace(self) -> str:
        """The workplace."""
        ...


def is_visible(card: Card, caller: Caller, state: State, *, everywhere: bool) -> bool:
    """Whether `caller` may see `card`: its mandant's, and within reach or `everywhere`."""
    if card.is_smb and caller.mandant not in card.mandants:
        return False
    return everywhere or reaches(caller, card.terminal, state)


def reaches(caller: Caller, terminal: str, state: State) -> bool:
    """Whether the caller's workplace reaches `terminal`."""
    return caller.workplace in state.model.terminals.get(terminal, ())
