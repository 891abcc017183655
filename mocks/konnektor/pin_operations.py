"""CardService 8.1: PINs, typed at the card's terminal or at the workplace's remote one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import Card, Defect
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, card_facts, publish
from mocks.konnektor.faults import PIN_NOT_CHANGED, REMOTE_PIN_BROKEN
from mocks.konnektor.pins import PinOutcome
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, element, text

_WARNINGS = (4043, 4065)
"""Outcomes of a PIN entry that come as a warning, not as a fault."""

_FAULTS = (4049, 4067, 4068)
"""Outcomes that come as a fault: cancelled, new PIN not repeated, too short or too long."""


def get_pin_status(node: Element, call: Call, state: State) -> Answer:
    """Tell a PIN's state as this card session sees it."""
    card = call.the_card()
    check_alive(card)
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
    """Let the user type a PIN at the terminal."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    # PIN.QES authorises one signature job and never a session.
    session = None if pin_typ == "PIN.QES" else call.session
    entry = partial(state.enter_pin, card, pin_typ, session)
    return _ask(call, pin_typ, "VerifyPin", entry, state)


def change_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user replace a PIN; a transport PIN becomes a real one."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    change = partial(state.change_pin, card, pin_typ)
    if PIN_NOT_CHANGED in state.ctx.faults:
        change = partial(PinOutcome, "REJECTED", left_tries=2)
    return _ask(call, pin_typ, "ChangePin", change, state)


def unblock_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user unblock a PIN with the PUK."""
    card = call.the_card()
    pin_typ = _pin_typ(node, card.pins)
    if pin_typ == "PIN.QES" and text(node, "CARD:SetNewPin") in ("true", "1"):
        # The PUK of the signature PIN restores its tries and sets no new one.
        raise KonnektorError(4072, "PIN.QES mit SetNewPin")
    return _ask(call, pin_typ, "UnblockPin", partial(state.unblock_pin, card, pin_typ), state)


def enable_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user switch the need for a PIN on; only MRPINs of an eGK know that."""
    return _switch(node, call, "EnablePin", state, on=True)


def disable_pin(node: Element, call: Call, state: State) -> Answer:
    """Let the user switch the need for a PIN off."""
    return _switch(node, call, "DisablePin", state, on=False)


def _switch(node: Element, call: Call, operation: str, state: State, *, on: bool) -> Answer:
    card = call.the_card()
    if card.card_type != "EGK":
        raise KonnektorError(4209, card.card_type)
    pin_typ = _pin_typ(node, [name for name, pin in card.pins.items() if pin.can_be_disabled])
    return _ask(call, pin_typ, operation, partial(state.switch_pin, card, pin_typ, on=on), state)


def pin_terminal(call: Call, state: State) -> str:
    """Return where the user of this call types: beside the card, or at the remote terminal.

    Raises 4092 when the workplace has none, 4053 when it cannot be used.
    """
    card = call.the_card()
    if call.workplace in state.model.terminals[card.terminal].local:
        return card.terminal
    remote = state.model.remote_pin.get((call.mandant, call.workplace))
    if remote is None:
        raise KonnektorError(4092, call.workplace)
    if REMOTE_PIN_BROKEN in state.ctx.faults or not state.is_connected(remote):
        raise KonnektorError(4053, remote)
    return remote


def check_alive(card: Card) -> None:
    """Refuse a card that answers no command with 4094."""
    if card.defect is Defect.DEAD:
        raise KonnektorError(4094, card.handle)


def _ask(
    call: Call, pin_typ: str, operation: str, entry: Callable[[], PinOutcome], state: State
) -> Answer:
    """Let the user type, tell subscribers when that starts and ends, and answer."""
    card = call.the_card()
    check_alive(card)
    topic = f"CARD/PIN/{operation.removesuffix('Pin').upper()}"
    where = pin_terminal(call, state)
    facts = {**card_facts(card), "PinRef": pin_typ, "PinInputCtID": where}
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
