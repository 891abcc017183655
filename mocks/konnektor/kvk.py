"""KVKService 4.0: the data of a KVK, handed on as they are."""

from __future__ import annotations

from mocks.konnektor.answer import Answer
from mocks.konnektor.cards import Defect
from mocks.konnektor.context import Call, with_card
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.kvk_template import is_intact
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.soap.envelope import Element, element, encode, text


def read_kvk(node: Element, call: Call, state: State) -> Answer:
    """Return the insured person's data; 3020 when they cannot be read, 3021 when altered."""
    card = with_card(call, text(node, "KVK:KVKHandle") or "", state).the_card()
    if card.card_type != "KVK":
        raise KonnektorError(4051, card.card_type)
    if card.defect is Defect.UNREADABLE:
        raise KonnektorError(3020, card.handle)
    if not is_intact(card.template):
        raise KonnektorError(3021, card.handle)
    body = element("KVK:ReadKVKResponse", element("KVK:KVK", encode(card.template)))
    work = seconds(state.behaviour.timing, "kvk", state.ctx.rng)
    return Answer(body, state.occupy(card, work))
