"""Comfort signature: one PIN.QES for many documents (SignatureService 7.5)."""

from __future__ import annotations

import re
from datetime import timedelta

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.comfort_sessions import Key
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.settings import ComfortLimits
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, children, element

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PIN_FAULTS = {4085: 4276, 4063: 4275}
"""A wrong PIN and a PIN blocked just now have codes of their own here."""


def activate(_: Element, call: Call, state: State) -> Answer:
    """Open a comfort session after PIN.QES; the user id must be a fresh UUID."""
    limits = _limits(state)
    card = _hba(call)
    if not _UUID.fullmatch(call.user):
        raise KonnektorError(4272, call.user)
    now = state.ctx.clock.now()
    state.comfort.check_free(_key(call), limits.sessions, now)
    outcome = state.enter_pin(call.the_card(), "PIN.QES", None)
    if outcome.code:
        was_blocked = outcome.result == "WASBLOCKED"
        code = outcome.code if was_blocked else _PIN_FAULTS.get(outcome.code, outcome.code)
        raise KonnektorError(code, card)
    state.comfort.start(_key(call), limits.documents, now + limits.duration)
    mode = element("SIG:SignatureMode", "COMFORT")
    return Answer(element("SIG:ActivateComfortSignatureResponse", status(state), mode))


def deactivate(node: Element, _: Call, state: State) -> Answer:
    """End all comfort sessions of the cards named; unknown and idle cards give a warning."""
    _limits(state)
    handles = [(part.text or "").strip() for part in children(node, "CONN:CardHandle")]
    plugged = {card.handle for card in state.plugged()}
    idle = [name for name in handles if name in plugged and not state.comfort.close_card(name)]
    warning = 4266 if idle else 0
    if not plugged.issuperset(handles):
        warning = 4265
    return Answer(element("SIG:DeactivateComfortSignatureResponse", status(state, warning)))


def get_mode(_: Element, call: Call, state: State) -> Answer:
    """Tell whether comfort signature is offered, its limits, and what this user has left."""
    _hba(call)
    limits = state.behaviour.comfort
    enabled = limits is not None
    return Answer(
        element(
            "SIG:GetSignatureModeResponse",
            status(state),
            element("SIG:ComfortSignatureStatus", "ENABLED" if enabled else "DISABLED"),
            element("SIG:ComfortSignatureMax", str(limits.documents if limits else 0)),
            element("SIG:ComfortSignatureTimer", _duration(limits.duration if limits else None)),
            _session_info(call, state) if limits else None,
        )
    )


def spend(call: Call, state: State, documents: int) -> bool:
    """Count `documents` in the caller's comfort session; False when there is none."""
    if state.behaviour.comfort is None:
        state.comfort.close_all()
        return False
    return state.comfort.spend(_key(call), documents, state.ctx.clock.now())


def _session_info(call: Call, state: State) -> Element:
    left = state.comfort.left(_key(call), state.ctx.clock.now())
    count, time = left or (0, timedelta())
    return element(
        "SIG:SessionInfo",
        element("SIG:SignatureMode", "COMFORT" if left else "PIN"),
        element("SIG:CountRemaining", str(count)),
        element("SIG:TimeRemaining", _duration(time)),
    )


def _limits(state: State) -> ComfortLimits:
    limits = state.behaviour.comfort
    if limits is None:
        raise KonnektorError(4263)
    return limits


def _hba(call: Call) -> str:
    card = call.the_card()
    if not card.is_hba:
        raise KonnektorError(4274, card.card_type)
    return card.handle


def _key(call: Call) -> Key:
    return call.the_card().handle, call.client_system, call.user


def _duration(span: timedelta | None) -> str:
    return f"PT{int(span.total_seconds()) if span else 0}S"
