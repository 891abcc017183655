"""Reading recorded SOAP messages: fields by local name, the calling context, the target."""

from __future__ import annotations

import re
from functools import lru_cache

from pruefstand.checks.check import Exchanges
from pruefstand.model.exchange import Exchange, Layer


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(rb"<(?:[\w-]+:)?" + name.encode() + rb"(?:\s[^>]*)?>([^<]*)<")


def fields(message: bytes, name: str) -> list[str]:
    """Return the texts of all elements `name`, whatever their prefix."""
    return [found.decode("utf-8", "replace").strip() for found in _pattern(name).findall(message)]


def field(message: bytes, name: str) -> str:
    """Return the text of the first element `name`; empty without one."""
    found = fields(message, name)
    return found[0] if found else ""


def asked(call: Exchange, name: str) -> str:
    """Return a field of the request."""
    return field(call.request.body, name)


def answer(call: Exchange, name: str) -> str:
    """Return a field of the answer; empty without an answer."""
    return field(call.response.body, name) if call.response else ""


def calls(exchanges: Exchanges) -> list[Exchange]:
    """Return all SOAP exchanges."""
    return [exchange for exchange in exchanges if exchange.layer is Layer.SOAP]


def to_konnektor(exchanges: Exchanges) -> list[Exchange]:
    """Return the HTTP exchanges with the Konnektor."""
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is Layer.HTTP and exchange.peer == "konnektor"
    ]


def card_types(exchanges: Exchanges) -> dict[str, str]:
    """Return the card type by handle, from every answer that describes a card."""
    card = re.compile(
        rb"<(?:\w+:)?CardHandle[^>]*>([^<]+)</(?:\w+:)?CardHandle>\s*"
        rb"<(?:\w+:)?CardType[^>]*>([^<]+)<"
    )
    return {
        handle.decode(): kind.decode()
        for call in calls(exchanges)
        if call.response is not None
        for handle, kind in card.findall(call.response.body)
    }
