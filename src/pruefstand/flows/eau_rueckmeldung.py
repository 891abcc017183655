"""eAU: put receipts and errors to what was sent, and say what the user must do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from pruefstand.clients.kim import FetchedMail
from pruefstand.clock import berlin_day
from pruefstand.fhir.kasse_error import REBUILD, VIRUS, KasseError, read_kasse_error
from pruefstand.fhir.xml import FhirSyntaxProblem
from pruefstand.flows.eau_postausgang import Shipment, Status, Store, find
from pruefstand.flows.kim_nachricht import Collected
from pruefstand.kim.eau import EauMessage, attachments, message_of, text_of
from pruefstand.kim.eau_deadlines import RECEIPT_WITHIN, RETRY_EVERY, add_working_days
from pruefstand.kim.mail import content_of
from pruefstand.kim.note import VERIFIED
from pruefstand.kim.receipt import Action, Receipt
from pruefstand.model.mail import MalformedMail

_RULE = "-" * 20
INFORMATION_ONLY = "100"
_UNCONFIRMED = (Status.SENT, Status.SENDING, Status.FAILED)
"""A mail whose sending broke off may have arrived all the same."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What the user is shown: a title, the code where there is one, details on request."""

    title: str
    code: str
    details: str
    shipment: Shipment | None
    virus: bool = False


def take_in(store: Store, collected: Collected, now: datetime) -> list[Notice]:
    """Assign what came; return a notice for each error, also for one that fits nothing."""
    for receipt in collected.receipts:
        _receipt(store, receipt, now)
    found = (_error(store, mail) for mail in collected.messages)
    return [notice for notice in found if notice is not None]


def overdue(store: Store, now: datetime) -> list[Notice]:
    """Return a warning for each document without receipt and error after 24 hours."""
    return [
        Notice(
            "Zustellung nicht bestätigt",
            "",
            f"{one.patient}, Krankenkasse {', '.join(one.iknrs)}, Dokument {one.document_id}:"
            " seit 24 Stunden ohne Bestätigung. Bitte heute noch die Ausfertigung für die"
            " Krankenkasse mit der Post senden.",
            one,
        )
        for one in store.all()
        if one.status is Status.SENT and one.sent and now - one.sent >= RECEIPT_WITHIN
    ]


def unsent(store: Store, now: datetime) -> list[Shipment]:
    """Return what has waited longer than one working day (P6-03/AK3a)."""
    waiting = (Status.QUEUED, Status.FAILED)
    return [
        one
        for one in store.all()
        if one.status in waiting and berlin_day(now) > add_working_days(berlin_day(one.created), 1)
    ]


def needs_new_file(shipment: Shipment) -> bool:
    """Return whether the code asks for a new document (P5-04/AK14b) or the file may go again."""
    return shipment.code in REBUILD


def same_file_again(store: Store, shipment: Shipment) -> Shipment:
    """Queue the same signed file again, with a new mail (P5-04/AK14c)."""
    again = replace(
        shipment, status=Status.QUEUED, message_id="", attempts=(), next_attempt=None, code=""
    )
    store.put(again)
    return again


def _receipt(store: Store, receipt: Receipt, now: datetime) -> None:
    for shipment in store.all():
        if not receipt.about or shipment.message_id != receipt.about:
            continue
        if receipt.delivered and shipment.status in _UNCONFIRMED:
            sent = shipment.sent or now
            store.put(replace(shipment, status=Status.DELIVERED, sent=sent))
        elif any(fate.action is Action.FAILED for fate in receipt.fates):
            reason = receipt.text or receipt.subject
            following = now + RETRY_EVERY
            failed = shipment.with_status(Status.FAILED, reason)
            store.put(replace(failed, next_attempt=following))


def _error(store: Store, mail: FetchedMail) -> Notice | None:
    try:
        parsed = mail.parsed()
        if message_of(parsed) is not EauMessage.ERROR:
            return None
        error = read_kasse_error(content_of(attachments(parsed)[0]))
    except (MalformedMail, FhirSyntaxProblem, IndexError):
        return Notice("Nicht lesbare Fehlernachricht einer Krankenkasse", "", "", None)
    details = text_of(parsed).partition(_RULE)[0].replace(VERIFIED, "").strip()
    shipment = _subject(store, error)
    if shipment is not None:
        information = error.code == INFORMATION_ONLY
        status = Status.NOT_INSURED if information else Status.REJECTED
        shipment = replace(shipment.with_status(status, details or error.display), code=error.code)
        store.put(shipment)
    virus = details == VIRUS
    title = "Virenverdacht der Krankenkasse" if virus else error.display
    return Notice(title, error.code, details, shipment, virus)


def _subject(store: Store, error: KasseError) -> Shipment | None:
    if error.document_id:
        return find(store, error.document_id)
    wanted = error.message_id
    return next((one for one in store.all() if wanted and one.message_id == wanted), None)
