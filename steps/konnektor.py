"""Konnektor im Betrieb: Karten, PINs, Komfortsignatur, Signaturprüfung."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.konnektor import (
    card_came_back,
    comfort_session,
    fresh_comfort_user,
    pin_changed,
    verified_as,
)
from pruefstand.checks.refusal import konnektor_fault
from pruefstand.drivers.simulator import Practice
from pruefstand.errors import ServiceRefusal
from pruefstand.flows.anmelden import card_handle
from pruefstand.flows.komfortsignatur import judge_signature, renew_card, sign_in_comfort
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng

DOCUMENT = b'<Bundle xmlns="http://hl7.org/fhir"/>'
FAULT_REQUIREMENTS = {
    "4085": "A_21228-01",
    "4101": "A_21528",
    "4263": "A_19135",
    "4270": "A_19259-02",
    "4271": "A_19100-01",
    "4272": "A_19259-02",
}

Switch = Callable[[str, str, object], None]


def at_once(_: float) -> None:
    """Wait for nobody: in this scenario nothing is busy."""


@given(parsers.parse("der Konnektor erlaubt je Komfortsitzung {documents:d} Dokumente"))
def comfort_is_allowed(switch_feature: Switch, documents: int) -> None:
    switch_feature("konnektor", "comfort_signature", documents > 0)
    switch_feature("konnektor", "comfort_max", documents or 1)


@given("die Ärztin hat ein Dokument signiert", target_fixture="signed_document")
def document_is_signed(practice: Practice) -> bytes:
    return practice.konnektor.sign_document(practice.hba, DOCUMENT)[0]


@when(parsers.parse("die Ärztin {documents:d} Dokumente in einer Komfortsitzung signiert"))
def signs_in_comfort(practice: Practice, case_rng: Rng, documents: int) -> None:
    sign_in_comfort(practice.konnektor, practice.hba, case_rng.uuid(), [DOCUMENT] * documents)


@when(
    parsers.re(
        r"die Ärztin (?P<documents>\d+) Dokumente mit einer (?P<kind>\w+) UserId signieren will"
    )
)
def tries_to_sign_in_comfort(practice: Practice, case_rng: Rng, documents: str, kind: str) -> None:
    user = "dr.beispiel" if kind == "falschen" else case_rng.uuid()
    content = [DOCUMENT] * int(documents)
    if kind == "benutzten":
        sign_in_comfort(practice.konnektor, practice.hba, user, content)
    with suppress(ServiceRefusal):
        sign_in_comfort(practice.konnektor, practice.hba, user, content)


@when(
    parsers.re(
        r"die Praxis (?P<what>die unveränderte Signatur|eine veränderte Signatur|"
        r"die Signatur ohne TI) prüfen lässt"
    )
)
def signature_is_judged(
    practice: Practice, switch_feature: Switch, signed_document: bytes, what: str
) -> None:
    signed = signed_document
    if what == "eine veränderte Signatur":
        signed = signed[:-1] + bytes([signed[-1] ^ 1])
    if what == "die Signatur ohne TI":
        switch_feature("konnektor", "ti_online", False)
    judge_signature(practice.konnektor, signed)


@when("die Ärztin ihren Heilberufsausweis auf Anforderung zieht und neu steckt")
def card_is_renewed(practice: Practice) -> None:
    renew_card(practice.konnektor, practice.hba, at_once)


@given("die Praxiskarte ist neu gesteckt")
def practice_card_is_renewed(practice: Practice) -> None:
    renew_card(practice.konnektor, card_handle(practice.konnektor, "SMC-B"), at_once)


@when("die Praxis mit dem alten Handle einer neu gesteckten Karte signieren will")
def signs_with_dead_handle(practice: Practice) -> None:
    old = practice.hba
    renew_card(practice.konnektor, old, at_once)
    with suppress(ServiceRefusal):
        practice.konnektor.sign_document(old, DOCUMENT)


@when("die Praxis die PIN.SMC ihrer Karte ändern lässt")
def pin_is_changed(practice: Practice) -> None:
    practice.konnektor.change_pin(card_handle(practice.konnektor, "SMC-B"), "PIN.SMC")


@then(parsers.parse("ist die Komfortsitzung mit {documents:d} Dokumenten vollständig"))
def comfort_session_is_complete(check: CaseLog, documents: int) -> None:
    check(comfort_session(documents, "A_19134", "A_19135", "A_19136"))
    check(fresh_comfort_user("A_19259-02"))


@then(parsers.parse("antwortet der Konnektor auf {operation} mit dem Fehler {code}"))
def konnektor_answers_with_fault(check: CaseLog, operation: str, code: str) -> None:
    check(konnektor_fault(operation, int(code), FAULT_REQUIREMENTS[code]))


@then(parsers.parse("lautet das Ergebnis der Prüfung {result}"))
def signature_is_judged_as(check: CaseLog, result: str) -> None:
    check(verified_as(result, "A_13532"))


@then("kennt die Praxis die Karte unter einem neuen Handle")
def card_has_a_new_handle(check: CaseLog) -> None:
    check(card_came_back("A_21528"))


@then("ist die PIN.SMC geändert")
def pin_smc_is_changed(check: CaseLog) -> None:
    check(pin_changed("PIN.SMC", "TIP1-A_4972"))
