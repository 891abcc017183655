"""What insurers answer: one unsigned error file, or nothing (KP310-13, KP5)."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.checks.eau_document import NOTE_CHECKS
from pruefstand.checks.eau_judge import each, missing
from pruefstand.checks.eau_select import (
    EauMail,
    insurer_errors,
    sent_documents,
    sent_notes,
    sent_stornos,
)
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
from pruefstand.model.mail import RawMail


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
def insurer_reported(codes: list[str], *requirements: str) -> Check:
    """Return the check that the insurer reported exactly these errors, in this order.

    No codes means that it reported none although documents reached it.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"Fehler {', '.join(codes)}" if codes else "kein Fehler der Krankenkasse"
        found = [error.code if error else "?" for error in map(_error, _once(exchanges))]
        shown = f"Fehler {', '.join(found)}" if found else "kein Fehler"
        if found != codes:
            # Whoever sent what is wrong by itself was told so.
            excuse = "" if codes else _own_defect(exchanges)
            if excuse:
                return Judgement(None, expected, f"{shown}; {excuse}")
            return missing(exchanges, expected, shown)
        if codes:
            return Judgement(True, expected, shown)
        return _silence(exchanges, expected, shown)

    return Check("insurer_reported", requirements, judge)


@factory
def insurer_said_nothing(*requirements: str) -> Check:
    """Return the check that documents reached the insurer and it had nothing to say to them."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "keine Antwort der Krankenkasse"
        said = [
            mail.text("Subject") or "ohne Betreff"
            for mail in map(mail_of, received(exchanges))
            if not is_receipt(mail) and not _is_read_receipt(mail)
        ]
        if said:
            excuse = _own_defect(exchanges)
            if excuse:
                return Judgement(None, expected, f"{', '.join(said)}; {excuse}")
            return missing(exchanges, expected, ", ".join(said))
        return _silence(exchanges, expected, "keine Antwort")

    return Check("insurer_said_nothing", requirements, judge)


@check("KP5-09")
def reading_is_not_confirmed(exchanges: Exchanges) -> Judgement:
    """What reached the insurer is confirmed by the mail service and by no read receipt."""
    expected = "keine Lesebestätigung"
    read = [e for e in received(exchanges) if _is_read_receipt(mail_of(e))]
    if read:
        return Judgement(False, expected, f"{len(read)} Lesebestätigungen", read[0].id)
    return _silence(exchanges, expected, "keine Lesebestätigung")


@check("P6-04/AK3")
def rejected_note_is_not_cancelled(exchanges: Exchanges) -> Judgement:
    """After an error of the insurer no Storno leaves; an error must say what it is about."""
    expected = "kein Storno nach einem Fehler der Krankenkasse"
    errors, stornos = insurer_errors(exchanges), sent_stornos(exchanges)
    if not errors:
        return missing(exchanges, expected, "kein Fehler")
    if stornos and not all(_is_error_mail(one) and _refers(one) for one in errors):
        return Judgement(None, expected, "der Fehler der Krankenkasse ist nicht zuzuordnen")
    return Judgement(not stornos, expected, f"{len(errors)} Fehler, {len(stornos)} Stornos")


def _own_defect(exchanges: Exchanges) -> str:
    """Return which rule of its own a note sent breaks, so that an error about it is due."""
    for one in sent_notes(exchanges):
        for rule in NOTE_CHECKS:
            if one.document and not rule.judge([one.exchange]).holds:
                return f"die eAU selbst ist falsch: {rule.judge([one.exchange]).expected}"
    return ""


def _silence(exchanges: Exchanges, expected: str, seen: str) -> Judgement:
    """Silence counts only after documents were sent and their delivery is confirmed."""
    if not sent_documents(exchanges):
        return missing(exchanges, expected, "kein Dokument gesendet")
    if not any(is_receipt(mail_of(e)) for e in received(exchanges)):
        return Judgement(None, expected, "ohne Zustellbestätigung sagt Schweigen nichts")
    return Judgement(True, expected, seen)


def _is_read_receipt(mail: RawMail) -> bool:
    stated = (mail.get("Content-Type") or "").lower()
    return "disposition-notification" in stated or (mail.get(HEADER) or "").startswith("MDN;")


def _once(exchanges: Exchanges) -> list[EauMail]:
    """Return the errors; one that the practice fetched twice came once."""
    found = {
        one.mail.get("Message-ID") or one.exchange.id: one for one in insurer_errors(exchanges)
    }
    return list(found.values())


@factory
def error_reached(address: str, *requirements: str) -> Check:
    """Return the check that errors came and all of them went to `address`."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"Fehler an {address}"
        found = [one.mail.addresses("To") for one in insurer_errors(exchanges)]
        if not found:
            return missing(exchanges, expected, "kein Fehler")
        return Judgement(all(to == (address.lower(),) for to in found), expected, str(found))

    return Check("error_reached", requirements, judge)
