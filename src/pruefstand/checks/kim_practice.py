"""How a practice system writes, sends and fetches KIM mail (KIM guide for practice systems)."""

from __future__ import annotations

import re

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.kim_select import MODULE, commands, mail_of, sent
from pruefstand.kim.dienstkennung import DEFAULT, HEADER
from pruefstand.kim.mail import split_parts
from pruefstand.kim.username import IncompleteUserName, parse_smtp
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import MalformedMail, RawMail

_TELLING = re.compile(
    r"(?<![0-9a-z])[a-z0-9]\d{9}(?![0-9a-z])|localhost|\d+\.\d+\.\d+\.\d+", re.IGNORECASE
)
"""A KVNR or another ten-digit number by itself: within a UUID such digits stand by chance."""

_PRODUCT = re.compile(r"[^;]+;[^;]+")
_PARAMETER = re.compile(r"(?:name|filename)(\*?)=(\"[^\"]*\"|[^;\s]+)")


@check("KIM-PS-05")
def message_id_tells_nothing(exchanges: Exchanges) -> Judgement:
    """Every mail has exactly one Message-ID, without host, KVNR or the like."""

    def good(exchange: Exchange) -> bool:
        ids = mail_of(exchange).all("Message-ID")
        return len(ids) == 1 and ids[0].startswith("<") and not _TELLING.search(ids[0])

    return judge_all(
        sent(exchanges),
        good,
        expected="eine Message-ID ohne verräterische Angaben",
        show=lambda exchange: str(mail_of(exchange).all("Message-ID")),
    )


@check("KIM-PS-06")
def attachment_names_are_encoded(exchanges: Exchanges) -> Judgement:
    """Names of attachments are ASCII: beyond it RFC 2047 or RFC 2231 encodes them."""

    def good(exchange: Exchange) -> bool:
        stated = [
            value
            for part in _parts(mail_of(exchange))
            for value in (part.get("Content-Type"), part.get("Content-Disposition"))
            if value
        ]
        return all(value.isascii() and _well_named(value) for value in stated)

    return judge_all(
        [exchange for exchange in sent(exchanges) if _parts(mail_of(exchange))],
        good,
        expected="Anhangsnamen nach RFC 2047 oder 2231",
        show=lambda exchange: str([part.get("Content-Type") for part in _parts(mail_of(exchange))]),
    )


@check("KIM-PS-12")
def sender_system_is_named(exchanges: Exchanges) -> Judgement:
    """X-KIM-Sendersystem is product and version."""
    return judge_all(
        sent(exchanges),
        lambda e: bool(_PRODUCT.fullmatch(mail_of(e).get("X-KIM-Sendersystem") or "")),
        expected="X-KIM-Sendersystem: Produkt;Version",
        show=lambda e: str(mail_of(e).get("X-KIM-Sendersystem")),
    )


@check("KIM-PS-13")
def support_is_named(exchanges: Exchanges) -> Judgement:
    """X-KIM-Support is an address."""
    return judge_all(
        sent(exchanges),
        lambda e: len(mail_of(e).addresses("X-KIM-Support")) == 1,
        expected="X-KIM-Support: Adresse",
        show=lambda e: str(mail_of(e).get("X-KIM-Support")),
    )


@check("KIM-PS-22")
def free_mail_is_plain_text(exchanges: Exchanges) -> Judgement:
    """A mail of the default Dienstkennung has plain text only, beside attachments."""

    def good(exchange: Exchange) -> bool:
        mail = mail_of(exchange)
        texts = [part for part in _parts(mail) or [mail] if not _is_attachment(part)]
        return bool(texts) and all(_media_type(part) == "text/plain" for part in texts)

    free = [e for e in sent(exchanges) if mail_of(e).get(HEADER) in (None, str(DEFAULT))]
    return judge_all(
        free,
        good,
        expected="text/plain",
        show=lambda exchange: str(mail_of(exchange).get("Content-Type")),
    )


@check("KIM-PS-08")
def mail_goes_to_the_module_only(exchanges: Exchanges) -> Judgement:
    """Every SMTP command goes to the client module, every login is PLAIN or LOGIN."""
    smtp = [exchange for exchange in exchanges if exchange.layer is Layer.SMTP]
    return judge_all(
        smtp,
        lambda e: e.peer == MODULE and (not e.request.start.startswith("AUTH") or _mechanism(e)),
        expected="nur das Clientmodul, PLAIN oder LOGIN",
        show=lambda exchange: f"{exchange.peer}: {exchange.request.start}",
    )


