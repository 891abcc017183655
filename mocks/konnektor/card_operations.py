"""EventService: the cards that are plugged."""

from __future__ import annotations

from functools import lru_cache

from mocks.konnektor.answer import Answer
from mocks.konnektor.cards import GROUPS, Card
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.reach import is_visible, reaches
from mocks.konnektor.state import State
from pruefstand.soap.envelope import GAP, Element, Template, element, serialize, text
from pruefstand.soap.fault import status_element, xml_time

_CARD_TYPES = (
    "EGK",
    "HBA",
    "HBA-qSig",
    "ZOD_2.0",
    "SMC-B",
    "HSM-B",
    "SMC-KT",
    "KVK",
    "UNKNOWN",
    *GROUPS,
)


def get_cards(node: Element, call: Call, state: State) -> Answer:
    """List plugged cards from the cache (EventService 7.2)."""
    terminal, slot = text(node, "CARDCMN:CtId"), text(node, "CARDCMN:SlotId")
    wanted = text(node, "CARDCMN:CardType")
    if wanted is not None and wanted not in _CARD_TYPES:
        raise KonnektorError(4000, f"CardType {wanted}", faultcode="Client")
    if terminal is not None and terminal not in state.model.terminals:
        raise KonnektorError(4007, terminal)
    if slot is not None and (terminal is None or not slot.isdigit() or int(slot) < 1):
        raise KonnektorError(4097, slot)
    everywhere = node.get("mandant-wide") in ("true", "1")
    if terminal is not None and not reaches(call, terminal, state, everywhere=everywhere):
        raise KonnektorError(4020 if everywhere else 4015, terminal)
    found = [
        _listed(card, card.handle, card.card_type, card.inserted)
        for card in state.plugged()
        if is_visible(card, call, state, everywhere=everywhere)
        and terminal in (None, card.terminal)
        and slot in (None, str(card.slot))
        and (wanted is None or card.card_type in GROUPS.get(wanted, (wanted,)))
    ]
    return Answer(_CARDS.fill(b"".join(found)))


@lru_cache(maxsize=1024)
def _listed(card: Card, *_: object) -> bytes:
    """Return a card as listed; serialised once for its handle, type and time of insertion."""
    return serialize(card_element(card))


_CARDS = Template(
    element("EVT:GetCardsResponse", status_element(), element("CARD:Cards", GAP)),
)


def card_element(card: Card) -> Element:
    """Return a plugged card as `CARD:Card`."""
    expires = (
        card.own_key().certificate.not_valid_after_utc.strftime("%Y-%m-%dZ")
        if card.identities
        else None
    )
    return element(
        "CARD:Card",
        element("CONN:CardHandle", card.handle),
        element("CARDCMN:CardType", card.card_type),
        _card_version() if "ECC" in card.crypts and card.identities else None,
        element("CARDCMN:Iccsn", card.iccsn) if card.iccsn else None,
        element("CARDCMN:CtId", card.terminal),
        element("CARDCMN:SlotId", str(card.slot)),
        element("CARD:InsertTime", xml_time(card.inserted)),
        element("CARD:CardHolderName", card.holder),
        element("CARD:Kvnr", card.kvnr) if card.kvnr else None,
        element("CARD:CertificateExpirationDate", expires) if expires else None,
    )


def _card_version() -> Element:
    """Return the versions of generation 2.1, the first one with elliptic-curve keys."""
    return element(
        "CARD:CardVersion",
        _version("COSVersion", "4", "6", "0"),
        _version("ObjectSystemVersion", "4", "8", "0"),
    )


def _version(name: str, major: str, minor: str, revision: str) -> Element:
    return element(
        f"CARD:{name}",
        element("CARD:Major", major),
        element("CARD:Minor", minor),
        element("CARD:Revision", revision),
    )
