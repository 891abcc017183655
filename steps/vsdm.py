"""Versichertenkarten: Besuche am Empfang, Prüfungsnachweis, und was das Fachmodul abweist."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.konnektor_calls import called
from pruefstand.checks.konnektor_connection import no_syntax_error, soap_in_utf8
from pruefstand.checks.refusal import konnektor_fault
from pruefstand.checks.vsdm import (
    containers_unpack,
    faults_hide_internals,
    online_checks,
    parallel_reading,
    proof_says,
    proof_taken,
    raw_accepted,
    raw_refused,
    service_offered,
)
from pruefstand.clients.konnektor import read_kvk
from pruefstand.clients.konnektor.insured import read_insurance
from pruefstand.clock import VirtualClock
from pruefstand.drivers.simulator import Practice
from pruefstand.errors import ServiceRefusal, SutError
from pruefstand.flows.anmelden import unlocked_practice_card
from pruefstand.flows.einlesen import OnlineCheck, Reception
from pruefstand.model.http import Request
from pruefstand.pytest_plugin.case_log import CaseLog

Operate = Callable[..., object]
KVNR = "X110411675"
EGK = {"type": "EGK", "handle": "EGK-1", "kvnr": KVNR, "slot": 3}
KVK = {"type": "KVK", "handle": "KVK-1", "slot": 4}
AGAIN = {"einmal": True, "erneut": True, "nicht": False}
_HEAD = b"<SOAP-ENV:Body>"
_FOREIGN_HEADER = b'<SOAP-ENV:Header><x:Y xmlns:x="urn:x"/></SOAP-ENV:Header>'

SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "die falsche Reihenfolge": lambda m: (
        m.replace(b"EhcHandle", b"XhcHandle")
        .replace(b"HpcHandle", b"EhcHandle")
        .replace(b"XhcHandle", b"HpcHandle")
    ),
    "einen fremden Namensraum": lambda m: m.replace(b"VSDService/v5.2", b"VSDService/v9.9"),
    "keine Wohlgeformtheit": lambda m: m[:-9],
    "einen unzulässigen Wert": lambda m: m.replace(b"Check>true<", b"Check>vielleicht<"),
}


def reception(practice: Practice, clock: VirtualClock, mode: str = "quartal") -> Reception:
    smcb = unlocked_practice_card(practice.konnektor).handle
    return Reception(practice.konnektor, smcb, clock.now, OnlineCheck(mode))


@given(parsers.parse("die Praxis prüft online: {mode}"), target_fixture="online_mode")
def practice_checks_online(mode: str) -> str:
    return mode


@given(parsers.parse("die Onlineprüfung ergibt {result:d}"), target_fixture="online_mode")
def online_check_results_in(operate: Operate, result: int) -> str:
    operate("konnektor", "PUT", "/settings/vsd_result", {"value": result})
    return "quartal"


@given(parsers.parse("die Gesundheitskarte hat den Mangel: {defect}"))
def egk_has_a_defect(operate: Operate, defect: str) -> None:
    flaw = {"revoked": True} if defect == "expired" else {"defect": defect}
    operate("konnektor", "POST", "/cards", {**EGK, **flaw})
    if defect == "expired":
        operate("konnektor", "POST", "/cards/EGK-1/expire")


@given("die Praxis liest mit der Karte eines Kostenträgers", target_fixture="online_mode")
def practice_has_a_payers_card(operate: Operate) -> str:
    operate("konnektor", "POST", "/cards/SMC-B-1/pull")
    payer = {"type": "SMC-B", "handle": "SMC-B-9", "name": "kasse", "role": "kasse", "slot": 2}
    operate("konnektor", "POST", "/cards", payer)
    return "quartal"


@when("die Versicherte zweimal im Quartal kommt")
def insured_comes_twice(
    practice: Practice, clock: VirtualClock, operate: Operate, online_mode: str
) -> None:
    operate("konnektor", "POST", "/cards", EGK)
    desk = reception(practice, clock, online_mode)
    for _ in range(2):
        desk.visit("EGK-1", KVNR)


@when("die Versicherte zweimal im Quartal kommt und ihre Daten beschädigt ankommen")
def insured_comes_with_damaged_data(
    practice: Practice, clock: VirtualClock, operate: Operate
) -> None:
    operate("konnektor", "POST", "/cards", EGK)
    desk = reception(practice, clock)
    for _ in range(2):
        with suppress(SutError):
            desk.visit("EGK-1", KVNR)


@when("die Versicherte zum ersten Mal im Quartal kommt")
def insured_comes_first(
    practice: Practice, clock: VirtualClock, operate: Operate, online_mode: str
) -> None:
    operate("konnektor", "POST", "/cards", EGK)
    reception(practice, clock, online_mode).visit("EGK-1", KVNR)


@when("die Praxis die Gesundheitskarte trotzdem einlesen will")
def practice_tries_to_read(practice: Practice, clock: VirtualClock) -> None:
    with suppress(ServiceRefusal):
        reception(practice, clock).visit("EGK-1", KVNR)


@when("die Praxis das Dienstverzeichnis liest")
def directory_is_read(practice: Practice) -> None:
    practice.konnektor.discover()


@when("vier Anfragen zugleich eine Gesundheitskarte lesen")
def four_read_at_once(practice: Practice, operate: Operate) -> None:
    operate("konnektor", "POST", "/cards", EGK)
    operate("konnektor", "PUT", "/settings/latency", {"value": 0.2})
    smcb = unlocked_practice_card(practice.konnektor).handle

    def read(_: int) -> None:
        read_insurance(practice.konnektor, "EGK-1", smcb, online=True, receipt=True)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(read, range(4)))


@when("die Praxis eine KVK liest")
def kvk_is_read(practice: Practice, operate: Operate) -> None:
    operate("konnektor", "POST", "/cards", KVK)
    read_kvk(practice.konnektor, "KVK-1")


@when(
    parsers.re(
        r"eine Anfrage an das Fachmodul (?P<flaw>die falsche Reihenfolge|einen fremden Namensraum|"
        r"keine Wohlgeformtheit|einen unzulässigen Wert) hat"
    )
)
def spoiled_request(practice: Practice, clock: VirtualClock, operate: Operate, flaw: str) -> None:
    send_raw(practice, clock, operate, SPOILED[flaw])


@when("eine Anfrage an das Fachmodul ein fremdes Kopfelement hat")
def request_with_foreign_header(practice: Practice, clock: VirtualClock, operate: Operate) -> None:
    send_raw(practice, clock, operate, lambda m: m.replace(_HEAD, _FOREIGN_HEADER + _HEAD))


def send_raw(
    practice: Practice, clock: VirtualClock, operate: Operate, spoil: Callable[[bytes], bytes]
) -> None:
    """Read a card well once, then send the same message again, spoiled."""
    operate("konnektor", "POST", "/cards", EGK)
    reception(practice, clock).visit("EGK-1", KVNR)
    transport = practice.konnektor.transport
    good = [x for x in transport.recorder.exchanges if x.operation == "ReadVSD"][-1].request
    target = practice.konnektor.discover().find("VSDService", "5.2").location
    request = Request("POST", target, good.headers, spoil(good.body))
    transport.send(request, peer="konnektor", operation="ReadVSD")


@then(
    parsers.re(
        r"wurde (?P<first>einmal) beim ersten und (?P<second>nicht|erneut) beim zweiten Besuch "
        r"online geprüft"
    )
)
def online_checks_were(check: CaseLog, first: str, second: str) -> None:
    check(online_checks((AGAIN[first], AGAIN[second]), "VSDM-A_2535"))


@then("der Prüfungsnachweis ist übernommen")
def proof_is_taken(check: CaseLog) -> None:
    check(proof_taken("VSDM-A_2873"))


@then("die Aufrufe sind schemagültiges SOAP ohne Kopfelemente")
def calls_are_valid_soap(check: CaseLog) -> None:
    check(soap_in_utf8("VSDM-A_2658"))
    check(no_syntax_error(["ReadVSD"], "VSDM-A_2703"))


@then(
    parsers.re(
        r"nennt der Prüfungsnachweis das Ergebnis (?P<result>\d) (?P<error>mit|ohne) Fehlercode"
    )
)
def proof_has_result(check: CaseLog, result: str, error: str) -> None:
    check(proof_says(int(result), error == "mit", "VSDM-A_2631"))


@then(parsers.parse("meldet das Einlesen den Fehler {code:d} ohne Einzelheiten der Technik"))
def reading_ends_with(check: CaseLog, code: int) -> None:
    check(konnektor_fault("ReadVSD", code, "VSDM-A_2682"))
    check(faults_hide_internals("VSDM-A_2682"))


@then("werden VSDService und KVKService über TLS angeboten")
def both_services_are_offered(check: CaseLog) -> None:
    check(service_offered("VSDService", "VSDM-A_2596", "VSDM-A_2678"))
    check(service_offered("KVKService", "VSDM-A_2608"))


@then("sind alle vier beantwortet und die Container entpackbar")
def all_four_are_answered(check: CaseLog) -> None:
    check(parallel_reading(4, "VSDM-A_2633"))
    check(containers_unpack(True, "VSDM-A_2691"))


@then("fehlen nur die geschützten Daten")
def only_protected_data_are_missing(check: CaseLog) -> None:
    check(containers_unpack(False, "VSDM-A_2647"))


@then("ist die KVK nach der WSDL gelesen")
def kvk_was_read(check: CaseLog) -> None:
    check(called("ReadKVK", {"KVKHandle": "KVK-1"}, "VSDM-A_2677"))


@then("ist sie mit dem Fehler 4000 abgewiesen und verrät nichts über die Technik")
def request_is_refused(check: CaseLog) -> None:
    check(raw_refused(4000, "VSDM-A_2675", "VSDM-A_2689"))
    check(faults_hide_internals("VSDM-A_2682"))


@then("ist sie trotzdem beantwortet")
def request_is_answered(check: CaseLog) -> None:
    check(raw_accepted("ReadVSDResponse", "VSDM-A_2676"))
