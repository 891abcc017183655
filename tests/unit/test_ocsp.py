from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library

from pruefstand.clock import VirtualClock
from pruefstand.crypto import ocsp
from pruefstand.crypto.pki import CertificateProblem, Pki

DAY = datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)


@pytest.fixture
def pki() -> Pki:
    return Pki("ocsp", VirtualClock(DAY))


def test_a_good_answer_holds_the_hash_of_the_certificate(pki: Pki) -> None:
    card = pki.hba().qes
    answer = ocsp.read_response(pki.ocsp(card.certificate, at=DAY))
    assert answer.status == "good"
    assert answer.serial == card.certificate.serial_number
    assert answer.cert_hash == hashlib.sha256(card.der).digest()
    assert answer.revoked_at is None
    assert answer.this_update == DAY.replace(second=0)
    assert pki.verify_ocsp(pki.ocsp(card.der, at=DAY), card.der, at=DAY).status == "good"


def test_a_revoked_certificate_is_revoked_from_its_instant_only(pki: Pki) -> None:
    card = pki.hba().qes
    assert ocsp.read_response(pki.ocsp(card.der, at=DAY)).status == "good"
    pki.revoke(card.der, DAY)
    later, earlier = DAY + timedelta(minutes=1), DAY - timedelta(minutes=1)
    answer = ocsp.read_response(pki.ocsp(card.der, at=later))
    assert (answer.status, answer.revoked_at) == ("revoked", DAY)
    assert ocsp.read_response(pki.ocsp(card.der, at=earlier)).status == "good"


def test_a_certificate_revoked_later_was_good_when_it_signed(pki: Pki) -> None:
    card = pki.hba().qes
    pki.revoke(card.der, DAY)
    answer = pki.ocsp(card.der, at=DAY + timedelta(hours=1))
    pki.verify_ocsp(answer, card.der, at=DAY - timedelta(hours=1))
    with pytest.raises(CertificateProblem) as caught:
        pki.verify_ocsp(answer, card.der, at=DAY + timedelta(minutes=5))
    assert caught.value.code == 1047


def test_a_foreign_certificate_is_unknown_and_gets_no_hash(pki: Pki) -> None:
    foreign = Pki("other", VirtualClock(DAY)).hba().qes
    answer = pki.ocsp(foreign.certificate, at=DAY)
    status = ocsp.read_response(answer)
    assert (status.status, status.cert_hash) == ("unknown", None)
    with pytest.raises(CertificateProblem) as caught:
        pki.verify_ocsp(answer, foreign.der, at=DAY)
    assert caught.value.code == 1044


def test_another_process_with_the_same_seed_knows_the_card(pki: Pki) -> None:
    twin = Pki("ocsp", VirtualClock(DAY)).hba("elsewhere").qes
    assert ocsp.read_response(pki.ocsp(twin.certificate, at=DAY)).status == "good"


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256()])
def test_a_request_of_the_library_is_answered_with_its_nonce(
    pki: Pki, algorithm: hashes.HashAlgorithm
) -> None:
    card, issuer = pki.hba().qes, pki.authorities
    authority = next(a for a in issuer.values() if a.name == card.certificate.issuer)
    builder = library.OCSPRequestBuilder().add_certificate(
        card.certificate, authority.certificate, algorithm
    )
    inquiry = builder.build().public_bytes(Encoding.DER)
    answer = library.load_der_ocsp_response(pki.ocsp_answer(inquiry, at=DAY))
    assert answer.certificate_status is library.OCSPCertStatus.GOOD
    assert answer.hash_algorithm.name == algorithm.name
    own = ocsp.build_request(ocsp.read_request(inquiry).cert_id, nonce=b"n" * 16)
    repeated = ocsp.read_response(pki.ocsp_answer(own, at=DAY))
    assert (repeated.status, repeated.nonce) == ("good", b"n" * 16)


def test_a_request_for_an_unheard_of_serial_is_unknown(pki: Pki) -> None:
    question = ocsp.CertId("1.3.14.3.2.26", b"a" * 20, b"b" * 20, 4711)
    answer = ocsp.read_response(pki.ocsp_answer(ocsp.build_request(question), at=DAY))
    assert (answer.status, answer.serial) == ("unknown", 4711)


def test_forged_swapped_and_stale_answers_are_refused(pki: Pki) -> None:
    card, other = pki.hba().qes, pki.hba().aut
    good = pki.ocsp(card.der, at=DAY)
    foreign = Pki("other", VirtualClock(DAY)).ocsp(card.der, at=DAY)
    basic = ocsp.read_response(good)
    assert basic.signer is not None
    position = good.index(basic.signer) - 20
    forged = good[:position] + bytes([good[position] ^ 1]) + good[position + 1 :]
    cases = {
        1030: (foreign, card.der, DAY),
        1031: (forged, card.der, DAY),
        1032: (good, other.der, DAY),
    }
    for code, (answer, certificate, at) in cases.items():
        with pytest.raises(CertificateProblem) as caught:
            pki.verify_ocsp(answer, certificate, at=at)
        assert caught.value.code == code
    with pytest.raises(CertificateProblem, match="outdated"):
        pki.verify_ocsp(good, card.der, at=DAY + timedelta(hours=13))
    with pytest.raises(CertificateProblem, match="future"):
        pki.verify_ocsp(good, card.der, at=DAY, now=DAY - timedelta(minutes=5))
    pki.verify_ocsp(good, card.der, at=DAY + timedelta(hours=11), now=DAY)


def test_cert_hash_is_mandatory_and_compared(pki: Pki) -> None:
    card, other, signer = pki.hba().qes, pki.hba().aut, pki.service("ocsp")
    wanted = ocsp.read_response(pki.ocsp(card.der, at=DAY))
    identifier = ocsp.CertId("1.3.14.3.2.26", b"a" * 20, b"b" * 20, wanted.serial)
    for certificate, code in ((None, 1040), (other.der, 1041)):
        answer = ocsp.build_response(
            signer, identifier, "good", this_update=DAY, certificate=certificate
        )
        with pytest.raises(CertificateProblem) as caught:
            pki.verify_ocsp(answer, card.der, at=DAY)
        assert caught.value.code == code


def test_unreadable_input_is_an_ocsp_problem(pki: Pki) -> None:
    good = pki.ocsp(pki.hba().qes.der, at=DAY)
    for broken in (b"", good[:-1], ocsp.MALFORMED_REQUEST, b"\x30\x80"):
        with pytest.raises(ocsp.OcspProblem):
            ocsp.read_response(broken)
        with pytest.raises(ocsp.OcspProblem):
            ocsp.read_request(broken)


def test_a_revoked_answer_needs_a_time(pki: Pki) -> None:
    identifier = ocsp.CertId("1.3.14.3.2.26", b"a" * 20, b"b" * 20, 1)
    with pytest.raises(ocsp.OcspProblem):
        ocsp.build_response(pki.service("ocsp"), identifier, "revoked", this_update=DAY)
