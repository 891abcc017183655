"""Störungen: was der Konnektor ablehnt, was ausfällt, und wie es danach weitergeht."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.konnektor_calls import signed_with
from pruefstand.checks.konnektor_connection import events_arrive
from pruefstand.checks.refusal import (
    konnektor_fault,
    konnektor_fault_once,
    konnektor_fault_then_answer,
    looked_after_fault,
)
from pruefstand.clients.konnektor import EventSink, KonnektorClient
from pruefstand.drivers.simulator import Practice
from pruefstand.errors import ServiceRefusal
from pruefstand.flows.anmelden import card_handle
from pruefstand.flows.freischalten import unlock_with_patience
from pruefstand.flows.geduld import Pause, with_patience
from pruefstand.flows.komfortsignatur import judge_signature, renew_card
from pruefstand.flows.signieren import sign_with_patience
from pruefstand.pytest_plugin.case_log import CaseLog
from steps.konnektor_dienste import DOCUMENT, subscribe

Operate = Callable[..., object]
Deed = Callable[[Operate, str], None]


def _fault(name: str) -> Deed:
    def act(operate: Operate, _: str) -> None:
        operate("konnektor", "PUT", f"/faults/{name}")

    return act


def _card(deed: str) -> Deed:
    def act(operate: Operate, hba: str) -> None:
        operate("konnektor", "POST", f"/cards/{hba}/{deed}")

    return act


def _pin(state: str) -> Deed:
    def act(operate: Operate, hba: str) -> None:
        operate("konnektor", "PUT", f"/cards/{hba}/pins/PIN.QES", {"state": state})

    return act


def _entry(kind: str) -> Deed:
    def act(operate: Operate, _: str) -> None:
        operate("konnektor", "PUT", "/settings/pin_entry", {"value": kind})

    return act


def _replug(operate: Operate, hba: str) -> None:
    operate("konnektor", "POST", f"/cards/{hba}/pull")
    operate("konnektor", "POST", f"/cards/{hba}/insert")


def _condition(name: str) -> Deed:
    def act(operate: Operate, _: str) -> None:
        operate("konnektor", "PUT", f"/conditions/{name}", {"value": True})

    return act


TROUBLES: dict[str, Deed] = {
    "der Heilberufsausweis ist belegt": _fault("ressource_belegt"),
    "eine andere Sitzung hält die Karte": _fault("karte_exklusiv_belegt"),
    "der Heilberufsausweis wird neu gesteckt": _replug,
    "die PIN.QES ist gesperrt": _pin("blocked"),
    "die PIN.QES ist noch eine Transport-PIN": _pin("transport"),
    "das Zertifikat ist abgelaufen": _card("expire"),
    "das Zertifikat ist gesperrt": _card("revoke"),
    "die Karte bricht die Signatur ab": _fault("kartenfehler"),
    "die PIN-Eingabe wird abgebrochen": _entry("cancel"),
    "die PIN-Eingabe dauert zu lange": _entry("timeout"),
    "der Konnektor ist in kritischem Zustand": _condition("EC_Secure_KeyStore_Not_Available"),
}


PASSING = (
    "ressource_belegt",
    "pinpad_belegt",
    "display_belegt",
    "karte_exklusiv_belegt",
    "kartenterminal_gestoert",
)
"""Disturbances that end while somebody waits or looks after them."""

FAULT_REQUIREMENTS = {
    "VerifyPin": "A_21228-01",
    "EjectCard": "A_21528",
    "ReadCardCertificate": "A_13534",
    "SignDocument": "A_13524",
}


FAR_AWAY: dict[str, object] = {
    "workplaces": ["WP1", "WP2"],
    "terminals": {"KT-1": {"workplaces": ["WP2"], "remote": ["WP1"]}, "KT-2": ["WP1"]},
    "remote_pin": [["M1", "WP1", "KT-2"]],
}
"""The cards stand at WP2; at WP1 their PINs are typed at KT-2."""


@pytest.fixture
def pause(operate: Operate) -> Pause:
    """Wait: whoever held card or terminal is done meanwhile."""

    def wait(_: float) -> None:
        for name in PASSING:
            operate("konnektor", "DELETE", f"/faults/{name}")

    return wait


@given(parsers.parse("vor der Signatur geschieht: {trouble}"), target_fixture="old_handle")
def trouble_happens(practice: Practice, operate: Operate, trouble: str) -> str:
    practice.konnektor.cards("SM-B")
    handle = practice.hba
    TROUBLES[trouble](operate, handle)
    return handle


@given("die Praxis hat sich für Ereignisse des Konnektors angemeldet")
def subscribed_to_the_konnektor(practice: Practice, event_sink: EventSink) -> None:
    subscribe(practice, event_sink, "OPERATIONAL_STATE", "NETWORK")


@given("die Praxis hat sich für Ereignisse von Terminals und Karten angemeldet")
def subscribed_to_terminals(practice: Practice, event_sink: EventSink) -> None:
    subscribe(practice, event_sink, "CT", "CARD")


@given("die Verbindung zur Telematikinfrastruktur ist unterbrochen")
def ti_is_gone(operate: Operate) -> None:
    operate("konnektor", "PUT", "/settings/ti_online", {"value": False})


@when("die Ärztin mit Geduld signiert")
def physician_signs_with_patience(practice: Practice, pause: Pause, old_handle: str) -> None:
    with suppress(ServiceRefusal):
        sign_with_patience(practice.konnektor, "HBA", [DOCUMENT], handle=old_handle, pause=pause)


@when(parsers.re(r"die Ärztin (in|nach) der Störung signiert und die Signatur prüfen lässt"))
def physician_signs_and_judges(practice: Practice) -> None:
    judge_signature(practice.konnektor, practice.konnektor.sign_document(practice.hba, DOCUMENT)[0])


@given("die Praxiskarte steckt entfernt vom Arbeitsplatz")
def practice_card_is_far(operate: Operate) -> None:
    for name, value in FAR_AWAY.items():
        operate("konnektor", "PUT", f"/settings/{name}", {"value": value})
    operate("konnektor", "POST", "/reset")


@when("die Praxis ihre Praxiskarte mit Geduld freischaltet")
def practice_unlocks_with_patience(practice: Practice, pause: Pause) -> None:
    with suppress(ServiceRefusal):
        unlock_with_patience(practice.konnektor, "SMC-B", pause)


@when("die Ärztin ihren Heilberufsausweis mit Geduld neu steckt")
def physician_renews_with_patience(practice: Practice, pause: Pause) -> None:
    with suppress(ServiceRefusal):
        renew_card(practice.konnektor, practice.hba, pause)


@when("die Praxis das Zertifikat ihres Heilberufsausweises mit Geduld liest")
def practice_reads_with_patience(practice: Practice, pause: Pause) -> None:
    hba = practice.hba
    with suppress(ServiceRefusal):
        with_patience(lambda: practice.konnektor.read_certificate(hba, "C.AUT"), pause)


@when("die Ärztin mit einer Karte signiert, die erst neu gesteckt wieder antwortet")
def physician_signs_with_a_silent_card(practice: Practice, pause: Pause, operate: Operate) -> None:
    def renew(konnektor: KonnektorClient, handle: str, pause: Pause) -> str:
        operate("konnektor", "DELETE", "/faults/karte_antwortet_nicht")
        return renew_card(konnektor, handle, pause)

    with suppress(ServiceRefusal):
        sign_with_patience(practice.konnektor, "HBA", [DOCUMENT], pause=pause, renew=renew)


@when("die Ärztin in der Störung mit Geduld signiert")
def physician_signs_in_the_disturbance(practice: Practice, pause: Pause) -> None:
    with suppress(ServiceRefusal):
        sign_with_patience(practice.konnektor, "HBA", [DOCUMENT], pause=pause)


@when("die Verbindung zur Telematikinfrastruktur wieder da ist")
def ti_is_back(operate: Operate) -> None:
    operate("konnektor", "PUT", "/settings/ti_online", {"value": True})


@when("das Kartenterminal ausfällt und zurückkommt")
def terminal_fails_and_returns(operate: Operate) -> None:
    for connected in (False, True):
        operate("konnektor", "PUT", "/terminals/KT-1", {"connected": connected})


@when("die Praxis ihre Karten neu liest und signiert")
def practice_reads_cards_and_signs(practice: Practice) -> None:
    practice.konnektor.sign_document(card_handle(practice.konnektor, "HBA"), DOCUMENT)


@when("der Konnektor neu startet und die Praxis sich erneut anmeldet")
def konnektor_restarts(practice: Practice, event_sink: EventSink, operate: Operate) -> None:
    operate("konnektor", "POST", "/restart")
    event_sink.wait(lambda event: event.topic == "BOOTUP_COMPLETE")
    subscribe(practice, event_sink, "CARD/INSERTED", "CARD/REMOVED")


@then(
    parsers.parse(
        "antwortete der Konnektor zuerst mit {code:d} und danach mit einer Signatur der Karte HBA"
    )
)
def refusal_then_signature(check: CaseLog, code: int) -> None:
    check(konnektor_fault_then_answer("SignDocument", code, "A_13524"))
    check(signed_with("HBA", "A_13524"))


@then(
    parsers.parse("war {operation} zuerst mit {code:d} abgelehnt und danach beantwortet"),
)
def refusal_then_answer(check: CaseLog, operation: str, code: int) -> None:
    check(konnektor_fault_then_answer(operation, code, FAULT_REQUIREMENTS[operation]))


@then(parsers.parse("folgten auf {operation} mit {code:d} {first} und {second}"))
def next_steps_followed(check: CaseLog, operation: str, code: int, first: str, second: str) -> None:
    check(looked_after_fault(operation, code, [first, second], FAULT_REQUIREMENTS[operation]))


@then(parsers.parse("wurde {operation} nach dem Fehler {code:d} nicht wiederholt"))
def not_tried_again(check: CaseLog, operation: str, code: int) -> None:
    check(konnektor_fault_once(operation, code, FAULT_REQUIREMENTS[operation]))


@then(parsers.parse("endet der Aufruf {operation} mit dem Fehler {code:d}"))
def call_ends_with(check: CaseLog, operation: str, code: int) -> None:
    check(konnektor_fault(operation, code, "A_13524"))


@then("die Ereignisse der Störung sind eingetroffen")
def outage_was_told(check: CaseLog, event_sink: EventSink) -> None:
    topics = ["NETWORK/VPN_TI/DOWN", "OPERATIONAL_STATE/EC_No_VPN_TI_Connection"]
    event_sink.wait(lambda event: event.topic == "NETWORK/VPN_SIS/UP")
    check(events_arrive([*topics, "NETWORK/VPN_TI/UP"], "TIP1-A_4969"))
