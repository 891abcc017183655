"""The exchange: the one record that checks, diagrams, notebooks and re-judging share (DESIGN 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pruefstand.model.http import Headers, header


class Layer(StrEnum):
    """Where in the stack a message was seen."""

    TLS = "tls"
    HTTP = "http"
    VAU = "vau"
    SOAP = "soap"
    FHIR = "fhir"
    CMS = "cms"
    MIME = "mime"
    SMTP = "smtp"
    POP3 = "pop3"
    LDAP = "ldap"
    CETP = "cetp"
    RTC = "rtc"
    PRINT = "print"


class Side(StrEnum):
    """Who recorded."""

    CLIENT = "client"
    MOCK = "mock"
    RELAY = "relay"


@dataclass(frozen=True, slots=True)
class Message:
    """One direction of an exchange: `start` is the request or status line, or the layer's like."""

    start: str = ""
    headers: Headers = ()
    body: bytes = b""
    status: int | None = None

    def header(self, name: str) -> str | None:
        """Return the first value of header `name`."""
        return header(self.headers, name)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer on one layer; an inner layer points to its carrier by `parent`."""

    id: str
    parent: str | None
    layer: Layer
    side: Side
    actor: str
    peer: str
    operation: str
    started: datetime
    duration: float
    """Seconds."""
    request: Message
    response: Message | None
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the layer knows beyond bytes: TLS version, signer, job number."""
    error: str | None = None
    case: str | None = None
    step: int | None = None

    @property
    def status(self) -> int | None:
        """The answer's status, where the layer has one."""
        return self.response.status if self.response else None
