"""The call context and its checks in the order of TUC_KON_000 (gemSpec_Kon)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mocks.konnektor.cards import Card, SessionKey
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.state import State
from pruefstand.crypto.pki import CertificateProblem, read_certificate_info
from pruefstand.soap.envelope import Element, text


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, from where, and about which card."""

    mandant: str
    client_system: str
    workplace: str
    user: str
    client_certificate: bytes | None
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


def is_bound(call: Call, state: State) -> bool:
    """Whether the TLS client certificate belongs to the client system of the context.

    Bound are the fingerprints of the profile or, without such, a subject named like the system.
    """
    if call.client_certificate is None:
        return False
    try:
        info = read_certificate_info(call.client_certificate)
    except CertificateProblem:
        return False
    bound = state.behaviour.client_certificates
    if bound:
        return info.fingerprint in bound.get(call.client_system, ())
    return info.subject_cn == call.client_system


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


BEFORE_CARD = (
    Check(4021, lambda call, _: not (call.mandant and call.client_system and call.workplace)),
    Check(
        4204,
        lambda call, state: state.behaviour.client_authentication and not is_bound(call, state),
    ),
)

AFTER_CARD = (
    Check(4021, _is_unknown),
    Check(
        4014,
        lambda call, state: (
            (call.mandant, call.client_system, call.workplace) not in state.model.contexts
        ),
    ),
    Check(
        4013,
        lambda call, _: (
            call.card is not None and call.card.is_smb and call.mandant not in call.card.mandants
        ),
    ),
    Check(
        4015,
        lambda call, state: (
            call.card is not None
            and call.workplace not in state.model.terminals.get(call.card.terminal, ())
        ),
    ),
)

WITH_SESSION = (
    Check(4003, lambda call, _: call.card is not None and call.card.is_hba and not call.user),
    Check(4018, _has_foreign_session),
)


def enter(node: Element, state: State, certificate: bytes | None, *, session: bool) -> Call:
    """Return the checked call of the operation in `node`; raises the first check's error.

    `session` tells that the operation takes part in a card session.
    """

    def read(name: str) -> str:
        return text(node, f"CCTX:Context/CONN:{name}") or ""

    caller = (read("MandantId"), read("ClientSystemId"), read("WorkplaceId"), read("UserId"))
    call = Call(*caller, certificate)
    _apply(BEFORE_CARD, call, state)
    handle = text(node, "CONN:CardHandle")
    if handle is not None:
        call = Call(*caller, certificate, state.card(handle))
    _apply(AFTER_CARD, call, state)
    if session:
        _apply(WITH_SESSION, call, state)
    return call


def with_card(call: Call, handle: str, state: State) -> Call:
    """Return `call` about the card behind `handle`, checked as if it had named it alone."""
    about = replace(call, card=state.card(handle))
    _apply(AFTER_CARD, about, state)
    if about.the_card().is_hba:
        _apply(WITH_SESSION, about, state)
    return about


def enter_nameless(state: State, certificate: bytes | None) -> Call:
    """Return the call of an operation without context; raises 4204 without a certificate."""
    if state.behaviour.client_authentication and certificate is None:
        raise KonnektorError(4204)
    return Call("", "", "", "", certificate)


def _apply(checks: tuple[Check, ...], call: Call, state: State) -> None:
    for check in checks:
        if check.fails(call, state):
            raise KonnektorError(check.code)
