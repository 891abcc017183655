"""Checks of Konnektor and VSDM: each holds on right traffic, and breaks when one thing is wrong."""

from __future__ import annotations

import base64
import gzip
from dataclasses import replace
from datetime import timedelta

import pytest

from pruefstand.checks.check import Check
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
from pruefstand.checks.refusal import (
    konnektor_fault_once,
    konnektor_fault_then_answer,
    looked_after_fault,
)
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
from pruefstand.model.exchange import Exchange, Layer, Message
from pruefstand.model.verdict import Verdict
from tests.unit.synthetic_traffic import soap_call

HEADERS = (("Content-Type", "text/xml; charset=utf-8"),)
URL = "https://konnektor.test/ws/EventService"
SOAP_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"


def holds(check: Check, *exchanges: Exchange) -> bool:
    return all(found.verdict is Verdict.PASSED for found in check.findings(exchanges))


def breaks(check: Check, *exchanges: Exchange) -> bool:
    return not any(found.verdict is Verdict.PASSED for found in check.findings(exchanges))


def call(
    operation: str, sent: str = "", got: str = "", status: int = 200, fault: str = ""
) -> Exchange:
    """Return a SOAP exchange with these elements in request and answer."""
    made = soap_call(operation, status, fault)
    body = f'<E:Envelope xmlns:E="{SOAP_NAMESPACE}">{sent}</E:Envelope>'.encode()
    return replace(
        made,
        id=f"{operation}/{sent}/{got}/{status}",
        request=Message(operation, HEADERS, body),
        response=Message("", (), f"<a>{got}</a>".encode(), status),
    )


def http(
    start: str, got: str = "", status: int | None = 200, parent: str | None = "tls"
) -> Exchange:
    """Return an HTTP exchange with the Konnektor; without a status nobody answered."""
    made = soap_call(start, status or 0)
    response = None if status is None else Message("", (), got.encode(), status)
    return replace(
        made,
        id=f"{start}/{got}/{status}",
        layer=Layer.HTTP,
        peer="konnektor",
        parent=parent,
        request=Message(start, HEADERS, b""),
        response=response,
    )


def tls(version: str) -> Exchange:
    return replace(soap_call("TLS", 200), id="tls", layer=Layer.TLS, facts={"version": version})


def context(place: str = "WP1", mandant: str = "M1", user: str = "") -> str:
    return (
        f"<C:Context><MandantId>{mandant}</MandantId><ClientSystemId>CS1</ClientSystemId>"
        f"<WorkplaceId>{place}</WorkplaceId><UserId>{user}</UserId></C:Context>"
    )


def listed(*cards: tuple[str, str]) -> str:
    return "".join(
        f"<CardHandle>{handle}</CardHandle><x:CardType>{kind}</x:CardType>"
        for handle, kind in cards
    )


DIRECTORY = (
    '<SI:Service Name="VSDService"><SI:Version TargetNamespace="…/SignatureService/WSDL/v7.4"/>'
    '<SI:Version TargetNamespace="…/SignatureService/WSDL/v7.5"/>'
    f'<SI:EndpointTLS Location="{URL}"/></SI:Service>'
)
READ_DIRECTORY = http("GET https://konnektor.test/connector.sds", DIRECTORY)
POST = http(f"POST {URL}")


def test_operation_was_called_with_its_fields() -> None:
    check = called("UnblockPin", {"SetNewPin": "true", "Extra_": ""}, "TIP1-A_6460")
    good = call("UnblockPin", "<c:SetNewPin>true</c:SetNewPin>")
    assert holds(check, good)
    assert breaks(check)
    assert breaks(check, call("UnblockPin", "<SetNewPin>false</SetNewPin>"))
    assert breaks(check, call("UnblockPin", "<SetNewPin>true</SetNewPin>", status=500))
    assert breaks(check, call("UnblockPin", "<SetNewPin>true</SetNewPin><Extra>1</Extra>"))
    assert breaks(check, call("VerifyPin", "<SetNewPin>true</SetNewPin>"))


