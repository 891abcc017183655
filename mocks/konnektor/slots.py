"""CardTerminalService 1.1: asking the user to insert a card, and to take one out."""

from __future__ import annotations

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.card_operations import card_element
from mocks.konnektor.cards import GROUPS, Card
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, card_facts, publish, pull_card
from mocks.konnektor.reach import reaches
from mocks.konnektor.resources import slot_number
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, element, text

_REQUESTED = {"EGK": ("EGK",), "KVK": ("KVK",), **GROUPS}
_LONGEST_MESSAGE = 48
"""Characters that fit on the display."""


def request_card(node: Element, call: Call, state: State) -> Answer:
    """Return the card in the slot, or let the user insert one; 4202 when none comes."""
    _check_message(node)
    wanted = text(node, "CARDCMN:CardType")
    if wanted is not None and wanted not in _REQUESTED:
        raise KonnektorError(4058, wanted)
    types = _REQUESTED[wanted] if wanted else ()
    terminal, slot = _slot(node, call, state)
    card = state.in_slot(terminal, slot)
    already = card is not None
    if card is not None and types and card.card_type not in types:
        raise KonnektorError(4051, card.card_type)
    if card is None:
        card = _inserted(terminal, slot, types, state)
    return Answer(
        element(
            "CT:RequestCardResponse",
            status(state),
            element("CT:AlreadyInserted", "true" if already else "false"),
            card_element(card),
        )
    )


def _inserted(terminal: str, slot: int, types: tuple[str, ...], state: State) -> Card:
    card = state.insert(terminal, slot, types) if state.behaviour.card_insertion else None
    if card is None:
        raise KonnektorError(4202)
    publish(Event("CARD/INSERTED", card_facts(card)), state, card)
    return card


def eject_card(node: Element, call: Call, state: State) -> Answer:
    """Let the user take a card out; an empty slot is fine, a card left in it is 4203."""
    _check_message(node)
    card = call.card or state.in_slot(*_slot(node, call, state))
    if card is not None:
        if not state.behaviour.card_removal:
            raise KonnektorError(4203, card.handle)
        pull_card(card, state)
    return Answer(element("CT:EjectCardResponse", status(state)))


def _slot(node: Element, call: Call, state: State) -> tuple[str, int]:
    terminal = text(node, "CT:Slot/CARDCMN:CtId") or ""
    if terminal not in state.model.terminals:
        raise KonnektorError(4007, terminal)
    if not reaches(call, terminal, state):
        raise KonnektorError(4015, terminal)
    if not state.is_connected(terminal):
        raise KonnektorError(4222, terminal)
    return terminal, slot_number(terminal, text(node, "CT:Slot/CARDCMN:SlotId") or "", state)


def _check_message(node: Element) -> None:
    message = text(node, "CT:DisplayMsg") or ""
    time_out = text(node, "CT:TimeOut") or "0"
    if len(message) > _LONGEST_MESSAGE or not time_out.isdigit():
        raise KonnektorError(4000, "DisplayMsg oder TimeOut", faultcode="Client")
