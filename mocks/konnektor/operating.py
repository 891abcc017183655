"""The Konnektor's own state: conditions begin and end, terminals come and go, it restarts."""

from __future__ import annotations

from mocks.konnektor.conditions import NO_SIS, NO_TERMINAL, NO_TI, Effect, condition
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, card_facts, publish, send_to
from mocks.konnektor.state import State


def set_condition(name: str, state: State, *, holds: bool, terminal: str = "") -> None:
    """Let a condition begin or end, and tell subscribers when that is news."""
    row = condition(name)
    full = f"{name}({terminal})" if terminal else name
    if holds == (full in state.conditions):
        return
    if holds:
        state.conditions[full] = state.ctx.clock.now()
    else:
        del state.conditions[full]
    facts = {"Value": "true" if holds else "false", "Bedeutung": name.removeprefix("EC_")}
    if terminal:
        facts["CtID"] = terminal
    publish(Event(f"OPERATIONAL_STATE/{full}", facts, row.kind, row.severity), state)


def notice_connection(state: State) -> None:
    """Take note that the setting `ti_online` has changed, and tell."""
    online = state.behaviour.ti_online
    if online == state.told_online:
        return
    state.told_online = online
    for name, topic in ((NO_TI, "VPN_TI"), (NO_SIS, "VPN_SIS")):
        set_condition(name, state, holds=not online)
        publish(Event(f"NETWORK/{topic}/{'UP' if online else 'DOWN'}", {}), state)


def check_operable(state: State, *, is_reading: bool) -> None:
    """Refuse with 4002 what a fatal condition forbids; reading the state often stays allowed."""
    for name in state.conditions:
        effect = condition(name).effect
        if effect is Effect.OFF or (effect is Effect.NO_CARDS and not is_reading):
            raise KonnektorError(4002, name)


def lose_terminal(name: str, state: State) -> None:
    """Cut the connection with a terminal: its cards are gone from now on."""
    if name in state.lost_terminals:
        return
    for card in state.plugged():
        if card.terminal == name:
            state.pull(card.handle)
            publish(Event("CARD/REMOVED", card_facts(card)), state, card)
    state.lost_terminals.add(name)
    publish(Event("CT/DISCONNECTED", {"CtID": name}), state)
    set_condition(NO_TERMINAL, state, holds=True, terminal=name)


def find_terminal(name: str, state: State) -> None:
    """Connect a terminal again: the cards in it are plugged under fresh handles."""
    if name not in state.lost_terminals:
        return
    state.lost_terminals.discard(name)
    publish(Event("CT/CONNECTED", {"CtID": name}), state)
    set_condition(NO_TERMINAL, state, holds=False, terminal=name)
    for card in state.return_cards(name):
        publish(Event("CARD/INSERTED", card_facts(card)), state, card)


def restart(state: State) -> None:
    """Switch off and on again: sessions, PINs and subscriptions are gone, cards have new handles.

    The listeners that were known before hear of it once more, without a subscription.
    """
    sinks = {held.wish.event_to for held in state.subscriptions.active(state.ctx.clock.now())}
    state.subscriptions.clear()
    state.comfort.close_all()
    for card in state.plugged():
        state.pull(card.handle)
    for name in state.model.terminals:
        state.return_cards(name)
    state.started = state.ctx.clock.now()
    for sink in sinks:
        for topic in ("BOOTUP", "BOOTUP_COMPLETE"):
            send_to(sink, Event(topic, {}), state)