def test_value_was_asked_for_whatever_the_answer() -> None:
    check = asked_for("SignDocument", "SignatureType", "urn:x", "A_13528")
    assert holds(check, call("SignDocument", "<SignatureType>urn:x</SignatureType>", status=500))
    assert breaks(check, call("SignDocument", "<SignatureType>urn:y</SignatureType>"))
    assert breaks(check, call("SignDocument"))
    assert breaks(check)


def test_pin_is_asked_for_before_it_is_verified() -> None:
    check = unlocked_after_asking("A_21228-01")
    asked = call("GetPinStatus", got="<c:PinStatus>VERIFIABLE</c:PinStatus>")
    entered = call("VerifyPin", got="<c:PinResult>OK</c:PinResult>")
    assert holds(check, asked, entered)
    assert breaks(check, entered, asked)
    assert breaks(check, entered)
    assert breaks(check, asked, call("VerifyPin", got="<PinResult>REJECTED</PinResult>"))
    assert breaks(check, call("GetPinStatus", got="<PinStatus>BLOCKED</PinStatus>"), entered)


def test_signature_is_of_the_right_card() -> None:
    check = signed_with("HBA", "A_13524")
    cards = call("GetCards", got=listed(("HBA-1", "HBA"), ("SMC-B-1", "SMC-B")))
    assert holds(check, cards, call("SignDocument", "<CardHandle>HBA-1</CardHandle>"))
    assert breaks(check, cards, call("SignDocument", "<CardHandle>SMC-B-1</CardHandle>"))
    assert breaks(check, call("SignDocument", "<CardHandle>HBA-1</CardHandle>"))
    assert breaks(check, cards, call("SignDocument", "<CardHandle>HBA-1</CardHandle>", status=500))
    assert breaks(check, cards)


def test_job_numbers_are_fresh() -> None:
    def jobs(*numbers: str) -> list[Exchange]:
        return [call("SignDocument", f"<JobNumber>{number}</JobNumber>") for number in numbers]

    check = fresh_job_numbers(2, "A_13525")
    assert holds(check, *jobs("AAA-001", "AAA-002"))
    assert breaks(check, *jobs("AAA-001"))
    assert breaks(check, *jobs("AAA-001", "AAA-001"))
    assert breaks(check, *jobs("AAA-001", "AAA-1"))


def test_each_document_has_a_request_of_its_own() -> None:
    def stack(*names: str, documents: int) -> Exchange:
        requests = "".join(f'<S:SignRequest RequestID="{name}"/>' for name in names)
        return call("SignDocument", requests + "<Base64Data>eA==</Base64Data>" * documents)

    check = one_request_per_document(2, "A_13527")
    assert holds(check, stack("r1", "r2", documents=2))
    assert breaks(check, stack("r1", "r1", documents=2))
    assert breaks(check, stack("r1", documents=2))
    assert breaks(check, stack("r1", "r2", documents=1))
    assert breaks(check)


def test_mode_is_asked_before_signing() -> None:
    check = mode_asked_before_signing("A_21529")
    mode, sign = call("GetSignatureMode"), call("SignDocument")
    assert holds(check, mode, sign)
    assert breaks(check, sign, mode)
    assert breaks(check, sign)
    assert breaks(check, mode)
    assert [found.verdict for found in check.findings([sign])] == [Verdict.HINT]


def test_context_is_the_configured_one() -> None:
    check = configured_context("M1", "CS1", ["WP1"], "TIP1-A_4959-01")
    assert holds(check, call("GetCards", context()))
    assert breaks(check, call("GetCards", context("WP2")))
    assert breaks(check, call("GetCards", context(mandant="M2")))
    assert breaks(check, call("GetCards", context(user="x" * 65)))
    assert breaks(check)


def test_workplaces_are_all_and_only_those() -> None:
    check = workplaces_call(["WP1", "WP2"], "TIP1-A_4960")
    assert holds(check, call("GetCards", context()), call("GetCards", context("WP2")))
    assert breaks(check, call("GetCards", context()))
    assert breaks(check, *(call("GetCards", context(f"WP{n}")) for n in (1, 2, 3)))