@check("KIM-PS-09")
def user_name_is_complete(exchanges: Exchanges) -> Judgement:
    """Every login names address, Mandant, Clientsystem and Arbeitsplatz, and one is accepted."""
    expected = "Adresse#[Server#]Mandant#Clientsystem#Arbeitsplatz"

    def good(exchange: Exchange) -> bool:
        try:
            return bool(parse_smtp(exchange.facts.get("user", "")).workplace)
        except IncompleteUserName:
            return False

    logins = [e for e in commands(exchanges, Layer.SMTP, "AUTH") if e.facts.get("user")]
    if not any(exchange.status == 235 for exchange in logins):
        return Judgement(False, expected, "keine angenommene Anmeldung")
    return judge_all(
        logins, good, expected=expected, show=lambda exchange: exchange.facts.get("user", "")
    )


@check("KIM-PS-11")
def session_ends_in_order(exchanges: Exchanges) -> Judgement:
    """After the last accepted mail the session ends with QUIT."""
    expected = "DATA angenommen, danach QUIT"
    found = commands(exchanges, Layer.SMTP)
    taken = [i for i, e in enumerate(found) if e.operation == "DATA" and e.status == 250]
    if not taken:
        return Judgement(False, expected, "keine angenommene Mail")
    after = [e.operation for e in found[taken[-1] + 1 :]]
    return Judgement("QUIT" in after, expected, " ".join(["DATA", *after]), found[taken[-1]].id)


@check("KIM-PS-18")
def known_mail_is_not_fetched_again(exchanges: Exchanges) -> Judgement:
    """In two looks no message is fetched twice, and each look begins with UIDL."""
    expected = "jede Nachricht genau einmal abgeholt"
    looks = commands(exchanges, Layer.POP3, "UIDL")
    fetched = [mail_of(e).get("Message-ID") for e in exchanges if _is_fetched(e)]
    twice = [name for name in fetched if fetched.count(name) > 1]
    holds = len(looks) > 1 and bool(fetched) and not twice
    return Judgement(
        holds, expected, f"{len(looks)} Abrufe, {len(fetched)} geholt, doppelt {twice}"
    )


PRACTICE_CHECKS: tuple[Check, ...] = (
    message_id_tells_nothing,
    sender_system_is_named,
    support_is_named,
    free_mail_is_plain_text,
    mail_goes_to_the_module_only,
    user_name_is_complete,
    session_ends_in_order,
)


@factory
def dienstkennung_is(wanted: str, *requirements: str) -> Check:
    """Return the check that every mail sent has the Dienstkennung `wanted`."""

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            sent(exchanges),
            lambda e: mail_of(e).all(HEADER) == [wanted],
            expected=f"{HEADER}: {wanted}",
            show=lambda e: str(mail_of(e).all(HEADER)),
        )

    return Check("dienstkennung_is", requirements, judge)


@factory
def receipt_asked(wanted: bool, *requirements: str) -> Check:
    """Return the check that every recipient has NOTIFY=SUCCESS, or none."""

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            commands(exchanges, Layer.SMTP, "RCPT"),
            lambda e: ("NOTIFY=SUCCESS" in e.request.start.upper()) is wanted,
            expected="Zustellbestätigung " + ("verlangt" if wanted else "nicht verlangt"),
            show=lambda e: e.request.start,
        )

    return Check("receipt_asked", requirements, judge)


@factory
def user_id_given(user_id: str, *requirements: str) -> Check:
    """Return the check that the POP3 user name ends with `user_id`."""

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            commands(exchanges, Layer.POP3, "USER"),
            lambda e: e.request.start.split("#")[-1] == user_id,
            expected=f"…#{user_id}",
            show=lambda e: e.request.start,
        )

    return Check("user_id_given", requirements, judge)


def _is_fetched(exchange: Exchange) -> bool:
    return exchange.layer is Layer.MIME and exchange.facts.get("richtung") == "empfangen"


def _parts(mail: RawMail) -> list[RawMail]:
    try:
        return split_parts(mail)
    except MalformedMail:
        return []


def _well_named(value: str) -> bool:
    return all(
        starred or "%" not in name or name.startswith('"=?')
        for starred, name in _PARAMETER.findall(value)
    )


def _is_attachment(part: RawMail) -> bool:
    return (part.get("Content-Disposition") or "").lower().startswith("attachment")


def _media_type(part: RawMail) -> str:
    return (part.get("Content-Type") or "").partition(";")[0].strip().lower()


def _mechanism(exchange: Exchange) -> bool:
    return exchange.request.start.split(" ")[1:2] in (["PLAIN"], ["LOGIN"])
