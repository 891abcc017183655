"""eAU: what waits to be sent, was sent, and came back, as values that survive a restart."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pruefstand.flows.eau_ausstellen import Signed
from pruefstand.kim.eau import EauMessage


class Status(StrEnum):
    """Where a document is; the value is what the user reads."""

    QUEUED = "noch nicht gesendet"
    SENDING = "wird gesendet"
    SENT = "gesendet, noch nicht bestätigt"
    DELIVERED = "zugestellt"
    FAILED = "Versand gescheitert"
    """KIM failed; it is tried again until the third working day ends."""
    GIVEN_UP = "nicht zustellbar, bitte per Post"
    NO_ADDRESS = "keine KIM-Adresse, bitte per Post"
    REJECTED = "fehlerhaft"
    NOT_INSURED = "Hinweis der Krankenkasse"
    CANCELLED = "storniert"


@dataclass(frozen=True, slots=True)
class Shipment:
    """One signed document on its way; times are aware, `number` gives the order."""

    number: int
    message: EauMessage
    document_id: str
    content: bytes = field(repr=False)
    patient: str
    kvnr: str
    iknrs: tuple[str, ...]
    created: datetime
    cancels: str = ""
    status: Status = Status.QUEUED
    message_id: str = ""
    recipient: str = ""
    attempts: tuple[datetime, ...] = ()
    sent: datetime | None = None
    next_attempt: datetime | None = None
    code: str = ""
    explanation: str = ""
    way_down: bool = False
    """The last attempt did not even reach the client module."""

    def with_status(self, status: Status, explanation: str = "") -> Shipment:
        """Return the shipment in another state."""
        return replace(self, status=status, explanation=explanation or self.explanation)


class Store(Protocol):
    """Keeps shipments; what `put` returns from is kept for good."""

    def put(self, shipment: Shipment) -> None:
        """Keep a shipment in place of the one with its number."""
        ...

    def all(self) -> list[Shipment]:
        """Return every shipment by number."""
        ...


def enqueue(store: Store, signed: Iterable[Signed], now: datetime) -> list[Shipment]:
    """Keep signed documents for sending, in their order."""
    number = max((one.number for one in store.all()), default=0)
    added: list[Shipment] = []
    for one in signed:
        number += 1
        draft = one.draft
        shipment = Shipment(
            number,
            draft.message,
            draft.document_id,
            one.content,
            draft.patient,
            draft.kvnr,
            draft.iknrs,
            now,
            draft.cancels,
        )
        store.put(shipment)
        added.append(shipment)
    return added


def find(store: Store, document_id: str) -> Shipment | None:
    """Return the shipment of a document."""
    return next((one for one in store.all() if one.document_id == document_id), None)


def of_patient(store: Store, kvnr: str) -> list[Shipment]:
    """Return everything about one insured person, oldest first."""
    return [one for one in store.all() if one.kvnr == kvnr]
