"""The call context and its checks in the order of TUC_KON_000 (gemSpec_Kon)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mocks.konnektor.access import Caller, is_bound
from mocks.konnektor.cards import Card
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.information_model import Terminal
from mocks.konnektor.pins import SessionKey
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element, child, text
from pruefstand.soap.namespaces import qname

_CONTEXT = tuple(
    qname(f"CONN:{name}") for name in ("MandantId", "ClientSystemId", "WorkplaceId", "UserId")
)


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, from where, and about which card."""

    mandant: str
    client_system: str
    workplace: str
    user: str
    card: Card | None = None

    @property
    def session(self) -> SessionKey:
        """The card session of this call; empty without a card."""
        if self.card is None:
            return ()
        return self.card.session(self.mandant, self.client_system, self.workplace, self.user)

    def the_card(self) -> Card:
        """Return the card; operations without a card handle never ask."""
        if self.card is None:
            raise KonnektorError(4008)
        return self.card


@dataclass(frozen=True, slots=True)
class Check:
    """Refuses a call with `code` when `fails` says so."""

    code: int
    fails: Callable[[Call, State], bool]


def _is_unknown(call: Call, state: State) -> bool:
    return (
        call.mandant not in state.model.mandants
        or call.client_system not in state.model.client_systems
        or call.workplace not in state.model.workplaces
    )


def _has_foreign_session(call: Call, _: State) -> bool:
    card = call.card
    if card is None or not card.is_hba:
        return False
    sessions = {key for pin in card.pins.values() for key in pin.verified}
    return any(key[0] == call.client_system and key != call.session for key in sessions)


def _is_foreign_terminal(call: Call, state: State) -> bool:
    terminal = _terminal(call, state)
    return terminal is not None and not terminal.belongs_to(call.mandant)


def _is_out_of_reach(call: Call, state: State) -> bool:
    if call.card is None:
        return False
    terminal = _terminal(call, state)
    return terminal is None or not terminal.serves(call.workplace)


def _is_remote_egk(call: Call, state: State) -> bool:
    terminal = _terminal(call, state)
    if call.card is None or not call.card.is_insured or terminal is None:
        return False
    return call.workplace not in terminal.local


def _terminal(call: Call, state: State) -> Terminal | None:
    return None if call.card is None else state.model.terminals.get(call.card.terminal)


AFTER_CARD = (
    Check(4021, _is_unknown),
    Check(
        4010,
        lambda call, state: not state.model.has_client_system(call.mandant, call.client_system),
    ),
    Check(4011, lambda call, state: not state.model.has_workplace(call.mandant, call.workplace)),
    Check(
        4014,
        lambda call, state: (
            (call.mandant, call.client_system, call.workplace) not in state.model.contexts
        ),
    ),
    Check(4012, _is_foreign_terminal),
    Check(4009, lambda call, _: call.card is not None and not call.card.managed),
    Check(
        4013,
        lambda call, _: (
            call.card is not None and call.card.is_smb and call.mandant not in call.card.mandants
        ),
    ),
    Check(4015, _is_out_of_reach),
    Check(4016, _is_remote_egk),
)


def _has_other_workplace(call: Call, _: State) -> bool:
    card = call.card
    return card is not None and card.is_insured and card.bound_to not in (None, call.workplace)


WITH_SESSION = (
    Check(4003, lambda call, _: call.card is not None and call.card.is_hba and not call.user),
    Check(4017, _has_other_workplace),
    Check(4018, _has_foreign_session),
)


def enter(node: Element, state: State, caller: Caller, *, session: bool) -> Call:
    """Return the checked call of the operation in `node`; raises the first check's error.

    `session` tells that the operation takes part in a card session.
    """

    named = child(node, "CCTX:Context")
    told = {} if named is None else {part.tag: (part.text or "").strip() for part in named}
    mandant, client_system, workplace, user = (told.get(name, "") for name in _CONTEXT)
    call = Call(mandant, client_system, workplace, user)
    if not (call.mandant and call.client_system and call.workplace):
        raise KonnektorError(4021)
    if not is_bound(caller, call.client_system, state):
        raise KonnektorError(4204)
    handle = text(node, "CONN:CardHandle")
    if handle is not None:
        call = replace(call, card=state.card(handle))
    _apply(AFTER_CARD, call, state)
    if session:
        _join_session(call, state)
    return call


def with_card(call: Call, handle: str, state: State) -> Call:
    """Return `call` about the card behind `handle`, checked as if it had named it alone."""
    about = replace(call, card=state.card(handle))
    _apply(AFTER_CARD, about, state)
    if not about.the_card().is_smb:
        _join_session(about, state)
    return about


def enter_nameless(state: State, caller: Caller) -> Call:
    """Return the call of an operation without context; raises 4204 for an unknown caller."""
    if not is_bound(caller, None, state):
        raise KonnektorError(4204)
    return Call("", "", "", "")


def _join_session(call: Call, state: State) -> None:
    """Enter the card session; an eGK has a single one, which belongs to a workplace."""
    _apply(WITH_SESSION, call, state)
    if call.card is not None and call.card.is_insured:
        call.card.bound_to = call.workplace


def _apply(checks: tuple[Check, ...], call: Call, state: State) -> None:
    for check in checks:
        if check.fails(call, state):
            raise KonnektorError(check.code)
