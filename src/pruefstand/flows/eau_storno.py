"""eAU: what may be taken back, and why not."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pruefstand.errors import SutError
from pruefstand.flows.eau_postausgang import Shipment, Status, Store, find
from pruefstand.kim.eau import EauMessage
from pruefstand.kim.eau_deadlines import storno_allowed


class Bar(StrEnum):
    """Why a note may not be taken back (P6-04); the value is the criterion."""

    UNSENT = "AK2"
    REJECTED = "AK3"
    TOO_LATE = "AK5"


class StornoRefused(SutError):
    """The practice system refuses to take a note back; the message is for the user."""

    def __init__(self, message: str, bar: Bar) -> None:
        super().__init__(message)
        self.bar = bar


def check_storno(store: Store, document_id: str, now: datetime) -> Shipment:
    """Return the note that may be taken back; raises StornoRefused (P6-04)."""
    note = find(store, document_id)
    if note is None or note.message is not EauMessage.NOTE or note.sent is None:
        raise StornoRefused(
            "Die eAU wurde nicht versendet und ist deshalb nicht stornierbar.", Bar.UNSENT
        )
    if note.code:
        raise StornoRefused(
            f"Die Krankenkasse hat die eAU mit Fehler {note.code} abgewiesen.", Bar.REJECTED
        )
    if not storno_allowed(note.sent, now):
        raise StornoRefused(
            "Eine eAU ist nur 120 Werktage nach dem Versand stornierbar.", Bar.TOO_LATE
        )
    return note


def mark_cancelled(store: Store, note: Shipment) -> None:
    """Note that a Storno is on its way."""
    store.put(note.with_status(Status.CANCELLED))