def test_workplace_uses_its_own_cards() -> None:
    check = cards_of_the_workplace("TIP1-A_4961")
    cards = call("GetCards", context(), listed(("HBA-1", "HBA")))
    other = call("GetCards", context("WP2"), listed(("HBA-2", "HBA")))

    def sign(place: str, handle: str) -> Exchange:
        return call("SignDocument", context(place) + f"<CardHandle>{handle}</CardHandle>")

    assert holds(check, cards, other, sign("WP1", "HBA-1"), sign("WP2", "HBA-2"))
    assert breaks(check, cards, other, sign("WP1", "HBA-2"))
    assert breaks(check, sign("WP1", "HBA-1"))
    assert breaks(check, cards)


def test_konnektor_is_called_over_tls() -> None:
    check = konnektor_over_tls("TIP1-A_4962")
    assert holds(check, tls("TLSv1.3"), POST)
    assert breaks(check, tls("TLSv1.1"), POST)
    assert breaks(check, POST)
    assert breaks(check, tls("TLSv1.3"))


def test_endpoints_come_from_the_directory() -> None:
    check = endpoints_from_directory("TIP1-A_4967")
    lost = http(f"POST {URL}", status=None)
    assert holds(check, READ_DIRECTORY, POST)
    assert holds(check, READ_DIRECTORY, lost, READ_DIRECTORY, POST)
    assert breaks(check, POST)
    assert breaks(check, READ_DIRECTORY)
    assert breaks(check, READ_DIRECTORY, http("POST https://other.test/ws"))
    assert breaks(check, READ_DIRECTORY, lost, POST)


def test_directory_is_read_again_after_an_outage() -> None:
    check = directory_read_again("TIP1-A_4967")
    lost = http(f"POST {URL}", status=None)
    assert holds(check, READ_DIRECTORY, lost, READ_DIRECTORY, POST)
    assert breaks(check, READ_DIRECTORY, lost, POST)
    assert breaks(check, READ_DIRECTORY, lost, READ_DIRECTORY)
    assert breaks(check, READ_DIRECTORY, POST)


def test_messages_are_soap_in_utf8() -> None:
    check = soap_in_utf8("TIP1-A_4964")
    good = call("GetCards")
    body = good.request.body

    def spoiled(**changes: object) -> Exchange:
        return replace(good, request=replace(good.request, **changes))  # type: ignore[arg-type]

    assert holds(check, good)
    assert breaks(check)
    assert breaks(check, spoiled(headers=(("Content-Type", "text/xml"),)))
    assert breaks(check, spoiled(body=body.replace(b"soap/envelope", b"soap12")))
    assert breaks(check, spoiled(body=b'<?xml version="1.0" encoding="ISO-8859-1"?>' + body))
    assert breaks(check, spoiled(body=body + b"\xfc"))
    assert breaks(check, spoiled(body=body.replace(b"</E:", b"<E:Header/></E:")))


def test_no_request_was_malformed() -> None:
    check = no_syntax_error(["GetCards", "VerifyPin"], "TIP1-A_4965")
    both = call("GetCards"), call("VerifyPin", fault="4101")
    assert holds(check, *both)
    assert breaks(check, both[0])
    assert breaks(check, *both, call("SignDocument", fault="4000"))


def test_newest_version_signs() -> None:
    def sign(version: str, operation: str = "SignDocument") -> Exchange:
        name = f"http://ws.gematik.de/conn/SignatureService/v{version}"
        return call(operation, f'<S:{operation} xmlns:S="{name}"/>')

    check = newest_signature_version("TIP1-A_4966")
    assert holds(check, READ_DIRECTORY, sign("7.5"))
    assert holds(check, READ_DIRECTORY, sign("7.5"), sign("7.4", "ExternalAuthenticate"))
    assert breaks(check, READ_DIRECTORY, sign("7.4"))
    assert breaks(check, READ_DIRECTORY, sign("7.5"), sign("7.4", "VerifyDocument"))
    assert breaks(check, READ_DIRECTORY, sign("7.5"), call("SignDocument"))
    assert breaks(check, READ_DIRECTORY, sign("7.5", "VerifyDocument"))
    assert breaks(check, sign("7.5"))
    assert breaks(check, READ_DIRECTORY)


