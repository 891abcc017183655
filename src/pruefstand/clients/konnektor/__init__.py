"""The Konnektor as a practice system speaks to it: discovery, cards, PINs, signatures."""

from __future__ import annotations

from pruefstand.clients.konnektor.client import KonnektorClient, KonnektorContext
from pruefstand.clients.konnektor.directory import Directory, Endpoint
from pruefstand.clients.konnektor.problems import HINTS, KonnektorFault
from pruefstand.clients.konnektor.smcb import SmcbCard
from pruefstand.clients.konnektor.values import Card, PinResult, PinStatus

__all__ = [
    "HINTS",
    "Card",
    "Directory",
    "Endpoint",
    "KonnektorClient",
    "KonnektorContext",
    "KonnektorFault",
    "PinResult",
    "PinStatus",
    "SmcbCard",
]
