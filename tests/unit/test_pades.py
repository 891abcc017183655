from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
import typst

from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_qes import QesProblem
from pruefstand.crypto.pades import read_pdf, sign_pdf, verify_pdf
from pruefstand.crypto.pki import Pki

DAY = datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("pades", VirtualClock(DAY))


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return typst.compile(b"= Arztbrief", format="pdf", pdf_standards=["a-2b"])


@pytest.fixture(scope="module")
def signed(pki: Pki, pdf: bytes) -> bytes:
    card = pki.hba().qes
    return sign_pdf(pdf, card, at=DAY, ocsp=pki.ocsp(card.der, at=DAY))


def test_signed_pdf_keeps_the_document_and_names_signer_and_time(
    pki: Pki, pdf: bytes, signed: bytes
) -> None:
    assert signed.startswith(pdf)
    document = verify_pdf(signed)
    assert document.signer_certificate == pki.hba().qes.der
    assert document.signing_time == DAY
    assert document.ocsp is not None
    # ETSI TS 102 778-3: the PDF names time and purpose, the CMS must not.
    assert set(document.attributes) == {
        "1.2.840.113549.1.9.3",
        "1.2.840.113549.1.9.4",
        "1.2.840.113549.1.9.16.2.47",
        "1.2.840.113549.1.9.52",
    }


def test_every_changed_octet_of_the_text_is_noticed(signed: bytes) -> None:
    chance = random.Random(3)
    for _ in range(40):
        broken = bytearray(signed)
        broken[chance.randrange(40, 8000)] ^= 1
        with pytest.raises(QesProblem):
            verify_pdf(bytes(broken))


def test_octets_behind_the_signature_are_noticed(signed: bytes) -> None:
    with pytest.raises(QesProblem, match="whole"):
        verify_pdf(signed + b"%\n")


def test_second_signature_covers_the_first(pki: Pki, signed: bytes) -> None:
    both = sign_pdf(signed, pki.smcb().osig, at=DAY)
    assert verify_pdf(both).signer_certificate == pki.smcb().osig.der


def test_unsigned_pdf_and_other_octets_are_told_apart(pdf: bytes, pki: Pki) -> None:
    assert read_pdf(pdf) is None
    with pytest.raises(QesProblem, match="not signed"):
        verify_pdf(pdf)
    for data in (b"", b"%PDF-1.7", b"PK\x03\x04" * 100, pdf[: len(pdf) // 2]):
        with pytest.raises(QesProblem):
            sign_pdf(data, pki.smcb().osig, at=DAY)