def test_events_of_the_subscription_arrive() -> None:
    def event(topic: str, subscription: str = "s1", error: str | None = None) -> Exchange:
        facts = {"subscription": subscription}
        return replace(soap_call(topic, 0), layer=Layer.CETP, facts=facts, error=error)

    check = events_arrive(["CARD/INSERTED"], "TIP1-A_4969")
    wish = call("Subscribe", got="<SubscriptionID>s1</SubscriptionID>")
    assert holds(check, wish, event("CARD/INSERTED"))
    assert holds(check, wish, event("BOOTUP", ""), event("CARD/INSERTED"))
    assert breaks(check, event("CARD/INSERTED"))
    assert breaks(check, wish)
    assert breaks(check, wish, event("CARD/REMOVED"))
    assert breaks(check, wish, event("CARD/INSERTED", "s2"))
    assert breaks(check, wish, event("CARD/INSERTED"), event("CETP", error="no frame"))


def test_refusal_is_followed_by_an_answer() -> None:
    check = konnektor_fault_then_answer("SignDocument", 4060, "A_13524")
    busy, done = call("SignDocument", status=500, fault="4060"), call("SignDocument")
    assert holds(check, busy, done)
    assert breaks(check, done, busy)
    assert breaks(check, done)
    assert breaks(check, call("SignDocument", status=500, fault="4093"), done)
    assert breaks(check)


def test_a_lasting_refusal_is_not_repeated() -> None:
    check = konnektor_fault_once("VerifyPin", 4066, "A_21228-01")
    refused, done = call("VerifyPin", status=500, fault="4066"), call("VerifyPin")
    assert holds(check, refused)
    assert holds(check, refused, call("GetCards"))
    for wrong in ((), (refused, refused), (refused, done), (done,)):
        assert breaks(check, *wrong)
    assert breaks(check, call("VerifyPin", status=500, fault="4060"))


def test_the_next_steps_lie_between_the_refusal_and_the_next_try() -> None:
    check = looked_after_fault("VerifyPin", 4044, ["GetCardTerminals", "GetCards"], "A_21228-01")
    refused, done = call("VerifyPin", status=500, fault="4044"), call("VerifyPin")
    look, read = call("GetCardTerminals"), call("GetCards")
    assert holds(check, read, refused, look, read, done)
    assert holds(check, refused, look, call("GetPinStatus"), read, refused, done)
    for wrong in (
        (),
        (look, read, done),
        (look, read, refused, done),
        (refused, read, look, done),
        (refused, look, done, read),
        (refused, done, look, read, done),
        (refused, look, read),
        (call("SignDocument", status=500, fault="4044"), look, read, done),
    ):
        assert breaks(check, *wrong)


def packed(text: str, encoding: str = "ISO-8859-15") -> str:
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    return base64.b64encode(gzip.compress((head + text).encode())).decode()


def visit(online: bool = True, receipt: bool = True, proof: str = "<E>2</E>") -> Exchange:
    flags = (
        f"<v:PerformOnlineCheck>{str(online).lower()}</v:PerformOnlineCheck>"
        f"<v:ReadOnlineReceipt>{str(receipt).lower()}</v:ReadOnlineReceipt>"
    )
    found = f"<Pruefungsnachweis>{packed(proof)}</Pruefungsnachweis>" if proof else ""
    return call("ReadVSD", flags, found)


def test_online_checks_follow_the_setting() -> None:
    check = online_checks((True, False), "VSDM-A_2535")
    assert holds(check, visit(), visit(online=False))
    assert breaks(check, visit(), visit())
    assert breaks(check, visit(online=False), visit())
    assert breaks(check, visit())


