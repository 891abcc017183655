"""The Konnektor as a practice system speaks to it: discovery, cards, PINs, signatures."""

from __future__ import annotations

from pruefstand.clients.konnektor.client import KonnektorClient, KonnektorContext
from pruefstand.clients.konnektor.comfort import ComfortSignature, SignatureMode
from pruefstand.clients.konnektor.credentials import Credentials
from pruefstand.clients.konnektor.directory import Directory, Endpoint
from pruefstand.clients.konnektor.encryption import Encryption
from pruefstand.clients.konnektor.event_sink import EventSink
from pruefstand.clients.konnektor.events import EventService
from pruefstand.clients.konnektor.forms import SignatureForm, form_for
from pruefstand.clients.konnektor.kvk import read_kvk
from pruefstand.clients.konnektor.problems import HINTS, KonnektorFault
from pruefstand.clients.konnektor.slots import CardSlots
from pruefstand.clients.konnektor.smcb import SmcbCard
from pruefstand.clients.konnektor.values import Card, PinResult, PinStatus
from pruefstand.clients.konnektor.verification import Verifier

__all__ = [
    "HINTS",
    "Card",
    "CardSlots",
    "ComfortSignature",
    "Credentials",
    "Directory",
    "Encryption",
    "Endpoint",
    "EventService",
    "EventSink",
    "KonnektorClient",
    "KonnektorContext",
    "KonnektorFault",
    "PinResult",
    "PinStatus",
    "SignatureForm",
    "SignatureMode",
    "SmcbCard",
    "Verifier",
    "form_for",
    "read_kvk",
]
