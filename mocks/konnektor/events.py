"""Telling subscribers what happened, over CETP."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from functools import cache, lru_cache, partial

from lxml import etree

from mocks.konnektor.cards import Card
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.reach import is_visible
from mocks.konnektor.state import State
from mocks.konnektor.subscriptions import Subscription
from pruefstand.soap.cetp import Event, address, event_element, frame
from pruefstand.soap.fault import xml_time

__all__ = ["Event", "card_facts", "compile_filter", "publish", "pull_card", "send_to"]

_PREFIX = re.compile(r"\bEVT:")


def publish(event: Event, state: State, card: Card | None = None) -> None:
    """Send `event` to everyone who subscribed to it and may see `card`."""
    for held in state.subscriptions.active(state.ctx.clock.now()):
        if not _concerns(held, event):
            continue
        if card is not None and not is_visible(card, held.wish, state, everywhere=False):
            continue
        lost = partial(state.subscriptions.drop, held.id)
        send_to(held.wish.event_to, replace(event, subscription=held.id), state, on_lost=lost)


def send_to(
    event_to: str, event: Event, state: State, *, on_lost: Callable[[], None] = lambda: None
) -> None:
    """Send one event to one listener; `on_lost` is told when it cannot be reached."""
    sink = address(event_to)
    if sink is not None:
        tls = _sink_tls() if state.behaviour.cetp_tls else None
        state.courier.send(sink, frame(event), tls=tls, on_lost=on_lost)


def card_facts(card: Card) -> dict[str, str]:
    """Return the parameters by which events name a card."""
    return {
        "CardHandle": card.handle,
        "CardType": card.card_type,
        "ICCSN": card.iccsn,
        "CtID": card.terminal,
        "SlotID": str(card.slot),
        "InsertTime": xml_time(card.inserted),
        "CardHolderName": card.holder,
        "KVNR": card.kvnr or "",
        **_expiry(card),
    }


def _expiry(card: Card) -> dict[str, str]:
    if not card.identities:
        return {}
    day = card.own_key().certificate.not_valid_after_utc.strftime("%Y-%m-%d")
    return {"CertExpirationDate": day}


def pull_card(card: Card, state: State) -> None:
    """Let the user take `card` out, and tell."""
    state.pull(card.handle)
    publish(Event("CARD/REMOVED", card_facts(card)), state, card)


@lru_cache(maxsize=1024)
def compile_filter(written: str) -> etree.XPath:
    """Return the filter over an event; 4095 when it is no XPath."""
    try:
        # XPath 1.0 knows no default namespace: events are filtered without theirs.
        return etree.XPath(_PREFIX.sub("", written))
    except etree.XPathSyntaxError as problem:
        raise KonnektorError(4095, written) from problem


def _concerns(held: Subscription, event: Event) -> bool:
    if not event.topic.lower().startswith(held.wish.topic.lower()):
        return False
    if not held.wish.filter:
        return True
    root = event_element(event)
    for node in root.iter():
        node.tag = etree.QName(node).localname
    try:
        return bool(compile_filter(held.wish.filter)(root))
    except etree.XPathError:
        return False


@cache
def _sink_tls() -> ssl.SSLContext:
    # The Konnektor does not know the listener's certificate authority and does not check it.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
