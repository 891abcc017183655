"""The Konnektor's good cases: mock and client against each other and the official schemas."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509 import load_der_x509_certificate
from lxml import etree

from mocks.konnektor import app
from pruefstand.clients.konnektor import HINTS, KonnektorContext, KonnektorFault, SmcbCard
from pruefstand.crypto import cms_qes
from pruefstand.errors import SutError
from pruefstand.model.exchange import Layer
from pruefstand.model.http import Request
from pruefstand.transport import NULL_RECORDER
from tests.contract.konnektor_bench import BASE_URL, CONTEXT, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_document, assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
BUNDLE = b'<?xml version="1.0" encoding="UTF-8"?><Bundle xmlns="http://hl7.org/fhir"/>'
DIGEST = hashlib.sha256(b"challenge").digest()


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def run_every_operation(konnektor: Bench) -> None:
    client = konnektor.client
    client.cards()
    client.cards("HBAx")
    client.pin_status(SMCB, "PIN.SMC")
    client.verify_pin(SMCB, "PIN.SMC")
    client.pin_status(SMCB, "PIN.SMC")
    client.read_certificate(HBA, "C.QES")
    client.sign_document(HBA, [BUNDLE, BUNDLE])
    client.sign_document(SMCB, BUNDLE, short_text="Brief")
    client.external_authenticate(SMCB, DIGEST)


def test_requests_and_responses_are_valid_in_the_official_schemas(konnektor: Bench) -> None:
    run_every_operation(konnektor)
    exchanges = konnektor.layer(Layer.SOAP)
    assert len(exchanges) == 11
    for exchange in exchanges:
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_schema_check_sees_a_wrong_order_and_a_wrong_value(konnektor: Bench) -> None:
    konnektor.client.pin_status(SMCB, "PIN.SMC")
    (exchange,) = konnektor.layer(Layer.SOAP)
    assert exchange.response is not None
    for good, old, new in (
        (exchange.request.body, b"CONN:WorkplaceId", b"CONN:UserId"),
        (exchange.response.body, b">OK<", b">Good<"),
    ):
        assert_valid_message(good)
        with pytest.raises(etree.DocumentInvalid):
            assert_valid_message(good.replace(old, new))


def test_signature_service_7_4_is_used_when_7_5_is_missing(
    konnektor: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = konnektor.client.discover()
    old = tuple(entry for entry in offered.endpoints if not entry.namespace.endswith("v7.5"))
    monkeypatch.setattr(
        konnektor.client, "_directory", type(offered)(offered.product, True, False, old)
    )
    konnektor.client.sign_document(HBA, BUNDLE)
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert b"SignatureService/v7.4" in exchange.request.body
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_faults_and_warnings_are_valid_in_the_official_schema() -> None:
    with bench(pin_entry="timeout") as konnektor:
        assert konnektor.client.verify_pin(SMCB, "PIN.SMC").result == "ERROR"
        with pytest.raises(KonnektorFault):
            konnektor.client.read_certificate("HBA-99", "C.AUT")
        warning, fault = konnektor.layer(Layer.SOAP)
        for exchange in (warning, fault):
            assert exchange.response is not None
            assert_valid_message(exchange.response.body)


@pytest.mark.parametrize("path", ["/connector.sds", "/kon/a/connector.sds"])
def test_service_directory_is_valid_and_served_below_any_path(konnektor: Bench, path: str) -> None:
    response = konnektor.app.handle(Request("GET", path))
    assert response.status == 200
    assert_valid_document(response.body)


def test_directory_names_each_service_with_its_endpoint_below_the_base_url(
    konnektor: Bench,
) -> None:
    found = konnektor.client.discover()
    assert found.find("SignatureService", "7.5", "7.4").version == "7.5.5"
    assert found.find("SignatureService", "7.4").version == "7.4.2"
    assert found.find("KVKService", "4.0").namespace.endswith("/conn/vsds/KvkService/v4.0")
    assert {entry.version for entry in found.endpoints if entry.service == "CardService"} == {
        "8.1.0",
        "8.1.1",
        "8.1.2",
    }
    assert {entry.location.removeprefix(BASE_URL) for entry in found.endpoints} == {
        route.path for route in konnektor.app.routes if route.method == "POST"
    }
    with pytest.raises(SutError, match="NFDService"):
        found.find("NFDService", "1.0")


def test_directory_is_fetched_once(konnektor: Bench) -> None:
    konnektor.client.cards()
    konnektor.client.cards()
    fetched = [x for x in konnektor.layer(Layer.HTTP) if x.operation == "connector.sds"]
    assert len(fetched) == 1


def test_default_practice_has_one_hba_and_one_smcb(konnektor: Bench) -> None:
    hba, smcb = konnektor.client.cards()
    assert (hba.handle, hba.card_type, smcb.handle, smcb.card_type) == (HBA, "HBA", SMCB, "SMC-B")
    assert smcb.iccsn == konnektor.ctx.pki.smcb("praxis").iccsn
    assert [card.handle for card in konnektor.client.cards("SM-B")] == [SMCB]
    assert konnektor.client.cards("EGK") == ()


def test_pin_is_verified_per_card_session() -> None:
    with bench(mandant=["M1", "M2"]) as konnektor:
        client, other = konnektor.client, konnektor.another(KonnektorContext("M2", "CS1", "WP1"))
        assert client.pin_status(SMCB, "PIN.SMC") == "VERIFIABLE"
        assert client.verify_pin(SMCB, "PIN.SMC").is_ok
        assert client.pin_status(SMCB, "PIN.SMC") == "VERIFIED"
        assert other.pin_status(SMCB, "PIN.SMC") == "VERIFIABLE"


def test_third_wrong_pin_blocks_the_card() -> None:
    with bench(pin_entry="wrong") as konnektor:
        results = [konnektor.client.verify_pin(SMCB, "PIN.SMC") for _ in range(4)]
        assert [entry.result for entry in results] == [
            "REJECTED",
            "REJECTED",
            "NOWBLOCKED",
            "WASBLOCKED",
        ]
        assert [entry.left_tries for entry in results[:2]] == [2, 1]
        details = konnektor.client.pin_details(SMCB, "PIN.SMC")
        assert (details.status, details.left_tries) == ("BLOCKED", 0)


def test_certificates_are_those_of_the_pki(konnektor: Bench) -> None:
    pki = konnektor.ctx.pki
    assert konnektor.client.read_certificate(HBA, "C.QES") == pki.hba("default").qes.der
    assert konnektor.client.read_certificate(SMCB, "C.AUT") == pki.smcb("praxis").aut.der
    with pytest.raises(SutError, match=r"kein Zertifikat C\.QES"):
        konnektor.client.read_certificate(SMCB, "C.QES")


def test_qes_holds_document_signer_and_a_good_ocsp_response(konnektor: Bench) -> None:
    (signed,) = konnektor.client.sign_document(HBA, BUNDLE)
    document = cms_qes.verify(signed)
    assert document.content == BUNDLE
    assert document.signer_certificate == konnektor.ctx.pki.hba("default").qes.der
    assert document.ocsp is not None
    assert document.short_text == "E-Rezept"
    assert document.mime_type == "text/plain; charset=utf-8"


def test_stack_of_fifty_is_signed_in_order(konnektor: Bench) -> None:
    documents = [b"Dokument %d" % number for number in range(50)]
    signed = konnektor.client.sign_document(HBA, documents)
    assert [cms_qes.parse(one).content for one in signed] == documents


def test_seal_of_the_practice_needs_its_pin_and_signs_one_document(konnektor: Bench) -> None:
    with pytest.raises(KonnektorFault) as locked:
        konnektor.client.sign_document(SMCB, BUNDLE)
    assert locked.value.code == 4085
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    (signed,) = konnektor.client.sign_document(SMCB, BUNDLE)
    signer = cms_qes.verify(signed).signer_certificate
    assert signer == konnektor.ctx.pki.smcb("praxis").osig.der
    with pytest.raises(KonnektorFault) as stack:
        konnektor.client.sign_document(SMCB, [BUNDLE, BUNDLE])
    assert stack.value.code == 4118


def test_external_authenticate_signs_the_digest_itself(konnektor: Bench) -> None:
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    signature = konnektor.client.external_authenticate(SMCB, DIGEST)
    certificate = load_der_x509_certificate(konnektor.client.read_certificate(SMCB, "C.AUT"))
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signature, DIGEST, ec.ECDSA(Prehashed(hashes.SHA256())))
    with pytest.raises(InvalidSignature):
        key.verify(signature, DIGEST, ec.ECDSA(hashes.SHA256()))


def test_login_card_unlocks_itself_once(konnektor: Bench) -> None:
    card = SmcbCard(konnektor.client, SMCB)
    assert card.certificate_der == konnektor.ctx.pki.smcb("praxis").aut.der
    assert card.sign_digest(DIGEST)
    assert card.sign_digest(DIGEST)
    entries = [x for x in konnektor.layer(Layer.SOAP) if x.operation == "VerifyPin"]
    assert len(entries) == 1


def test_login_card_gives_up_when_the_pin_is_wrong() -> None:
    with bench(pin_entry="wrong") as konnektor, pytest.raises(SutError, match="REJECTED"):
        SmcbCard(konnektor.client, SMCB).sign_digest(DIGEST)


def test_exchanges_of_a_signature_are_nested(konnektor: Bench) -> None:
    konnektor.client.sign_document(HBA, BUNDLE)
    (cms,) = konnektor.layer(Layer.CMS)
    soap = konnektor.layer(Layer.SOAP)[-1]
    http = konnektor.layer(Layer.HTTP)[-1]
    assert (cms.parent, soap.parent) == (soap.id, http.id)
    assert (soap.operation, soap.actor, soap.peer) == ("SignDocument", "praxis", "konnektor")
    assert soap.status == 200
    assert soap.facts["card"] == HBA
    assert soap.facts["job"].startswith("AAA-")
    assert cms.facts["signer"].endswith("TEST-ONLY")
    assert cms.facts["signing_time"].startswith("2026-11-24T11:00")
    assert cms.request.body == BUNDLE


def test_fault_is_recorded_with_its_code(konnektor: Bench) -> None:
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.external_authenticate(SMCB, DIGEST)
    assert (refusal.value.code, refusal.value.status) == (4085, 500)
    assert refusal.value.hint == HINTS[4085]
    (exchange,) = konnektor.layer(Layer.SOAP)
    assert exchange.facts["fault"] == "4085"
    assert exchange.status == 500


def test_timing_profile_slows_signatures_and_queues_them_per_card() -> None:
    with bench(timing="spec") as konnektor:
        konnektor.client.sign_document(HBA, BUNDLE)
        sign = konnektor.layer(Layer.HTTP)[-1].request.body
        first = konnektor.post(sign.replace(b"AAA-000", b"ZZZ-001"))
        second = konnektor.post(sign.replace(b"AAA-000", b"ZZZ-002"))
        assert first.status == second.status == 200
        assert 1.0 < first.delay < second.delay
        konnektor.settings["timing"] = "fast"
        assert konnektor.post(sign.replace(b"AAA-000", b"ZZZ-003")).delay == 0.0


def test_cards_come_from_settings() -> None:
    cards = [
        {"type": "HBA", "handle": "HBA-7", "name": "Ada Beispiel", "role": "arzt"},
        {"type": "EGK", "handle": "EGK-9", "kvnr": "X110411675"},
    ]
    with bench(cards=cards) as konnektor:
        hba, egk = konnektor.client.cards()
        assert (hba.handle, hba.holder, egk.kvnr) == ("HBA-7", "Ada Beispiel", "X110411675")
        for call, code in (
            (lambda: konnektor.client.read_certificate("EGK-9", "C.AUT"), 4090),
            (lambda: konnektor.client.sign_document("EGK-9", BUNDLE), 4126),
            (lambda: konnektor.client.external_authenticate("EGK-9", DIGEST), 4058),
        ):
            with pytest.raises(KonnektorFault) as refusal:
                call()
            assert refusal.value.code == code


def test_load_run_records_nothing(konnektor: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(konnektor.client.transport, "recorder", NULL_RECORDER)
    assert konnektor.client.sign_document(HBA, BUNDLE)
    assert konnektor.recorder.exchanges == ()


def test_app_is_the_only_public_name() -> None:
    import mocks.konnektor as package

    assert package.__all__ == ["app"]
    assert package.app is app
    assert CONTEXT.user
