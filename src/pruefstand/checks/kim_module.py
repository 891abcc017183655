"""The client module between practice and mail service: norms, pass-through, connections."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.checks.kim_outer import judge_outer
from pruefstand.checks.kim_select import MODULE, SERVICE, commands
from pruefstand.kim.username import SKIPPED
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import RawMail

_SMTP_REPLY = re.compile(
    r"(?P<code>[2-5][0-5][0-9])(?: (?:(?P<class>[245])\.\d{1,3}\.\d{1,3} )?.*)?"
)
_UID_LINE = re.compile(r"[1-9][0-9]* [\x21-\x7e]{1,70}")
_TRACE = re.compile(r"\((?P<version>TLSv1\.[23]), client certificate (?P<name>[^)]+)\)")


@check("KOM-LE-A_2006")
def replies_follow_the_norms(exchanges: Exchanges) -> Judgement:
    """SMTP codes and their enhanced class agree (RFC 5321, 2034), POP3 answers and UIDs (1939)."""
    smtp, pop3 = commands(exchanges, Layer.SMTP), commands(exchanges, Layer.POP3)
    if not smtp or not pop3:
        return Judgement(False, "Versand und Abruf nach den Normen", "Versand oder Abruf fehlt")
    return judge_all(
        [*smtp, *pop3],
        lambda e: _is_smtp_reply(e) if e.layer is Layer.SMTP else _is_pop3_answer(e),
        expected="Antworten nach RFC 5321, 2034 und 1939",
        show=lambda e: f"{e.operation}: {_reply(e)}",
    )


@check("KOM-LE-A_2018")
def refusals_pass_unchanged(exchanges: Exchanges) -> Judgement:
    """What the mail service says against a mail is what the practice system hears."""
    expected = "die Antwort des Fachdienstes, Zeichen für Zeichen"
    asked, heard = _smtp(exchanges, SERVICE, "DATA"), _smtp(exchanges, MODULE, "DATA")
    if not asked or not heard:
        return Judgement(False, expected, "keine Mail auf beiden Seiten aufgezeichnet")
    said = [e for e in asked if (e.status or 0) >= 400]
    if not said:
        return Judgement(None, expected, "der Fachdienst hat nichts abgelehnt")
    holds = _reply(heard[-1]) == _reply(said[-1])
    return Judgement(holds, f"{expected}: {_reply(said[-1])}", _reply(heard[-1]), heard[-1].id)


@factory
def service_sees_certificate(name: str, *requirements: str) -> Check:
    """Return the check that mails reached the service over TLS with the certificate `name`."""

    def actual(mail: RawMail) -> tuple[bool, str]:
        trace = mail.all("Received")
        seen = _TRACE.search(trace[0]) if trace else None
        return seen is not None and seen["name"] == name, str(trace[:1])

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_outer(exchanges, f"Received: TLS mit dem Zertifikat {name}", actual)

    return Check("service_sees_certificate", requirements, judge)


@factory
def logins_with_and_without_certificate(*requirements: str) -> Check:
    """Return the check that a login succeeds both with and without client certificate."""

    def judge(exchanges: Exchanges) -> Judgement:
        shown = {e.id: "client_certificate" in e.facts for e in exchanges if e.layer is Layer.TLS}
        taken = {
            shown[e.parent]
            for e in commands(exchanges, Layer.SMTP, "AUTH")
            if e.status == 235 and e.parent in shown
        }
        tried = set(shown.values())
        expected = "Anmeldung mit und ohne Clientzertifikat"
        actual = f"versucht: {_with(tried)}; gelungen: {_with(taken)}"
        return Judgement(taken == {True, False}, expected, actual)

    return Check("logins_with_and_without_certificate", requirements, judge)


@factory
def konnektor_decides(outcomes: dict[str, int], *requirements: str) -> Check:
    """Return the check that DATA was answered so after a login with each KonnektorId."""

    def judge(exchanges: Exchanges) -> Judgement:
        named = {
            e.parent: e.facts.get("user", "").rpartition("#")[2]
            for e in commands(exchanges, Layer.SMTP, "AUTH")
            if e.status == 235
        }
        seen = {
            named[e.parent]: e.status
            for e in commands(exchanges, Layer.SMTP, "DATA")
            if e.parent in named
        }
        return Judgement(seen == outcomes, _codes(outcomes.items()), _codes(seen.items()))

    return Check("konnektor_decides", requirements, judge)


@check("KIM-PS-10")
def skipped_parts_are_starred(exchanges: Exchanges) -> Judgement:
    """A POP3 user name with KonnektorId has a star where its UserId is left out."""
    named = [e for e in commands(exchanges, Layer.POP3, "USER") if len(_optional(e)) > 1]
    return judge_all(
        named,
        lambda e: all(_optional(e)) and _optional(e)[0] == SKIPPED,
        expected="…#Arbeitsplatz#*#KonnektorId",
        show=lambda e: e.request.start,
    )


def _optional(exchange: Exchange) -> list[str]:
    """Return what follows address, server, Mandant, Clientsystem and Arbeitsplatz.

    From KIM 1.5.4 on the server may be missing; a port tells it from a Mandant.
    """
    parts = exchange.request.start.split("#")[1:]
    has_server = bool(parts) and (":" in parts[0] or parts[0] == SKIPPED)
    return parts[4 if has_server else 3 :]


def _is_smtp_reply(exchange: Exchange) -> bool:
    lines = _reply(exchange).splitlines() or [""]
    found = _SMTP_REPLY.fullmatch(lines[0])
    return found is not None and found["class"] in (None, found["code"][0])


def _is_pop3_answer(exchange: Exchange) -> bool:
    if not _reply(exchange).startswith(("+OK", "-ERR")):
        return False
    if exchange.operation != "UIDL" or exchange.response is None:
        return True
    lines = exchange.response.body.decode("latin-1").splitlines()
    return len(set(lines)) == len(lines) and all(map(_UID_LINE.fullmatch, lines))


def _smtp(exchanges: Exchanges, peer: str, operation: str) -> list[Exchange]:
    return [
        e
        for e in exchanges
        if e.layer is Layer.SMTP and e.peer == peer and e.operation == operation
    ]


def _reply(exchange: Exchange) -> str:
    return exchange.response.start if exchange.response else ""


def _with(values: Iterable[bool]) -> str:
    return ", ".join("mit" if value else "ohne" for value in sorted(values)) or "keine"


def _codes(rows: Iterable[tuple[str, int | None]]) -> str:
    return ", ".join(f"{name}: {code}" for name, code in sorted(rows)) or "kein Versand"
