"""KIM: Anmeldung am Clientmodul, Regeln des Fachdienstes, Regeln für das Praxissystem."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.kim_dialog import (
    greeting_names_esmtp,
    offers_plain_and_login,
    pop3_reply,
    smtp_reply,
    uses_tls,
)
from pruefstand.checks.kim_practice import PRACTICE_CHECKS, attachment_names_are_encoded
from pruefstand.clients.kim import KimClient, KimRefusal
from pruefstand.clock import VirtualClock
from pruefstand.drivers.kim import KimMember
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.model.exchange import Layer
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.kim import TEXT, Kim, Switch, addresses, as_written, deliver

LIMITS_KNOWN = timedelta(hours=24)
INCOMPLETE, WRONG_PASSWORD = "der Benutzername unvollständig ist", "das Passwort falsch ist"
LOGIN_REQUIREMENTS = {
    "530": "KOM-LE-A_2008",
    "501": "A_21519-02",
    "535": "KOM-LE-A_2015-01",
    "421": "KOM-LE-A_2015-01",
    "454": "KOM-LE-A_2075-01",
}
FETCH_REQUIREMENTS = {"USER": "A_21518-02", "PASS": "KOM-LE-A_2037-01"}


def faulty(member: KimMember, defect: str) -> KimClient:
    """Return the member's client with a wrong password or user name."""
    account = member.client.account
    if defect == WRONG_PASSWORD:
        account = replace(account, password=f"{account.password}?")
    if defect == INCOMPLETE:
        name = f"{member.address}#1#KOM_LE"
        account = replace(account, smtp_user=name, pop3_user=name)
    if defect == "der Konnektor den Mandanten nicht kennt":
        account = replace(account, smtp_user=account.smtp_user.replace("#M1#", "#M99#"))
    return KimClient(member.transport, account)


@when(parsers.parse("die Praxis sich zum Senden anmeldet und {defect}"))
def practice_logs_in_to_send(kim: Kim, switch_feature: Switch, defect: str) -> None:
    practice = kim("praxis")
    if defect == "das Zertifikat des Fachdienstes ungültig ist":
        switch_feature("kim_clientmodul", "fachdienst_zertifikat", "INVALID")
    with suppress(KimRefusal), faulty(practice, defect).outbox() as outbox:
        if defect == "vorher schon senden will":
            outbox.send(practice.write([practice.address], "x", "x").to_bytes(), [practice.address])
        outbox.log_in()


@when(parsers.parse("die Praxis sich zum Abruf anmeldet und {defect}"))
def practice_logs_in_to_fetch(kim: Kim, defect: str) -> None:
    with suppress(KimRefusal), faulty(kim("praxis"), defect).mailbox() as mailbox:
        mailbox.log_in()


@then(parsers.parse("antwortet das Clientmodul auf {command} mit {code}"))
def module_answers(check: CaseLog, command: str, code: str) -> None:
    check(smtp_reply(command, int(code), LOGIN_REQUIREMENTS[code]))


@then(parsers.parse("weist das Clientmodul {command} ab"))
def module_refuses(check: CaseLog, command: str) -> None:
    check(pop3_reply(command, "-ERR", FETCH_REQUIREMENTS[command]))


@then("endet der Versand mit 451, weil nicht signiert werden kann")
def nothing_is_signed(check: CaseLog) -> None:
    check(smtp_reply("DATA", 451, "KOM-LE-A_2021"))


@given(parsers.parse("das Konto der Praxis erlaubt höchstens {size:d} Zeichen je Nachricht"))
def account_is_limited(switch_feature: Switch, clock: VirtualClock, size: int) -> None:
    switch_feature("kim_fachdienst", "max_mail_size", size)
    # A client module asks for the limits once a day.
    clock.advance(LIMITS_KNOWN)


@given(
    parsers.parse("die Praxis schreibt an {name} eine Nachricht mit {size:d} Zeichen"),
    target_fixture="letter",
)
def practice_writes_long(kim: Kim, name: str, size: int) -> KimMail:
    return kim("praxis").write(addresses(kim, name), "lang", "x" * 70 + "\n" + "y\n" * (size // 2))


@then("endet der Versand mit 552, weil die Nachricht zu groß ist")
def message_is_too_large(check: CaseLog) -> None:
    check(smtp_reply("DATA", 552, "A_19355-01"))


@when("sie die Nachricht unter der Adresse der Klinik sendet")
def practice_sends_as_clinic(kim: Kim, letter: KimMail) -> None:
    with suppress(KimRefusal), kim("praxis").client.outbox() as outbox:
        outbox.log_in()
        outbox.send(letter.to_bytes(), letter.recipients, sender=kim("klinik").address)


@then("lehnt der Fachdienst den fremden Absender ab")
def foreign_sender_is_refused(check: CaseLog) -> None:
    check(smtp_reply("DATA", 553, "A_23421"))


@given(
    parsers.parse("die Praxis schreibt an {name} eine Nachricht, in der {line} steht"),
    target_fixture="letter",
)
def practice_writes_with_field(kim: Kim, name: str, line: str) -> KimMail:
    field, _, value = line.partition(": ")
    letter = kim("praxis").write(addresses(kim, name), "Befund", TEXT)
    return replace(letter, further=((field, value),))


@when("sie die Nachricht unverändert sendet")
def practice_sends_as_it_is(kim: Kim, letter: KimMail) -> None:
    mail = as_written(letter)
    if letter.subject == "Verweis":
        mail = mail.set("Content-Disposition", "x-kas")
    deliver(kim, letter, mail.to_bytes())


@then("lehnt der Fachdienst die Kopfzeilen ab")
def header_fields_are_refused(check: CaseLog) -> None:
    check(smtp_reply("DATA", 550, "A_23422"))


@then("hält sich das Praxissystem an die Regeln für den Versand")
def practice_keeps_the_rules(check: CaseLog) -> None:
    check(*PRACTICE_CHECKS)


@then("der Versand ist gesichert und beginnt mit der vorgesehenen Begrüßung")
def sending_is_secure(check: CaseLog) -> None:
    check(
        uses_tls(Layer.SMTP, "KOM-LE-A_2066"),
        greeting_names_esmtp,
        offers_plain_and_login,
    )


@given(
    parsers.parse("die Praxis schreibt an {name} eine Nachricht mit dem Anhang {file}"),
    target_fixture="letter",
)
def practice_attaches(kim: Kim, name: str, file: str) -> KimMail:
    item = Attachment(file, b"%PDF-1.7\n")
    return kim("praxis").write(addresses(kim, name), "Befund", TEXT, attachments=[item])


@then(parsers.parse("ist der Name {file} normgerecht kodiert"))
def name_is_encoded(check: CaseLog, file: str) -> None:
    check(attachment_names_are_encoded)
