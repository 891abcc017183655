"""What an operator does to cards, terminals and the Konnektor: routes of the control port.

Cards are named by handle or by ICCSN, which outlives a handle. Bodies and answers are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from mocks.konnektor.cards import Card
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, card_facts, publish, pull_card
from mocks.konnektor.operating import (
    find_terminal,
    lose_terminal,
    notice_connection,
    restart,
    set_condition,
)
from mocks.konnektor.pins import TRIES
from mocks.konnektor.state import State
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit import Route
from pruefstand.model.http import Request, Response

_SOURCE = "Steuerung des Mocks"
_PIN_STATES = ("verifiable", "blocked", "transport")

Deed = Callable[..., object]


class ControlProblem(ValueError):
    """What the operator asks for cannot be done."""


def control_routes(state: State) -> tuple[Route, ...]:
    """Return the operator's routes over `state`."""
    rows: tuple[tuple[str, str, str, Deed], ...] = (
        ("GET", "/cards", "cards", _cards),
        ("POST", "/cards", "card-new", _new_card),
        ("POST", "/cards/{card}/insert", "card-insert", _insert),
        ("POST", "/cards/{card}/pull", "card-pull", _pull),
        ("POST", "/cards/{card}/revoke", "card-revoke", _revoke),
        ("POST", "/cards/{card}/expire", "card-expire", _expire),
        ("PUT", "/cards/{card}/pins/{pin}", "card-pin", _set_pin),
        ("PUT", "/terminals/{name}", "terminal", _set_terminal),
        ("PUT", "/conditions/{name}", "condition", _set_condition),
        ("PUT", "/settings/{name}", "setting", _set_setting),
        ("POST", "/hang-up", "hang-up", _hang_up),
        ("POST", "/restart", "restart", lambda state, _: restart(state)),
        ("POST", "/reset", "reset", lambda state, _: state.reset()),
    )
    return tuple(
        Route(method, path, operation, partial(_answer, state=state, deed=deed), _SOURCE)
        for method, path, operation, deed in rows
    )


def _answer(request: Request, *, state: State, deed: Deed, **parts: str) -> Response:
    try:
        content = json.loads(request.body) if request.body else {}
        if not isinstance(content, dict):
            raise ControlProblem("der Inhalt muss ein JSON-Objekt sein")
        result = deed(state, content, **parts)
    except (ControlProblem, KonnektorError, ConfigurationError, KeyError, ValueError) as problem:
        return _json({"error": str(problem)}, 404 if isinstance(problem, KonnektorError) else 400)
    return Response(204) if result is None else _json(result, 200)


def _json(content: object, status: int) -> Response:
    body = json.dumps(content, ensure_ascii=False).encode()
    return Response(status, (("Content-Type", "application/json"),), body)


def _shown(card: Card, *, inserted: bool) -> dict[str, object]:
    return {
        "handle": card.handle,
        "type": card.card_type,
        "iccsn": card.iccsn,
        "terminal": card.terminal,
        "slot": card.slot,
        "holder": card.holder,
        "inserted": inserted,
    }


def _cards(state: State, _: Mapping[str, Any]) -> list[dict[str, object]]:
    inside = [_shown(card, inserted=True) for card in state.plugged()]
    return inside + [_shown(card, inserted=False) for card in state.outside()]


def _new_card(state: State, table: Mapping[str, Any]) -> dict[str, object]:
    card = state.new_card(table)
    publish(Event("CARD/INSERTED", card_facts(card)), state, card)
    return _shown(card, inserted=True)


def _insert(state: State, _: Mapping[str, Any], card: str) -> dict[str, object]:
    found = state.insert_again(card)
    publish(Event("CARD/INSERTED", card_facts(found)), state, found)
    return _shown(found, inserted=True)


def _pull(state: State, _: Mapping[str, Any], card: str) -> None:
    pull_card(_plugged(state, card), state)


def _revoke(state: State, _: Mapping[str, Any], card: str) -> None:
    state.revoke(_plugged(state, card))


def _expire(state: State, _: Mapping[str, Any], card: str) -> dict[str, object]:
    """Exchange the card's certificates for such that ended yesterday."""
    yesterday = (state.ctx.clock.now() - timedelta(days=1)).date()
    return _shown(state.exchange(_plugged(state, card), valid_until=yesterday), inserted=True)


def _set_pin(state: State, content: Mapping[str, Any], card: str, pin: str) -> None:
    wanted = content.get("state")
    if wanted not in _PIN_STATES:
        raise ControlProblem(f"state {wanted!r}; möglich: {', '.join(_PIN_STATES)}")
    found = _plugged(state, card).pins.get(pin)
    if found is None:
        raise ControlProblem(f"die Karte hat keine {pin}")
    found.left_tries = 0 if wanted == "blocked" else TRIES
    found.transport = wanted == "transport"
    found.verified.clear()


def _set_terminal(state: State, content: Mapping[str, Any], name: str) -> None:
    if name not in state.model.terminals:
        raise ControlProblem(f"Kartenterminal {name} gibt es nicht")
    if _truth(content, "connected"):
        find_terminal(name, state)
    else:
        lose_terminal(name, state)


def _set_condition(state: State, content: Mapping[str, Any], name: str) -> None:
    set_condition(name, state, holds=_truth(content, "value"))


def _set_setting(state: State, content: Mapping[str, Any], name: str) -> None:
    before = state.ctx.settings
    state.ctx.settings = {**before, name: content["value"]}
    try:
        notice_connection(state)
    except (ConfigurationError, TypeError, ValueError):
        state.ctx.settings = before
        raise


def _hang_up(state: State, content: Mapping[str, Any]) -> None:
    """Close the connection at the next `calls` SOAP calls, one without a number."""
    state.calls_to_drop = int(content.get("calls", 1))


def _truth(content: Mapping[str, Any], name: str) -> bool:
    value = content.get(name)
    if not isinstance(value, bool):
        raise ControlProblem(f"{name} muss true oder false sein")
    return value


def _plugged(state: State, name: str) -> Card:
    for card in state.plugged():
        if name in (card.handle, card.iccsn):
            return card
    raise KonnektorError(4008, name)