def test_proof_is_taken_at_the_first_visit() -> None:
    check = proof_taken("VSDM-A_2873")
    assert holds(check, visit(), visit(receipt=False))
    assert breaks(check, visit(receipt=False))
    assert breaks(check, visit(proof=""))
    assert breaks(check)


def test_proof_has_its_result_and_a_code_when_something_was_wrong() -> None:
    check = proof_says(3, True, "VSDM-A_2631")
    assert holds(check, visit(proof="<E>3</E><EC>3011</EC>"))
    assert breaks(check, visit(proof="<E>3</E>"))
    assert breaks(check, visit(proof="<E>5</E><EC>3011</EC>"))
    assert breaks(check, visit(proof=""))
    assert breaks(check)
    assert holds(proof_says(2, False, "VSDM-A_2631"), visit())
    assert breaks(proof_says(2, False, "VSDM-A_2631"), visit(proof="<E>2</E><EC>1</EC>"))


def containers(*names: str, encoding: str = "ISO-8859-15", spoil: str = "") -> Exchange:
    found = "".join(f"<v:{name}>{packed('<x/>', encoding)}{spoil}</v:{name}>" for name in names)
    return call("ReadVSD", got=found)


def test_containers_unpack() -> None:
    names = ("PersoenlicheVersichertendaten", "AllgemeineVersicherungsdaten")
    hidden = "GeschuetzteVersichertendaten"
    check = containers_unpack(True, "VSDM-A_2691")
    assert holds(check, containers(*names, hidden))
    assert breaks(check, containers(*names))
    assert breaks(check, containers(*names, hidden, encoding="UTF-8"))
    assert breaks(check, containers(*names, hidden, spoil="%"))
    assert breaks(check)
    without = containers_unpack(False, "VSDM-A_2647")
    assert holds(without, containers(*names))
    assert breaks(without, containers(*names, hidden))
    assert breaks(without, containers(names[0]))


def test_readings_overlap() -> None:
    check = parallel_reading(2, "VSDM-A_2633")
    first = replace(visit(), duration=0.5)
    second = replace(first, started=first.started + timedelta(seconds=0.2))
    late = replace(first, started=first.started + timedelta(seconds=9))
    next_one = replace(first, started=first.started + timedelta(seconds=0.5))
    assert holds(check, first, second)
    assert breaks(check, first, next_one)
    assert breaks(check, first, late)
    assert breaks(check, first)


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_service_is_offered_over_tls(scheme: str) -> None:
    check = service_offered("VSDService", "VSDM-A_2596")
    offered = http("GET x/connector.sds", DIRECTORY.replace("https", scheme))
    assert holds(check, offered) == (scheme == "https")
    assert breaks(service_offered("KVKService", "VSDM-A_2608"), offered)
    assert breaks(check)


def test_raw_messages_are_refused_or_accepted() -> None:
    refused = http(f"POST {URL}", "<Code>4000</Code>", 500)
    accepted = http(f"POST {URL}", "<v:ReadVSDResponse/>")
    check = raw_refused(4000, "VSDM-A_2675")
    assert holds(check, accepted, refused)
    assert breaks(check, refused, accepted)
    assert breaks(check, http(f"POST {URL}", "<Code>4001</Code>", 500))
    assert breaks(check)
    other = raw_accepted("ReadVSDResponse", "VSDM-A_2676")
    assert holds(other, refused, accepted)
    assert breaks(other, accepted, refused)
    assert breaks(other)


def test_faults_keep_quiet_about_the_software() -> None:
    check = faults_hide_internals("VSDM-A_2682")
    assert holds(check, http(f"POST {URL}", "<Detail>PIN.SMC</Detail>", 500))
    for leak in ("Traceback (most", "vsd.py", "KeyError at 0x7f", "/usr/lib/x", "(&lt;string&gt;,"):
        assert breaks(check, http(f"POST {URL}", f"<Detail>{leak}</Detail>", 500))
    assert breaks(check, POST)
