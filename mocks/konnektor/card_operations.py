"""EventService and CardService: cards and PINs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import GROUPS, Card, PinOutcome
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, card_facts, publish
from mocks.konnektor.faults import PIN_NOT_CHANGED
from mocks.konnektor.reach import is_visible
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, element, text
from pruefstand.soap.fault import xml_time

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
_WARNINGS = (4043, 4065)
"""Outcomes of a PIN entry that come as a warning, not as a fault."""

_FAULTS = (4049, 4067, 4068)
"""Outcomes that come as a fault: cancelled, new PIN not repeated, too short or too long."""


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
    found = [
        card_element(card)
        for card in state.plugged()
        if is_visible(card, call, state, everywhere=everywhere)
        and terminal in (None, card.terminal)
        and slot in (None, str(card.slot))
        and (wanted is None or card.card_type in GROUPS.get(wanted, (wanted,)))
    ]
    cards = element("CARD:Cards", *found)
    return Answer(element("EVT:GetCardsResponse", status(state), cards))


def card_element(card: Card) -> Element:
    """Return a plugged card as `CARD:Card`."""
    expires = card.keys["C.AUT"].certificate.not_valid_after_utc
    return element(
        "CARD:Card",
        element("CONN:CardHandle", card.handle),
        element("CARDCMN:CardType", card.card_type),
        element(
            "CARD:CardVersion",
            _version("COSVersion", "4", "6", "0"),
            _version("ObjectSystemVersion", "4", "8", "0"),
        ),
        element("CARDCMN:Iccsn", card.iccsn),
        element("CARDCMN:CtId", card.terminal),
        element("CARDCMN:SlotId", str(card.slot)),
        element("CARD:InsertTime", xml_time(card.inserted)),
        element("CARD:CardHolderName", card.holder),
        element("CARD:Kvnr", card.kvnr) if card.kvnr else None,
        element("CARD:CertificateExpirationDate", expires.strftime("%Y-%m-%dZ")),
    )


def _version(name: str, major: str, minor: str, revision: str) -> Element:
    return element(
        f"CARD:{name}",
        element("CARD:Major", major),
        element("CARD:Minor", minor),
        element("CARD:Revision", revision),
    )


def get_pin_status(node: Element, call: Call, state: State) -> Answer:
    """Tell a PIN's state as this card session sees it (CardService 8.1)."""
    card = call.the_card()
    pin_status, tries = card.pins[_pin_typ(node, card.pins)].status(call.session)
    return Answer(
        element(
            "CARD:GetPinStatusResponse",
            status(state),
            element("CARD:PinStatus", pin_status),
            element("CARD:LeftTries", str(tries)) if tries is not None else None,
        )
    )


def verify_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user type a PIN at the terminal (CardService 8.1)."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    # PIN.QES authorises one signature job and never a session.
    session = None if pin_typ == "PIN.QES" else call.session
    return _ask(card, pin_typ, "VerifyPin", partial(state.enter_pin, card, pin_typ, session), state)


def change_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user replace a PIN; a transport PIN becomes a real one (CardService 8.1)."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    change = partial(state.change_pin, card, pin_typ)
    if PIN_NOT_CHANGED in state.ctx.faults:
        change = partial(PinOutcome, "REJECTED", left_tries=2)
    return _ask(card, pin_typ, "ChangePin", change, state)


def unblock_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user unblock a PIN with the PUK (CardService 8.1)."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    return _ask(card, pin_typ, "UnblockPin", partial(state.unblock_pin, card, pin_typ), state)


def _ask(
    card: Card, pin_typ: str, operation: str, entry: Callable[[], PinOutcome], state: State
) -> Answer:
    """Let the user type, tell subscribers when that starts and ends, and answer."""
    topic = f"CARD/PIN/{operation.removesuffix('Pin').upper()}"
    facts = {**card_facts(card), "PinRef": pin_typ, "PinInputCtID": card.terminal}
    publish(Event(f"{topic}_STARTED", facts), state, card)
    outcome = entry()
    publish(Event(f"{topic}_FINISHED", {**facts, "Result": outcome.result}), state, card)
    if outcome.code in _FAULTS:
        raise KonnektorError(outcome.code)
    warning = outcome.code if outcome.code in _WARNINGS else 0
    tries = outcome.left_tries
    return Answer(
        element(
            f"CARD:{operation}Response",
            status(state, warning),
            element("CARDCMN:PinResult", outcome.result),
            element("CARDCMN:LeftTries", str(tries)) if tries is not None else None,
        )
    )


def _pin_typ(node: Element, known: Collection[str]) -> str:
    pin_typ = text(node, "CARDCMN:PinTyp") or ""
    if pin_typ not in known:
        raise KonnektorError(4072, pin_typ)
    return pin_typ
