"""Die Dienste des Konnektors, wie ein Praxissystem sie im Alltag benutzt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.konnektor_calls import (
    asked_for,
    called,
    fresh_job_numbers,
    mode_asked_before_signing,
    one_request_per_document,
    signed_with,
    unlocked_after_asking,
)
from pruefstand.checks.konnektor_connection import (
    cards_of_the_workplace,
    configured_context,
    directory_read_again,
    endpoints_from_directory,
    events_arrive,
    konnektor_over_tls,
    newest_signature_version,
    no_syntax_error,
    soap_in_utf8,
    workplaces_call,
)
from pruefstand.checks.refusal import konnektor_fault_then_answer
from pruefstand.clients.konnektor import (
    Encryption,
    EventService,
    EventSink,
    KonnektorClient,
    SignatureForm,
    Verifier,
    form_for,
    read_kvk,
)
from pruefstand.clients.konnektor.insured import read_insurance
from pruefstand.drivers.simulator import CONTEXT, Practice
from pruefstand.errors import PruefstandError, ServiceRefusal
from pruefstand.flows.anmelden import card_handle, unlocked_practice_card
from pruefstand.flows.signieren import sign_with_patience
from pruefstand.pytest_plugin.case_log import CaseLog

DOCUMENT = b'<Bundle xmlns="http://hl7.org/fhir"/>'
ECDSA = "urn:bsi:tr:03111:ecdsa"
DIGEST = hashlib.sha256(b"Anmeldung").digest()
EGK = {"type": "EGK", "kvnr": "X110411675", "slot": 3}
KVK = {"type": "KVK", "slot": 4}
EVERY_OPERATION = (
    "GetCards",
    "GetCardTerminals",
    "GetResourceInformation",
    "Subscribe",
    "RenewSubscriptions",
    "GetSubscription",
    "Unsubscribe",
    "GetPinStatus",
    "VerifyPin",
    "ChangePin",
    "UnblockPin",
    "EnablePin",
    "DisablePin",
    "ReadCardCertificate",
    "CheckCertificateExpiration",
    "VerifyCertificate",
    "GetJobNumber",
    "SignDocument",
    "VerifyDocument",
    "EncryptDocument",
    "DecryptDocument",
    "ExternalAuthenticate",
    "ReadVSD",
    "ReadKVK",
)
SIGNATURE_TYPES = {
    "urn:ietf:rfc:3275": "A_13528",
    "urn:ietf:rfc:5652": "A_13529",
    "urn:ietf:rfc:5751": "A_13530",
    "http://uri.etsi.org/02778/3": "A_13531",
}
FORMS = {
    "ein XML-Dokument": (form_for("application/xml"), "SMC-B"),
    "ein FHIR-Bündel": (SignatureForm(), "HBA"),
    "eine E-Mail": (replace(form_for("message/rfc822"), mime_type="text/plain"), "SMC-B"),
    "einen PDF-Brief": (form_for("application/pdf-a"), "HBA"),
}

Operate = Callable[..., object]
Switch = Callable[[str, str, object], None]


@pytest.fixture
def event_sink(practice: Practice) -> Iterator[EventSink]:
    """Where the practice receives events in this scenario."""
    with EventSink(practice.konnektor.transport.recorder, actor="pvs") as sink:
        yield sink


def subscribe(practice: Practice, sink: EventSink, *topics: str) -> None:
    for topic in topics:
        EventService(practice.konnektor).subscribe(sink.address, topic)


@given("die Praxis hat sich für Ereignisse von Karten angemeldet")
def subscribed_to_cards(practice: Practice, event_sink: EventSink) -> None:
    subscribe(practice, event_sink, "CARD/INSERTED", "CARD/REMOVED")


@given("Empfang und Sprechzimmer haben je ein Kartenterminal mit einem Heilberufsausweis")
def two_workplaces(switch_feature: Switch, operate: Operate) -> None:
    cards = [
        {"type": "HBA", "handle": "HBA-1", "terminal": "KT-1"},
        {"type": "HBA", "handle": "HBA-2", "name": "zwei", "terminal": "KT-2"},
    ]
    for name, value in (
        ("workplaces", ["WP1", "WP2"]),
        ("terminals", {"KT-1": ["WP1"], "KT-2": ["WP2"]}),
        ("cards", cards),
    ):
        operate("konnektor", "PUT", f"/settings/{name}", {"value": value})
    operate("konnektor", "POST", "/reset")


@given("der Konnektor war kurz nicht erreichbar")
def konnektor_was_away(practice: Practice, operate: Operate) -> None:
    practice.konnektor.cards()
    operate("konnektor", "POST", "/hang-up")
    with suppress(PruefstandError):
        practice.konnektor.cards()


@given(parsers.re(r"die (?P<pin>\S+) der Karte (?P<card>\S+) ist gesperrt"))
def pin_is_blocked(practice: Practice, operate: Operate, pin: str, card: str) -> None:
    handle = card_handle(practice.konnektor, card)
    operate("konnektor", "PUT", f"/cards/{handle}/pins/{pin}", {"state": "blocked"})


@when("die Praxis sich am Konnektor einrichtet")
def practice_sets_up(practice: Practice) -> None:
    unlocked_practice_card(practice.konnektor)
    practice.konnektor.cards()


@when("die Praxis jeden Dienst des Konnektors benutzt")
def practice_uses_everything(practice: Practice, event_sink: EventSink, operate: Operate) -> None:
    # Cards that earlier work has left unlocked would not be asked for their PIN.
    operate("konnektor", "POST", "/reset")
    operate("konnektor", "POST", "/cards", {**EGK, "handle": "EGK-1"})
    operate("konnektor", "POST", "/cards", {**KVK, "handle": "KVK-1"})
    use_events(practice, event_sink)
    use_pins(practice.konnektor)
    use_signatures(practice.konnektor, practice.hba)


def use_events(practice: Practice, sink: EventSink) -> None:
    service = EventService(practice.konnektor)
    service.terminals()
    service.is_online()
    held = service.subscribe(sink.address, "CARD")
    service.renew(held.id)
    service.subscriptions()
    service.unsubscribe(held.id)


def use_pins(konnektor: KonnektorClient) -> None:
    smcb = unlocked_practice_card(konnektor).handle
    konnektor.change_pin(smcb, "PIN.SMC")
    konnektor.unblock_pin(smcb, "PIN.SMC", new_pin=True)
    konnektor.disable_pin("EGK-1", "MRPIN.NFD")
    konnektor.enable_pin("EGK-1", "MRPIN.NFD")
    read_insurance(konnektor, "EGK-1", smcb, online=True, receipt=True)
    read_kvk(konnektor, "KVK-1")


def use_signatures(konnektor: KonnektorClient, hba: str) -> None:
    smcb = card_handle(konnektor, "SMC-B")
    verifier = Verifier(konnektor)
    verifier.document(konnektor.sign_document(hba, DOCUMENT)[0])
    verifier.certificate(konnektor.read_certificate(hba, "C.QES"))
    verifier.expirations()
    encryption = Encryption(konnektor)
    encryption.decrypt(encryption.encrypt(DOCUMENT, [], own_card=smcb), smcb)
    konnektor.external_authenticate(smcb, DIGEST)


@when("an beiden Arbeitsplätzen signiert wird")
def both_workplaces_sign(practice: Practice) -> None:
    for place in ("WP1", "WP2"):
        konnektor = practice.konnektor.in_context(replace(CONTEXT, workplace=place))
        konnektor.sign_document(card_handle(konnektor, "HBA"), DOCUMENT)


@when("die Praxis danach ihre Karten liest")
def practice_reads_cards(practice: Practice) -> None:
    practice.konnektor.cards()


@when(parsers.re(r"die Praxis die Karte (?P<card>\S+) mit (?P<pin>\S+) freischaltet"))
def card_is_unlocked(practice: Practice, operate: Operate, card: str, pin: str) -> None:
    operate("konnektor", "POST", "/reset")
    handle = card_handle(practice.konnektor, card)
    if practice.konnektor.pin_status(handle, pin) == "VERIFIABLE":
        practice.konnektor.verify_pin(handle, pin)


@when(
    parsers.re(
        r"die Praxis die (?P<pin>\S+) der Karte (?P<card>\S+) (?P<kind>mit|ohne) neue PIN "
        r"entsperren lässt"
    )
)
def pin_is_unblocked(practice: Practice, pin: str, card: str, kind: str) -> None:
    handle = card_handle(practice.konnektor, card)
    practice.konnektor.unblock_pin(handle, pin, new_pin=kind == "mit")


@when(
    parsers.re(r"die Praxis ein Dokument (?P<kind>nicht qualifiziert|qualifiziert) signieren lässt")
)
def document_is_signed_as(practice: Practice, kind: str) -> None:
    handle = practice.hba
    if kind != "qualifiziert":
        handle = unlocked_practice_card(practice.konnektor).handle
    practice.konnektor.sign_document(handle, DOCUMENT)


@when(
    parsers.parse(
        "die Ärztin einen Stapel von {stack:d} Dokumenten und danach {single:d} einzelne signiert"
    )
)
def stack_and_single_documents(practice: Practice, stack: int, single: int) -> None:
    for _ in range(single):
        practice.konnektor.sign_document(practice.hba, DOCUMENT)
    practice.konnektor.sign_document(practice.hba, [DOCUMENT] * stack)


@when("die Ärztin zweimal mit derselben Jobnummer signieren will")
def job_number_is_used_twice(practice: Practice) -> None:
    job = practice.konnektor.job_number()
    practice.konnektor.sign_document(practice.hba, DOCUMENT, job_number=job)
    sign_with_patience(practice.konnektor, "HBA", [DOCUMENT], job_number=job, pause=lambda _: None)


@when(
    parsers.re(
        r"die Praxis (?P<what>ein XML-Dokument|ein FHIR-Bündel|eine E-Mail|einen PDF-Brief) "
        r"signieren lassen will"
    )
)
def document_of_a_kind_is_signed(practice: Practice, what: str) -> None:
    form, card = FORMS[what]
    handle = practice.hba if card == "HBA" else unlocked_practice_card(practice.konnektor).handle
    with suppress(ServiceRefusal):
        practice.konnektor.request_signatures(handle, [DOCUMENT], form)


@when("die Praxis das Zertifikat ihres Heilberufsausweises liest und prüft")
def certificate_is_read_and_judged(practice: Practice) -> None:
    der = practice.konnektor.read_certificate(practice.hba, "C.AUT")
    Verifier(practice.konnektor).certificate(der)


@when("die Praxis nach ablaufenden Zertifikaten fragt")
def expirations_are_asked(practice: Practice) -> None:
    Verifier(practice.konnektor).expirations()


@when("die Praxis eine Nachricht an sich selbst verschlüsselt und wieder entschlüsselt")
def message_is_encrypted(practice: Practice) -> None:
    smcb = unlocked_practice_card(practice.konnektor).handle
    encryption = Encryption(practice.konnektor)
    encryption.decrypt(encryption.encrypt(b"Nachricht", [], own_card=smcb), smcb)


@when("die Praxis eine Anmeldung mit der Praxiskarte signiert")
def login_is_signed(practice: Practice) -> None:
    unlocked_practice_card(practice.konnektor).sign_digest(DIGEST)


@then("nennt jeder Aufruf den eingerichteten Kontext")
def context_is_the_configured_one(check: CaseLog) -> None:
    check(configured_context("M1", "CS1", ["WP1"], "TIP1-A_4959-01"))


@then("jeder Aufruf ist SOAP in UTF-8 über TLS an einen Endpunkt aus dem Dienstverzeichnis")
def calls_are_soap_over_tls(check: CaseLog) -> None:
    check(soap_in_utf8("TIP1-A_4964"))
    check(konnektor_over_tls("TIP1-A_4962"))
    check(endpoints_from_directory("TIP1-A_4967"))


@then("lehnt der Konnektor keine Anfrage als falsch aufgebaut ab")
def nothing_is_malformed(check: CaseLog) -> None:
    check(no_syntax_error(EVERY_OPERATION, "TIP1-A_4965"))


@then("der Signaturdienst wird in der neuesten angebotenen Fassung benutzt")
def newest_version_is_used(check: CaseLog) -> None:
    check(newest_signature_version("TIP1-A_4966"))


@then("ruft jeder Arbeitsplatz mit eigenem Kontext auf")
def each_workplace_calls(check: CaseLog) -> None:
    check(workplaces_call(["WP1", "WP2"], "TIP1-A_4960"))


@then("jeder Arbeitsplatz benutzt nur Karten aus seinem Kartenterminal")
def each_workplace_uses_its_cards(check: CaseLog) -> None:
    check(cards_of_the_workplace("TIP1-A_4961"))


@then("hat die Praxis das Dienstverzeichnis neu gelesen")
def directory_was_read_again(check: CaseLog) -> None:
    check(directory_read_again("TIP1-A_4967"))


@then(parsers.re(r"sind die Ereignisse (?P<first>\S+) und (?P<second>\S+) eingetroffen"))
def events_have_arrived(check: CaseLog, event_sink: EventSink, first: str, second: str) -> None:
    for topic in (first, second):
        found = event_sink.wait(lambda event, topic=topic: event.topic == topic)  # type: ignore[misc]
        if found is None:
            # Where one never comes, nobody waits for the other.
            break
    check(events_arrive([first, second], "TIP1-A_4969"))


@then("ging der Freischaltung die Frage nach dem PIN-Status voraus")
def status_was_asked_before(check: CaseLog) -> None:
    check(unlocked_after_asking("A_21228-01"))


@then(parsers.parse("wurde beim Entsperren SetNewPin {value} verlangt"))
def new_pin_was_asked_for(check: CaseLog, value: str) -> None:
    if value == "true":
        check(called("UnblockPin", {"SetNewPin": "true"}, "TIP1-A_6460"))
    else:
        check(called("UnblockPin", {"SetNewPin": "false"}, "TIP1-A_6461"))


@then(parsers.parse("stammt die Signatur von einer Karte {card}"))
def signature_is_of_a_card(check: CaseLog, card: str) -> None:
    check(signed_with(card, "A_13524"))


@then(parsers.parse("hat jeder der {jobs:d} Aufträge eine eigene Jobnummer"))
def each_job_has_its_number(check: CaseLog, jobs: int) -> None:
    check(fresh_job_numbers(jobs, "A_13525"))


@then("der Stapel enthielt je Dokument einen SignRequest")
def stack_is_complete(check: CaseLog) -> None:
    check(one_request_per_document(50, "A_13527"))


@then(parsers.parse("antwortete der Konnektor einmal mit {code:d} und danach mit einer Signatur"))
def job_number_was_replaced(check: CaseLog, code: int) -> None:
    check(konnektor_fault_then_answer("SignDocument", code, "A_13525"))


@then(parsers.parse("hat sie die Signaturart {kind} verlangt"))
def signature_type_was_asked_for(check: CaseLog, kind: str) -> None:
    check(asked_for("SignDocument", "SignatureType", kind, SIGNATURE_TYPES[kind]))


@then("ging der Signatur die Frage nach dem Signaturmodus voraus")
def mode_was_asked_before(check: CaseLog) -> None:
    check(mode_asked_before_signing("A_21529"))


@then("sind Zertifikat, Prüfung und Ablaufdaten vom Konnektor")
def certificates_are_the_konnektors(check: CaseLog) -> None:
    check(called("ReadCardCertificate", {"CertRef": "C.AUT", "Crypt": "ECC"}, "A_13534"))
    check(called("VerifyCertificate", {}, "A_13535"))
    check(called("CheckCertificateExpiration", {"CardHandle_": ""}, "A_13533-01"))


@then("geschah beides am Konnektor")
def both_at_the_konnektor(check: CaseLog) -> None:
    check(called("EncryptDocument", {"EncryptionType": "urn:ietf:rfc:5652"}, "A_13536"))
    check(called("DecryptDocument", {}, "A_13537"))


@then("ist die Anmeldung mit ExternalAuthenticate signiert")
def login_was_external_authenticate(check: CaseLog) -> None:
    check(called("ExternalAuthenticate", {"SignatureType": ECDSA}, "A_13538"))
