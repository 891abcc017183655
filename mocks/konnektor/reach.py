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
    def client_system(self) -> str:
        """The client system."""
        ...

    @property
    def workplace(self) -> str:
        """The workplace."""
        ...


def is_visible(card: Card, caller: Caller, state: State, *, everywhere: bool) -> bool:
    """Whether `caller` may see `card`: its mandant's, and within reach or `everywhere`."""
    if card.is_smb and (caller.mandant not in card.mandants or not card.managed):
        return False
    return reaches(caller, card.terminal, state, everywhere=everywhere)


def reaches(caller: Caller, terminal: str, state: State, *, everywhere: bool = False) -> bool:
    """Whether the workplace reaches `terminal`, or `everywhere` any that its system stands at."""
    found = state.model.terminals.get(terminal)
    if found is None or not found.belongs_to(caller.mandant):
        return False
    if not everywhere:
        return found.serves(caller.workplace)
    places = state.model.workplaces_of(caller.mandant, caller.client_system)
    return any(found.serves(place) for place in places)
