"""KIM: Was das Clientmodul zwischen Praxis und Fachdienst tut."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.kim_dialog import smtp_reply
from pruefstand.checks.kim_module import (
    konnektor_decides,
    logins_with_and_without_certificate,
    refusals_pass_unchanged,
    replies_follow_the_norms,
    service_sees_certificate,
    skipped_parts_are_starred,
)
from pruefstand.clients.kim import KimClient, KimRefusal
from pruefstand.clock import VirtualClock
from pruefstand.drivers.kim import CLIENT_SYSTEM
from pruefstand.kim.mail import KimMail
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.testdata.kim_participants import MODULE_CERTIFICATE
from steps.kim import KEYS, TEXT, Kim, Switch, as_written, deliver

FIRST, SECOND = "Konn_1", "Konn_2"
NOBODY_LISTENS = "localhost:1"
CACHED = timedelta(hours=12)


@then("folgen die Antworten des Clientmoduls den Normen für SMTP und POP3")
def replies_are_normal(check: CaseLog) -> None:
    check(replies_follow_the_norms)


@when("die Praxis beim Anmelden einen Server nennt, der nicht antwortet")
def practice_names_dead_server(kim: Kim) -> None:
    practice = kim("praxis")
    address, _, rest = practice.client.account.smtp_user.split("#", 2)
    account = replace(practice.client.account, smtp_user=f"{address}#{NOBODY_LISTENS}#{rest}")
    with suppress(KimRefusal), KimClient(practice.transport, account).outbox() as outbox:
        outbox.log_in()


@then("meldet das Clientmodul, dass der genannte Server nicht erreichbar ist")
def named_server_is_not_reached(check: CaseLog) -> None:
    check(smtp_reply("AUTH", 454, "KOM-LE-A_2010"))


@given(parsers.parse("von zwei Konnektoren ist {name} gestört"))
def konnektor_is_down(switch_feature: Switch, name: str) -> None:
    switch_feature("kim_clientmodul", "konnektoren_gestoert", name)


@when("die Praxis über Konn_1 und über Konn_2 je eine Nachricht sendet")
def practice_sends_over_both(kim: Kim) -> None:
    practice, neighbour = kim("praxis"), kim("nachbar")
    for konnektor in (FIRST, SECOND):
        practice.log_in_with(konnektor_id=konnektor)
        deliver(kim, practice.write([neighbour.address], "Befund", TEXT), notify="")


@then("gelingt nur der Versand über Konn_1")
def only_the_first_works(check: CaseLog) -> None:
    check(konnektor_decides({FIRST: 250, SECOND: 451}, "A_21457"))


@when("die Praxis ihre Nachrichten über Konn_1 ohne UserId abruft")
def practice_fetches_over_first(kim: Kim) -> None:
    practice = kim("praxis")
    practice.log_in_with(konnektor_id=FIRST)
    practice.collect()


@then("steht im Benutzernamen ein Stern für die fehlende UserId")
def star_stands_for_user_id(check: CaseLog) -> None:
    check(skipped_parts_are_starred)


@when("dieselbe Nachricht am Clientmodul vorbei gesendet wird")
def message_goes_past_the_module(kim: Kim, letter: KimMail) -> None:
    with suppress(KimRefusal):
        kim("praxis").hand_to_service(as_written(letter).to_bytes(), letter.to[0])


@then("hört die Praxis die Ablehnung des Fachdienstes Zeichen für Zeichen")
def refusal_is_the_same(check: CaseLog) -> None:
    check(refusals_pass_unchanged)


@given(parsers.parse("{name} steht nicht mehr im Verzeichnis"))
def nobody_finds(kim: Kim, switch_feature: Switch, name: str) -> None:
    switch_feature("vzd", "verborgen", [kim(KEYS[name]).address])


@when("die Praxis zwölf Stunden später noch einmal an Praxis am Park schreibt")
def practice_writes_later(kim: Kim, clock: VirtualClock) -> None:
    clock.advance(CACHED)
    deliver(kim, kim("praxis").write([kim("nachbar").address], "Befund", TEXT), notify="")


@then("endet der Versand mit 451, weil das Verzeichnis kein Zertifikat mehr nennt")
def directory_decides(check: CaseLog) -> None:
    check(smtp_reply("DATA", 451, "KOM-LE-A_2023"))


@then("hat der Fachdienst TLS und das Zertifikat des Clientmoduls gesehen")
def service_saw_the_module(kim: Kim, check: CaseLog) -> None:
    kim("nachbar").observe()
    check(service_sees_certificate(MODULE_CERTIFICATE, "KOM-LE-A_2074"))


@when("die Praxis sich einmal mit und einmal ohne Clientzertifikat anmeldet")
def practice_logs_in_twice(kim: Kim) -> None:
    practice = kim("praxis")
    for certificate in (CLIENT_SYSTEM, ""):
        client = KimClient(practice.transport_with(certificate), practice.client.account)
        with suppress(KimRefusal), client.outbox() as outbox:
            outbox.log_in()


@then("gelingen beide Anmeldungen")
def both_logins_succeed(check: CaseLog) -> None:
    check(logins_with_and_without_certificate("KOM-LE-A_2181"))
