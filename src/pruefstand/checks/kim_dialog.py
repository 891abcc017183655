"""Answers of a client module, and mails as it delivers them."""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.kim_select import commands, is_opened, mail_of, received
from pruefstand.kim.receipt import is_receipt, read_receipt
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import MalformedMail

_RESULT_FIELDS = ("X-KIM-DecryptionResult", "X-KIM-IntegrityCheckResult", "X-KIM-Fehlermeldung")
_SECURE = frozenset({"TLSv1.2", "TLSv1.3"})


@check("KOM-LE-A_2007")
def greeting_names_esmtp(exchanges: Exchanges) -> Judgement:
    """The first line of the server holds ESMTP."""
    return judge_all(
        commands(exchanges, Layer.SMTP, "CONNECT"),
        lambda e: e.status == 220 and "ESMTP" in _answer(e),
        expected="220 … ESMTP",
        show=_answer,
    )


@check("KOM-LE-A_2009")
def offers_plain_and_login(exchanges: Exchanges) -> Judgement:
    """EHLO offers exactly the mechanisms PLAIN and LOGIN."""

    def good(exchange: Exchange) -> bool:
        offered = [line for line in _answer(exchange).splitlines() if line.startswith("AUTH")]
        return len(offered) == 1 and sorted(offered[0].split()[1:]) == ["LOGIN", "PLAIN"]

    return judge_all(
        commands(exchanges, Layer.SMTP, "EHLO"), good, expected="AUTH PLAIN LOGIN", show=_answer
    )


@factory
def smtp_reply(operation: str, code: int, *requirements: str) -> Check:
    """Return the check that the last `operation` was answered with `code`."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {code}"
        found = commands(exchanges, Layer.SMTP, operation)
        if not found:
            return Judgement(False, expected, "Befehl nicht aufgezeichnet")
        return Judgement(found[-1].status == code, expected, _answer(found[-1]), found[-1].id)

    return Check(f"smtp_{code}", requirements, judge)


@factory
def pop3_reply(operation: str, begins: str, *requirements: str) -> Check:
    """Return the check that the answer to the last `operation` begins so."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {begins}"
        found = commands(exchanges, Layer.POP3, operation)
        if not found:
            return Judgement(False, expected, "Befehl nicht aufgezeichnet")
        answer = _answer(found[-1])
        return Judgement(answer.startswith(begins), expected, answer, found[-1].id)

    return Check("pop3_reply", requirements, judge)


@factory
def uses_tls(layer: Layer, *requirements: str) -> Check:
    """Return the check that every exchange of `layer` rides on TLS 1.2 or 1.3."""

    def judge(exchanges: Exchanges) -> Judgement:
        versions = {e.id: e.facts.get("version", "") for e in exchanges if e.layer is Layer.TLS}
        return judge_all(
            [exchange for exchange in exchanges if exchange.layer == layer],
            lambda exchange: versions.get(exchange.parent or "") in _SECURE,
            expected=f"{layer} über TLS 1.2 oder 1.3",
            show=lambda exchange: f"{exchange.operation}: {versions.get(exchange.parent or '')!r}",
        )

    return Check("uses_tls", requirements, judge)


@factory
def received_with(fields: Mapping[str, str], *requirements: str) -> Check:
    """Return the check that the last mail received has these header values, decoded.

    Unless they are the module's own results, a mail that it could not open shows none of them.
    """
    about_opening = any(name.startswith(_RESULT_FIELDS) for name in fields)
    expected = ", ".join(f"{name}: {value}" for name, value in fields.items())

    def judge(exchanges: Exchanges) -> Judgement:
        found = received(exchanges)
        if not found:
            return Judgement(False, expected, "keine Mail abgerufen")
        mail = mail_of(found[-1])
        seen = {name: mail.text(name) for name in fields}
        actual = ", ".join(f"{name}: {value}" for name, value in seen.items())
        if seen != fields and not about_opening and not is_opened(mail):
            return Judgement(None, expected, "die Mail kam nicht lesbar an", found[-1].id)
        return Judgement(seen == dict(fields), expected, actual, found[-1].id)

    return Check("received_with", requirements, judge)


@factory
def content_is_withheld(secret: str, *requirements: str) -> Check:
    """Return the check that the last mail received does not show `secret`, but a notice."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "Sicherheitshinweis statt des Inhalts"
        found = received(exchanges)
        if not found or found[-1].response is None:
            return Judgement(False, expected, "keine Mail abgerufen")
        shown = found[-1].response.body.decode("utf-8", "replace")
        holds = secret not in shown and "Sicherheitshinweis" in shown
        return Judgement(holds, expected, "Inhalt" if secret in shown else "kein Inhalt")

    return Check("content_is_withheld", requirements, judge)


@factory
def original_is_enclosed(*requirements: str) -> Check:
    """Return the check that the last mail received holds a message/rfc822 part."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "Original als message/rfc822"
        found = received(exchanges)
        body = mail_of(found[-1]).body.lower() if found else b""
        holds = b"content-type: message/rfc822" in body
        return Judgement(holds, expected, "enthalten" if holds else "fehlt")

    return Check("original_is_enclosed", requirements, judge)


@factory
def receipt_names(delivered: bool, addresses: list[str], *requirements: str) -> Check:
    """Return the check that one receipt about the last mail sent names exactly `addresses`."""
    expected = (
        f"{'zugestellt' if delivered else 'nicht zugestellt'}: {', '.join(sorted(addresses))}"
    )

    def judge(exchanges: Exchanges) -> Judgement:
        about = [e for e in exchanges if e.facts.get("richtung") == "gesendet"]
        wanted = (mail_of(about[-1]).get("Message-ID") or "").strip("<> ") if about else ""
        named: list[list[str]] = []
        for exchange in received(exchanges):
            mail = mail_of(exchange)
            try:
                receipt = read_receipt(mail) if is_receipt(mail) else None
            except MalformedMail:
                receipt = None
            if receipt and receipt.about == wanted and receipt.delivered is delivered:
                named.append(sorted({fate.address for fate in receipt.fates}))
        actual = "; ".join(", ".join(sorted(one)) for one in named) or "keine"
        return Judgement(named == [sorted(addresses)] and bool(wanted), expected, actual)

    return Check("receipt_names", requirements, judge)


@factory
def only_headers_fetched(*requirements: str) -> Check:
    """Return the check that TOP shows header fields and no line of the encrypted body."""

    def judge(exchanges: Exchanges) -> Judgement:
        def good(exchange: Exchange) -> bool:
            content = exchange.response.body if exchange.response else b""
            head, gap, body = content.partition(b"\r\n\r\n")
            return bool(head and gap) and not body.strip()

        return judge_all(
            commands(exchanges, Layer.POP3, "TOP"),
            good,
            expected="TOP ohne Zeilen des Rumpfs",
            show=lambda exchange: exchange.request.start,
        )

    return Check("only_headers_fetched", requirements, judge)


def _answer(exchange: Exchange) -> str:
    return exchange.response.start if exchange.response else ""
