"""What insurers answer: one unsigned error file, or nothing (KP310-13, KP5)."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.eau_select import EauMail, each, insurer_errors, sent_documents
from pruefstand.checks.kim_select import mail_of, received
from pruefstand.fhir.kasse_error import (
    ALL_CODES,
    BY_MESSAGE_ID,
    ERRORS,
    KasseError,
    read_kasse_error,
)
from pruefstand.fhir.xml import FhirSyntaxProblem
from pruefstand.kim.dienstkennung import HEADER
from pruefstand.kim.eau import EauMessage, Stem
from pruefstand.kim.receipt import is_receipt


def _error(one: EauMail) -> KasseError | None:
    try:
        return read_kasse_error(one.payload)
    except FhirSyntaxProblem:
        return None


def _refers(one: EauMail) -> bool:
    error = _error(one)
    if error is None or error.code not in ALL_CODES or ERRORS.encode() not in one.payload:
        return False
    return bool(error.display) and bool(error.document_id) is not bool(error.message_id)


def _by_message_id(one: EauMail) -> bool:
    error = _error(one)
    return error is not None and (error.code not in BY_MESSAGE_ID or bool(error.message_id))


def _is_error_mail(one: EauMail) -> bool:
    try:
        stem = Stem.parse(one.mail.text("Subject") or "")
    except ValueError:
        return False
    error, kennung = _error(one), one.mail.get(HEADER) or ""
    return (
        error is not None
        and stem.message is EauMessage.ERROR
        and stem.document_id == error.outcome_id
        and kennung.startswith("eAU;Fehler-Kasse;V1.")
        and len(one.files) == 1
        and (one.files[0].get("Content-Type") or "").startswith("application/xml")
        and one.files[0].get("Content-Description") == EauMessage.ERROR.description
    )


error_refers_to_what_came = each(
    "error_refers_to_what_came",
    insurer_errors,
    "Code, Text und genau ein Bezug",
    _refers,
    "KP310-13",
)
unseen_document_is_named_by_mail = each(
    "unseen_document_is_named_by_mail",
    insurer_errors,
    "Message-ID bei 301, 307, 313, 314",
    _by_message_id,
    "KP310-13/AK5",
)
error_mail_is_right = each(
    "error_mail_is_right",
    insurer_errors,
    "Dienstkennung, Betreff, ein XML-Anhang",
    _is_error_mail,
    "KP5-05",
)
ERROR_CHECKS: tuple[Check, ...] = (error_refers_to_what_came, error_mail_is_right)


@factory
def insurer_answered(codes: list[str], *requirements: str) -> Check:
    """Return the check that exactly these codes came, in this order, and nothing else but receipts.

    An empty list means that the insurer kept silent although documents reached it.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"Fehler {', '.join(codes)}" if codes else "keine Antwort der Krankenkasse"
        mails = [one for one in received(exchanges) if not is_receipt(mail_of(one))]
        errors = [_error(one) for one in insurer_errors(exchanges)]
        found = [error.code for error in errors if error is not None]
        other = len(mails) - len(found)
        receipts = len(received(exchanges)) - len(mails)
        holds = found == codes and not other and bool(codes or receipts)
        shown = f"Fehler {found}, {other} andere Mails, {receipts} Zustellbestätigungen"
        return Judgement(holds and bool(sent_documents(exchanges) or codes), expected, shown)

    return Check("insurer_answered", requirements, judge)


@factory
def error_reached(address: str, *requirements: str) -> Check:
    """Return the check that errors came and all of them went to `address`."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = [one.mail.addresses("To") for one in insurer_errors(exchanges)]
        holds = bool(found) and all(to == (address.lower(),) for to in found)
        return Judgement(holds, f"Fehler an {address}", str(found))

    return Check("error_reached", requirements, judge)
