"""What the Konnektor says about signatures and certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pruefstand.clients.konnektor import KonnektorFault, Verifier
from pruefstand.crypto import cms_qes
from pruefstand.crypto.pki import Pki
from pruefstand.model.exchange import Layer
from tests.contract.konnektor_bench import Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
DOCUMENT = b"<Bundle/>"
DOCTOR = "1.2.276.0.76.4.30"


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def signed(konnektor: Bench) -> bytes:
    return konnektor.client.sign_document(HBA, DOCUMENT)[0]


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    verifier, now = Verifier(konnektor.client), konnektor.ctx.clock.now()
    document = signed(konnektor)
    verifier.document(document, DOCUMENT, at=now, revocation=True)
    verifier.certificate(konnektor.ctx.pki.hba().aut.der, now)
    verifier.certificate(konnektor.ctx.pki.tls_client("x").der)
    verifier.expirations()
    with pytest.raises(KonnektorFault):
        verifier.document(b"")
    for exchange in konnektor.layer(Layer.SOAP)[2:]:
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_signature_service_7_4_verifies_too(konnektor: Bench) -> None:
    Verifier(konnektor.client).document(signed(konnektor))
    newer = konnektor.layer(Layer.SOAP)[-1].request.body
    response = konnektor.post(newer.replace(b"SignatureService/v7.5", b"SignatureService/v7.4"))
    assert b">VALID<" in response.body
    assert_valid_message(response.body)


def test_good_signature_is_valid_at_the_time_of_signing(konnektor: Bench) -> None:
    found = Verifier(konnektor.client).document(signed(konnektor), DOCUMENT)
    assert (found.result, found.timestamp_type) == ("VALID", "SIGNATURE_EMBEDDED_TIMESTAMP")
    assert found.timestamp.startswith("2026-11-24T11:00")
    assert found.updated is None


def test_revocation_information_is_embedded_on_demand(konnektor: Bench) -> None:
    konnektor.ctx.faults.switch("ocsp_fehlt", True)
    bare = signed(konnektor)
    assert cms_qes.parse(bare).ocsp is None
    found = Verifier(konnektor.client).document(bare, revocation=True)
    assert found.updated is not None
    assert cms_qes.verify(found.updated).ocsp is not None


def test_changed_signature_and_foreign_document_are_invalid(konnektor: Bench) -> None:
    verifier, document = Verifier(konnektor.client), signed(konnektor)
    assert verifier.document(document[:-1] + bytes([document[-1] ^ 1])).result == "INVALID"
    assert verifier.document(document, b"<Other/>").result == "INVALID"
    assert verifier.document(document, DOCUMENT).result == "VALID"


def test_revocation_counts_from_its_instant_on(konnektor: Bench) -> None:
    verifier, now = Verifier(konnektor.client), konnektor.ctx.clock.now()
    document = signed(konnektor)
    konnektor.ctx.pki.revoke(konnektor.ctx.pki.hba().qes.der, now + timedelta(minutes=1))
    assert verifier.document(document).result == "VALID"
    late = verifier.document(document, at=now + timedelta(minutes=2))
    assert (late.result, late.timestamp_type) == ("INVALID", "USER_DEFINED_TIMESTAMP")


def test_without_ocsp_nothing_can_be_said(konnektor: Bench) -> None:
    verifier, document = Verifier(konnektor.client), signed(konnektor)
    konnektor.ctx.faults.switch("ocsp_nicht_erreichbar", True)
    assert verifier.document(document).result == "INCONCLUSIVE"
    certificate = verifier.certificate(konnektor.ctx.pki.hba().aut.der)
    assert (certificate.result, certificate.code) == ("INCONCLUSIVE", 1032)
    service = konnektor.ctx.pki.service("idp-sig")
    assert verifier.certificate(service.der).result == "VALID"


@pytest.mark.parametrize(("signature", "code"), [(b"", 4253), (b"no CMS", 4115)])
def test_missing_and_unreadable_signatures_are_refused(
    konnektor: Bench, signature: bytes, code: int
) -> None:
    with pytest.raises(KonnektorFault) as refusal:
        Verifier(konnektor.client).document(signature)
    assert refusal.value.code == code


def test_certificate_of_a_doctor_is_valid_with_its_role(konnektor: Bench) -> None:
    found = Verifier(konnektor.client).certificate(konnektor.ctx.pki.hba().qes.der)
    assert (found.result, found.code, found.roles) == ("VALID", 0, (DOCTOR,))


def test_certificate_is_invalid_after_its_end_and_when_revoked(konnektor: Bench) -> None:
    verifier, pki, now = Verifier(konnektor.client), konnektor.ctx.pki, konnektor.ctx.clock.now()
    certificate = pki.smcb().aut.der
    assert verifier.certificate(certificate, now + timedelta(days=7300)).code == 1021
    pki.revoke(certificate, now - timedelta(days=1))
    found = verifier.certificate(certificate)
    assert (found.result, found.code) == ("INVALID", 1047)


def test_certificate_of_a_foreign_authority_is_inconclusive(konnektor: Bench) -> None:
    foreign = Pki("foreign", konnektor.ctx.clock).hba().aut.der
    found = Verifier(konnektor.client).certificate(foreign)
    assert (found.result, found.code, found.roles) == ("INCONCLUSIVE", 1023, (DOCTOR,))


def test_unreadable_certificate_and_time_are_syntax_errors(konnektor: Bench) -> None:
    verifier = Verifier(konnektor.client)
    with pytest.raises(KonnektorFault) as refusal:
        verifier.certificate(b"no certificate")
    assert refusal.value.code == 4000
    verifier.certificate(konnektor.ctx.pki.hba().aut.der, konnektor.ctx.clock.now())
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    assert b">4000<" in konnektor.post(message.replace(b"Time>2026", b"Time>noon2026")).body


def test_expirations_name_the_cards_in_reach_and_the_konnektor(konnektor: Bench) -> None:
    verifier = Verifier(konnektor.client)
    found = verifier.expirations()
    assert [entry.handle for entry in found] == [HBA, SMCB, ""]
    assert found[1].iccsn == konnektor.ctx.pki.smcb("praxis").iccsn
    assert verifier.expirations(SMCB) == (found[1],)
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    assert b">4147<" in konnektor.post(message.replace(b">ECC<", b">RSA<")).body


def test_expiration_of_an_egk_is_refused_and_not_listed() -> None:
    egk = {"type": "EGK", "handle": "EGK-1", "kvnr": "X110411675"}
    cards = [egk, {"type": "HBA", "handle": HBA}]
    with bench(cards=cards) as konnektor:
        verifier = Verifier(konnektor.client)
        with pytest.raises(KonnektorFault) as refusal:
            verifier.expirations("EGK-1")
        assert refusal.value.code == 4090
        assert [entry.handle for entry in verifier.expirations()] == [HBA, ""]
