"""KIM: Nachrichten, die manipuliert sind oder sich nicht öffnen lassen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.kim_dialog import (
    content_is_withheld,
    only_headers_fetched,
    original_is_enclosed,
    pop3_reply,
    receipt_names,
    received_with,
    uses_tls,
)
from pruefstand.checks.kim_practice import known_mail_is_not_fetched_again, user_id_given
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.kim import USER_ID, KimMember
from pruefstand.kim.mail import KimMail
from pruefstand.model.exchange import Layer
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.kim import KEYS, TEXT, Kim, Switch

FAULT_OF = {
    "nicht signiert": "ohne_signatur",
    "für andere Empfänger signiert": "empfaenger_anders_signiert",
    "mit fremder KIM-Version verschickt": "version_fremd",
}
"""Manipulations that are faults of their own; lures are switched by the tag of the scenario."""
SETTING_OF = {
    "die Karte ist nicht freigeschaltet": "pin_freigeschaltet",
    "der Konnektor ist nicht erreichbar": "konnektor_erreichbar",
    "es gibt keine Sperrauskunft": "sperrauskunft",
}
SwitchFault = Callable[[str, str], None]


def deposit(kim: Kim) -> None:
    """Let the practice send one message to the neighbour."""
    practice = kim("praxis")
    practice.send(practice.write([kim("nachbar").address], "Befund", TEXT), notify="")


@pytest.fixture
def revoked_card(kim: Kim, pki: Pki) -> Iterator[Callable[[], None]]:
    """Revoke the practice's signature certificate until the end of the scenario."""
    osig = kim("praxis").participant.osig
    assert osig is not None

    def revoke() -> None:
        pki.revoke(osig.der, kim("praxis").clock.now() - timedelta(minutes=1))

    yield revoke
    pki.reinstate(osig.der)


@given(parsers.parse("eine Nachricht an Praxis am Park ist {manipulation}"))
def message_is_manipulated(
    kim: Kim, switch_fault: SwitchFault, revoked_card: Callable[[], None], manipulation: str
) -> None:
    if manipulation in FAULT_OF:
        switch_fault("kim_clientmodul", FAULT_OF[manipulation])
    if manipulation == "mit gesperrter Karte signiert":
        revoked_card()
    deposit(kim)


@given("eine Nachricht liegt für Praxis am Park bereit")
def message_lies_ready(kim: Kim) -> None:
    deposit(kim)


@given(
    parsers.re(
        r"(?P<obstacle>die Karte ist nicht freigeschaltet|der Konnektor ist nicht erreichbar|"
        r"es gibt keine Sperrauskunft)"
    )
)
def obstacle_stands(switch_feature: Switch, obstacle: str) -> None:
    switch_feature("kim_clientmodul", SETTING_OF[obstacle], False)


@when(parsers.re(r"(?P<name>Praxis am Park|Praxis Altbestand) ihre Nachrichten abruft"))
def member_fetches(kim: Kim, name: str) -> None:
    kim(KEYS[name]).collect()


@when("Praxis am Park zweimal ihre Nachrichten abruft")
def neighbour_fetches_twice(kim: Kim, letter: KimMail) -> None:
    neighbour, practice = kim("nachbar"), kim("praxis")
    neighbour.collect(dienstkennung="KIM-Mail")
    practice.send(practice.write([neighbour.address], "zweite", TEXT))
    neighbour.collect()
    practice.collect()


@then(
    parsers.parse("sieht sie statt des Inhalts einen Sicherheitshinweis mit dem Ergebnis {result}")
)
def content_is_replaced(check: CaseLog, result: str) -> None:
    check(
        received_with({"X-KIM-IntegrityCheckResult": result}, "KOM-LE-A_2048-01"),
        content_is_withheld(TEXT, "A_23165"),
    )


@then(
    parsers.parse("liest sie den Grund mit dem Ergebnis {result} und dem Code {code} samt Original")
)
def reason_is_read(check: CaseLog, result: str, code: str) -> None:
    wanted = {
        "Subject": "Die Nachricht konnte nicht entschlüsselt werden",
        "X-KIM-DecryptionResult": result,
        "X-KIM-Fehlermeldung": code,
    }
    check(received_with(wanted, "KOM-LE-A_2047-02"), original_is_enclosed("KOM-LE-A_2046"))


@then("liest sie, dass die KIM-Version nicht unterstützt wird, samt Original")
def version_is_unknown(check: CaseLog) -> None:
    check(
        received_with({"X-KIM-Fehlermeldung": "4008"}, "A_21391-02", "A_20650-06"),
        original_is_enclosed("A_21391-02"),
    )


@then("trägt die Nachricht das Ergebnis 07")
def revocation_is_unknown(check: CaseLog) -> None:
    check(received_with({"X-KIM-IntegrityCheckResult": "07"}, "KOM-LE-A_2048-01"))


@then("ist jede Nachricht genau einmal abgeholt")
def each_fetched_once(check: CaseLog) -> None:
    check(known_mail_is_not_fetched_again)


@then("der Abruf ist gesichert und zeigt vorab nur Kopfzeilen")
def fetching_is_secure(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    check(
        uses_tls(Layer.POP3, "KOM-LE-A_2067"),
        pop3_reply("PASS", "+OK", "KOM-LE-A_2031"),
        only_headers_fetched("KOM-LE-A_2041"),
        receipt_names(True, [kim("nachbar").address], "A_21390"),
    )
    kim("nachbar").forget()
    kim("nachbar").collect()
    check(received_with({"Return-Path": f"<{letter.sender}>"}, "A_21236"))


@given("die Klinik schreibt der Ärztin persönlich")
def clinic_writes_to_doctor(kim: Kim) -> None:
    clinic = kim("klinik")
    clinic.send(clinic.write([kim("aerztin").address], "persönlich", TEXT), notify="")


def fetch_as(doctor: KimMember, user_id: str | None) -> None:
    """Fetch with a UserId, or without."""
    doctor.log_in_with(user_id=user_id)
    doctor.collect()
    doctor.log_in_with()


@when("die Ärztin die Nachricht mit ihrer UserId abruft")
def doctor_fetches(kim: Kim) -> None:
    fetch_as(kim("aerztin"), None)


@when("die Ärztin die Nachricht ohne UserId abruft")
def doctor_fetches_without_user_id(kim: Kim) -> None:
    fetch_as(kim("aerztin"), "")


@then("nennt der Abruf ihre UserId")
def user_id_is_given(check: CaseLog) -> None:
    check(user_id_given(USER_ID, "KIM-PS-19"))


@then("die Nachricht ist mit dem Heilberufsausweis geöffnet")
def opened_with_hba(check: CaseLog) -> None:
    check(received_with({"X-KIM-DecryptionResult": "00"}, "KOM-LE-A_2179-02"))


@then("bleibt die Nachricht verschlossen, obwohl die SMC-B der Praxis gesteckt ist")
def stays_closed(check: CaseLog) -> None:
    wanted = {"X-KIM-DecryptionResult": "01", "X-KIM-Fehlermeldung": "4009"}
    check(received_with(wanted, "KOM-LE-A_2045"))
