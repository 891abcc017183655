"""What the Konnektor refuses: the documented code, and the next call works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mocks.konnektor.routes import build
from mocks.konnektor.state import State
from pruefstand.clients.konnektor import HINTS, KonnektorClient, KonnektorFault
from pruefstand.crypto import cms_qes
from pruefstand.model.exchange import Layer
from pruefstand.soap.envelope import parse
from pruefstand.soap.fault import read_fault
from tests.contract.konnektor_bench import CONTEXT, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
BUNDLE = b'<?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir"/>'
DIGEST = bytes(32)
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def recorded(konnektor: Bench, operation: str) -> bytes:
    """Return the last request of `operation` as sent."""
    found = [x for x in konnektor.layer(Layer.SOAP) if x.operation == operation]
    return found[-1].request.body


def get_cards(konnektor: Bench) -> bytes:
    konnektor.client.cards()
    return recorded(konnektor, "GetCards")


def sign(konnektor: Bench, number: int = 1) -> bytes:
    """Return a SignDocument request with a job number that is still free."""
    konnektor.client.sign_document(HBA, BUNDLE)
    return re.sub(rb"AAA-\d{3}", b"XYZ-%03d" % number, recorded(konnektor, "SignDocument"))


def code_of(konnektor: Bench, message: bytes) -> tuple[int, str]:
    """Send `message`; return error code and faultcode, 0 when it was accepted."""
    response = konnektor.post(message)
    fault = read_fault(parse(response.body).body)
    assert response.status == (200 if fault is None else 500)
    if fault is None:
        return 0, ""
    assert fault.error is not None
    assert fault.faultstring == fault.error.text
    return fault.error.code, fault.faultcode


def bomb(message: bytes) -> bytes:
    dtd = b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    return message.replace(b"?>", b"?>" + dtd, 1).replace(b">M1<", b">&b;<")


def utf16_bomb(message: bytes) -> bytes:
    return bomb(message).decode().replace("UTF-8", "UTF-16", 1).encode("utf-16")


BAD_MESSAGES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "Client"),
    "no XML": (lambda _: b"GetCards", "Client"),
    "cut off": (lambda m: m[:-20], "Client"),
    "entity bomb": (bomb, "Client"),
    "entity bomb in UTF-16": (utf16_bomb, "Client"),
    "not UTF-8": (lambda m: m.replace(b">M1<", b">M\xfc<"), "Client"),
    "SOAP 1.2": (
        lambda m: m.replace(ENVELOPE.encode(), b"http://www.w3.org/2003/05/soap-envelope"),
        "VersionMismatch",
    ),
    "no envelope": (lambda m: m.replace(b"SOAP-ENV:Envelope", b"SOAP-ENV:Letter"), "Client"),
    "no body": (lambda m: m.replace(b"SOAP-ENV:Body", b"SOAP-ENV:Corpse"), "Client"),
    "header to be understood": (
        lambda m: m.replace(
            b"<SOAP-ENV:Body>",
            b'<SOAP-ENV:Header><x:Y xmlns:x="urn:x" SOAP-ENV:mustUnderstand="1"/>'
            b"</SOAP-ENV:Header><SOAP-ENV:Body>",
        ),
        "MustUnderstand",
    ),
    "unknown operation": (lambda m: m.replace(b"EVT:GetCards", b"EVT:GetMoney"), "Client"),
    "wrong namespace": (lambda m: m.replace(b"EventService/v7.2", b"EventService/v9.9"), "Client"),
    "child in wrong namespace": (
        lambda m: m.replace(b"ConnectorContext/v2.0", b"ConnectorContext/v9.9"),
        "Client",
    ),
    "no context": (lambda m: re.sub(b"<CCTX:Context.*</CCTX:Context>", b"", m), "Client"),
    "no mandant": (lambda m: m.replace(b"<CONN:MandantId>M1</CONN:MandantId>", b""), "Client"),
    "unknown child": (
        lambda m: m.replace(b"</CCTX:Context>", b"</CCTX:Context><CONN:Result>OK</CONN:Result>"),
        "Client",
    ),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_bad_message_is_a_syntax_error_and_the_next_call_works(konnektor: Bench, name: str) -> None:
    good = get_cards(konnektor)
    spoil, faultcode = BAD_MESSAGES[name]
    bad = spoil(good)
    assert bad != good
    assert code_of(konnektor, bad) == (4000, faultcode)
    assert code_of(konnektor, good) == (0, "")


def test_every_fault_is_valid_in_the_official_schema(konnektor: Bench) -> None:
    good = get_cards(konnektor)
    for spoil, _ in BAD_MESSAGES.values():
        assert_valid_message(konnektor.post(spoil(good)).body)


@pytest.mark.parametrize("path", ["/", "/ws/CardService", "/service/systeminformationservice"])
def test_operation_is_found_by_its_body_whatever_the_path(konnektor: Bench, path: str) -> None:
    assert konnektor.post(get_cards(konnektor), path).status == 200


CONTEXTS = {
    "empty workplace": ({"workplace": ""}, 4021),
    "unknown mandant": ({"mandant": "M9"}, 4021),
    "unknown client system": ({"client_system": "CS9"}, 4021),
    "unknown workplace": ({"workplace": "WP9"}, 4021),
    "client system of another mandant": ({"client_system": "CS2"}, 4010),
    "workplace of another mandant": ({"workplace": "WP2"}, 4011),
    "combination not allowed": ({"workplace": "WP4"}, 4014),
    "terminal out of reach": ({"workplace": "WP3"}, 4015),
    "no user at the HBA": ({"user": None}, 4003),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_context_is_checked_in_every_card_operation(name: str) -> None:
    change, code = CONTEXTS[name]
    contexts = [("M1", "CS1", "WP1"), ("M1", "CS1", "WP3"), ("M1", "CS3", "WP4")]
    contexts += [("M2", "CS2", "WP2")]
    model = {
        "mandant": ["M1", "M2"],
        "client_system": ["CS1", "CS2", "CS3"],
        "workplaces": ["WP1", "WP2", "WP3", "WP4"],
        "terminals": {"KT-1": ["WP1"]},
    }
    with bench(contexts=contexts, **model) as konnektor:
        client = konnektor.another(replace(CONTEXT, **change))
        with pytest.raises(KonnektorFault) as refusal:
            client.pin_status(HBA, "PIN.QES")
        assert refusal.value.code == code
        assert konnektor.client.pin_status(HBA, "PIN.QES") == "VERIFIABLE"


def test_foreign_smcb_is_refused_and_not_listed() -> None:
    cards = [{"type": "SMC-B", "handle": SMCB, "mandants": ["M1"]}]
    with bench(mandant=["M1", "M2"], cards=cards) as konnektor:
        other = konnektor.another(replace(CONTEXT, mandant="M2"))
        assert other.cards() == ()
        assert len(konnektor.client.cards()) == 1
        with pytest.raises(KonnektorFault) as refusal:
            other.read_certificate(SMCB, "C.AUT")
        assert refusal.value.code == 4013


def test_pulled_card_has_a_dead_handle_and_is_not_listed(konnektor: Bench) -> None:
    state = State.from_context(konnektor.ctx)
    pulled = replace(konnektor, app=build(konnektor.ctx, state))
    konnektor.client.read_certificate(HBA, "C.QES")
    cards, read = get_cards(konnektor), recorded(konnektor, "ReadCardCertificate")
    assert code_of(pulled, read)[0] == 0
    state.pull(HBA)
    assert code_of(pulled, read)[0] == 4101
    assert HBA.encode() not in pulled.post(cards).body
    assert SMCB.encode() in pulled.post(cards).body


def test_hba_unlocked_by_another_user_of_the_client_system_is_refused(konnektor: Bench) -> None:
    konnektor.client.verify_pin(HBA, "PIN.CH")
    other = konnektor.another(replace(CONTEXT, user="5f0c1f43-5f0e-4d0c-9d3c-0b6a1d6c7e11"))
    with pytest.raises(KonnektorFault) as refusal:
        other.external_authenticate(HBA, DIGEST)
    assert refusal.value.code == 4018
    assert konnektor.client.external_authenticate(HBA, DIGEST)


@pytest.mark.parametrize(("certificate", "code"), [(None, 4204), ("CS2", 4204), ("CS1", 0)])
def test_client_certificate_must_belong_to_the_client_system(
    certificate: str | None, code: int
) -> None:
    with bench(certificate=certificate, client_authentication=True) as konnektor:
        assert konnektor.client.discover().client_authentication_mandatory
        if code:
            with pytest.raises(KonnektorFault) as refusal:
                konnektor.client.cards()
            assert refusal.value.code == code
        else:
            assert konnektor.client.cards()


def test_pinned_fingerprint_decides_when_the_profile_names_one() -> None:
    with bench(certificate="pvs", client_authentication=True) as konnektor:
        pki = konnektor.ctx.pki
        fingerprint = pki.read_certificate_info(pki.tls_client("pvs").certificate).fingerprint
        konnektor.settings["client_certificates"] = {"CS1": [fingerprint]}
        assert konnektor.client.cards()
        konnektor.settings["client_certificates"] = {"CS1": ["00"]}
        with pytest.raises(KonnektorFault) as refusal:
            konnektor.client.cards()
        assert refusal.value.code == 4204


CALLS: dict[str, tuple[Callable[[KonnektorClient], object], int]] = {
    "unknown handle": (lambda c: c.read_certificate("HBA-99", "C.AUT"), 4008),
    "PIN not on the card": (lambda c: c.pin_status(SMCB, "PIN.QES"), 4072),
    "RSA certificate": (lambda c: c.read_certificate(SMCB, "C.AUT", crypt="RSA"), 4147),
    "unknown reference": (lambda c: c.read_certificate(SMCB, "C.XYZ"), 4149),
    "unknown card type": (lambda c: c.cards("SMC-Z"), 4000),
    "RSA signature": (lambda c: c.sign_document(HBA, BUNDLE, crypt="RSA"), 4123),
    "no short text": (lambda c: c.sign_document(HBA, BUNDLE, short_text=""), 4000),
    "unknown mime type": (lambda c: c.sign_document(HBA, BUNDLE, mime_type="a/b"), 4110),
    "too many documents": (lambda c: c.sign_document(HBA, [BUNDLE] * 251), 4000),
    "malformed job number": (lambda c: c.sign_document(HBA, BUNDLE, job_number="1"), 4000),
    "short digest": (lambda c: c.external_authenticate(SMCB, bytes(20)), 4000),
    "locked card": (lambda c: c.external_authenticate(SMCB, DIGEST), 4085),
}


@pytest.mark.parametrize("name", CALLS)
def test_call_is_refused_with_its_code_and_a_hint(konnektor: Bench, name: str) -> None:
    call, code = CALLS[name]
    with pytest.raises(KonnektorFault) as refusal:
        call(konnektor.client)
    assert refusal.value.code == code
    assert refusal.value.hint == HINTS[code]
    assert str(code) in str(refusal.value)
    assert konnektor.client.cards()


def test_job_number_is_needed_and_may_not_come_back(konnektor: Bench) -> None:
    message = sign(konnektor)
    without = re.sub(rb"<SIG:JobNumber>.*</SIG:JobNumber>", b"", message)
    assert code_of(konnektor, without)[0] == 4000
    assert code_of(konnektor, message)[0] == 0
    assert code_of(konnektor, message)[0] == 4252
    assert konnektor.client.sign_document(HBA, BUNDLE)


def test_job_number_is_free_again_after_a_thousand_calls(konnektor: Bench) -> None:
    message = sign(konnektor)
    assert code_of(konnektor, message)[0] == 0
    for number in range(2, 1002):
        other = message.replace(b"XYZ-001", b"ABC-%03d" % (number % 1000))
        assert code_of(konnektor, other)[0] == 0
    assert code_of(konnektor, message)[0] == 0


FORMS = {
    "S/MIME with a HBA": ((b"urn:ietf:rfc:5652", b"urn:ietf:rfc:5751"), 4111),
    "PAdES with content": ((b"urn:ietf:rfc:5652", b"http://uri.etsi.org/02778/3"), 4111),
    "unknown key kind": ((b"Crypt>ECC", b"Crypt>DSA"), 4000),
    "XAdES": ((b"urn:ietf:rfc:5652", b"urn:ietf:rfc:3275"), 4111),
    "not base64": ((b'charset=utf-8">', b'charset=utf-8">%%'), 4000),
    "no truth value": ((b"RevocationInfo>true", b"RevocationInfo>yes"), 4000),
}


@pytest.mark.parametrize("name", FORMS)
def test_form_of_the_signature_is_checked(konnektor: Bench, name: str) -> None:
    (old, new), code = FORMS[name]
    message = sign(konnektor)
    assert code_of(konnektor, message.replace(old, new))[0] == code
    assert code_of(konnektor, message)[0] == 0


def test_xml_document_must_be_well_formed(konnektor: Bench) -> None:
    message = sign(konnektor)
    data = re.compile(rb"<dss:Base64Data[^>]*>(.*)</dss:Base64Data>")
    as_xml = data.sub(rb"<CONN:Base64XML>\1</CONN:Base64XML>", message)
    cut_off = data.sub(b"<CONN:Base64XML>PGE+</CONN:Base64XML>", message)
    assert code_of(konnektor, cut_off)[0] == 4022
    assert code_of(konnektor, as_xml)[0] == 0


def test_document_above_25_mb_is_refused(konnektor: Bench) -> None:
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.sign_document(HBA, bytes(26_214_401))
    assert refusal.value.code == 4283
    assert konnektor.client.sign_document(HBA, BUNDLE)


def test_revoked_qes_certificate_ends_signing(konnektor: Bench) -> None:
    pki, clock = konnektor.ctx.pki, konnektor.ctx.clock
    assert konnektor.client.sign_document(HBA, BUNDLE)
    pki.revoke(pki.hba("default").qes.certificate, clock.now() - timedelta(seconds=1))
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.sign_document(HBA, BUNDLE)
    assert refusal.value.code == 4123


@pytest.mark.parametrize(("entry", "code"), [("cancel", 4049), ("timeout", 4043), ("wrong", 4085)])
def test_failed_pin_entry_ends_signing(konnektor: Bench, entry: str, code: int) -> None:
    konnektor.settings["pin_entry"] = entry
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.sign_document(HBA, BUNDLE)
    assert refusal.value.code == code
    konnektor.settings["pin_entry"] = "auto"
    assert konnektor.client.sign_document(HBA, BUNDLE)


def test_cancelled_pin_entry_is_a_fault_and_does_not_unlock(konnektor: Bench) -> None:
    konnektor.settings["pin_entry"] = "cancel"
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
    assert refusal.value.code == 4049
    assert konnektor.client.pin_status(SMCB, "PIN.SMC") == "VERIFIABLE"


@pytest.mark.parametrize(("pin", "code"), [("blocked", 4063), ("transport", 4065)])
def test_unusable_pin_ends_signing(pin: str, code: int) -> None:
    with bench(cards=[{"type": "HBA", "handle": HBA, "pin": pin}]) as konnektor:
        with pytest.raises(KonnektorFault) as refusal:
            konnektor.client.sign_document(HBA, BUNDLE)
        assert refusal.value.code == code


def test_fault_ocsp_is_missing_or_unreachable(konnektor: Bench) -> None:
    for name in ("ocsp_fehlt", "ocsp_nicht_erreichbar"):
        konnektor.ctx.faults.switch(name, True)
        (signed,) = konnektor.client.sign_document(HBA, BUNDLE)
        assert cms_qes.verify(signed).ocsp is None
        konnektor.ctx.faults.switch(name, False)
    response = konnektor.layer(Layer.SOAP)[-1].response
    assert response is not None
    assert b"4261" in response.body
    assert_valid_message(response.body)
    (signed,) = konnektor.client.sign_document(HBA, BUNDLE)
    assert cms_qes.verify(signed).ocsp is not None


def test_fault_broken_signature_is_readable_but_wrong(konnektor: Bench) -> None:
    konnektor.ctx.faults.switch("signatur_defekt", True)
    (signed,) = konnektor.client.sign_document(HBA, BUNDLE)
    assert cms_qes.parse(signed).content == BUNDLE
    with pytest.raises(cms_qes.QesProblem):
        cms_qes.verify(signed)
    konnektor.ctx.faults.switch("signatur_defekt", False)
    assert cms_qes.verify(konnektor.client.sign_document(HBA, BUNDLE)[0])


def test_fault_busy_resource_and_lost_pin(konnektor: Bench) -> None:
    konnektor.ctx.faults.switch("ressource_belegt", True)
    with pytest.raises(KonnektorFault) as busy:
        konnektor.client.sign_document(HBA, BUNDLE)
    assert busy.value.code == 4060
    konnektor.ctx.faults.switch("pin_verloren", True)
    assert konnektor.client.verify_pin(SMCB, "PIN.SMC").is_ok
    assert konnektor.client.pin_status(SMCB, "PIN.SMC") == "VERIFIABLE"


def test_defect_of_the_mock_is_an_internal_error(
    konnektor: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = get_cards(konnektor)
    monkeypatch.setitem(konnektor.settings, "max_documents", "many")
    assert code_of(konnektor, good)[0] == 4001
    monkeypatch.delitem(konnektor.settings, "max_documents")
    assert code_of(konnektor, good)[0] == 0
