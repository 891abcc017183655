"""XAdES: what is signed inside XML holds, every change of it shows, and others agree."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from pruefstand.clock import VirtualClock
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.pki.values import Identity, RsaIdentity
from pruefstand.crypto.xades import read_xml, sign_xml

FOREIGN = Path(__file__).with_name("xades_foreign.xml")
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
LETTER = (
    '<a:Brief xmlns:a="urn:a" xmlns="urn:b"><!-- Bemerkung --><b c="1">Grüße</b>\n  Ende </a:Brief>'
).encode()


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("xades", VirtualClock(NOW))


@pytest.fixture(scope="module")
def seal(pki: Pki) -> Identity:
    return pki.smcb("praxis", role="praxis").osig


@pytest.fixture(scope="module")
def signed(seal: Identity) -> bytes:
    return sign_xml(LETTER, seal, at=NOW, ocsp=b"Auskunft")


def problem(document: bytes) -> str:
    """Return why a document is refused, when it is read or when it is checked."""

    def judge() -> None:
        found = read_xml(document)
        assert found is not None
        found.check()

    with pytest.raises(QesProblem) as caught:
        judge()
    return str(caught.value)


def test_a_signature_names_its_signer_and_time_and_holds(signed: bytes, seal: Identity) -> None:
    found = read_xml(signed)
    assert found is not None
    found.check()
    assert (found.signer_certificate, found.signing_time) == (seal.der, NOW)
    assert found.ocsp == b"Auskunft"
    assert b"<!-- Bemerkung -->" in signed


@pytest.mark.parametrize(
    "document",
    [
        b"<a/>",
        b"<?vor x?><a/><?nach y?>",
        b"<a>Text nur hier</a>",
        '<?xml version="1.0" encoding="UTF-8"?><ä ö="ü"/>'.encode(),
    ],
)
def test_any_document_can_be_signed(document: bytes, seal: Identity) -> None:
    found = read_xml(sign_xml(document, seal, at=NOW))
    assert found is not None
    found.check()
    assert found.ocsp is None


def test_an_rsa_card_signs_with_pss(pki: Pki, seal: Identity) -> None:
    twin = pki.rsa_twin(seal)
    assert isinstance(twin, RsaIdentity)
    signed = sign_xml(LETTER, twin, at=NOW)
    found = read_xml(signed)
    assert found is not None
    found.check()
    (value,) = re.findall(b"SignatureValue>([^<]+)<", signed)
    assert "wrong" in problem(signed.replace(value, value[9:10] + value[1:]))


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"Gr", b"gr", "digest of the document"),
        (b"  Ende", b" Ende", "digest of the document"),
        (b'c="1"', b'c="2"', "digest of the document"),
        (b"</ds:Signature>", b"</ds:Signature>x", "digest of the document"),
        (b"T09:00:00Z", b"T09:00:01Z", "digest of #"),
        (b'URI=""', b'URI="#b"', "value is wrong"),
        (b"more#ecdsa-sha256", b"more#ecdsa-sha1", "unsupported signature method"),
        (b"2001/10/xml-exc-c14n#", b"2006/12/xml-c14n11", "unsupported ds:Canonicalization"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AA", "octets"),
        (b"T09:00:00Z", b"T09:00:00", "no zone"),
        (b"T09:00:00Z", b"um neun", "SigningTime"),
        (b"<ds:X509Certificate>", b"<ds:X509Certificate>!", "not base64"),
        (b"<ds:X509Certificate>M", b"<ds:X509Certificate>A", "cannot be read"),
        (b"</ds:Signature>", b"</ds:Signature><ds:Signature xmlns:ds='D'/>", "canonical form"),
    ],
)
def test_every_change_shows(signed: bytes, old: bytes, new: bytes, reason: str) -> None:
    assert old in signed
    assert reason in problem(signed.replace(old, new, 1))


def test_only_a_signed_property_tells_the_time(signed: bytes) -> None:
    """An unsigned one is covered by no digest: it could name a day before a revocation."""
    time = re.search(b"<xades:SigningTime>[^<]+</xades:SigningTime>", signed)
    assert time is not None
    unsigned = b"<xades:UnsignedSignatureProperties>"
    moved = signed.replace(time[0], b"", 1).replace(unsigned, unsigned + time[0], 1)
    assert moved.count(time[0]) == 1
    assert "0 elements" in problem(moved)


def test_another_certificate_does_not_take_the_signature_over(
    signed: bytes, pki: Pki, seal: Identity
) -> None:
    other = sign_xml(LETTER, pki.smcb("andere", role="praxis").osig, at=NOW)
    (der,) = re.findall(b"X509Certificate>([^<]+)<", other)
    assert "value is wrong" in problem(
        re.sub(b"X509Certificate>[^<]+<", b"X509Certificate>" + der + b"<", signed, count=1)
    )


def test_what_is_no_document_is_refused(signed: bytes, seal: Identity) -> None:
    assert read_xml(b"<a/>") is None
    assert "well-formed" in problem(b"<a>")
    assert "document type" in problem(b"<!DOCTYPE a><a/>")
    signature = signed[signed.index(b"<ds:Signature ") : signed.index(b"</a:Brief>")]
    assert "more than one" in problem(signed.replace(b"</a:Brief>", signature + b"</a:Brief>"))
    for document in (b"<a>", b"<!DOCTYPE a><a/>", signed):
        with pytest.raises(QesProblem):
            sign_xml(document, seal, at=NOW)


def test_an_independent_library_agrees(signed: bytes, seal: Identity) -> None:
    library = pytest.importorskip("signxml.xades", reason="signxml is not installed")
    exceptions = pytest.importorskip("signxml.exceptions")
    verify = partial(
        library.XAdESVerifier().verify, x509_cert=seal.certificate, expect_references=2
    )
    results = verify(signed)
    assert [result.signed_xml.tag.partition("}")[2] for result in results] == [
        "Brief",
        "SignedProperties",
    ]
    with pytest.raises(exceptions.InvalidSignature):
        verify(signed.replace(b"Gr", b"gr"))


def test_a_document_that_another_library_signed_is_read() -> None:
    # Signed with libxmlsec1 1.3 by a seal of the test PKI; comments and PIs lie around the root.
    document = FOREIGN.read_bytes()
    found = read_xml(document)
    assert found is not None
    found.check()
    assert found.signing_time == NOW
    assert "digest of the document" in problem(document.replace(b">nach<", b">nah<"))
    assert "digest of the document" in problem(document.replace(b"<?vor x?>", b"<?vor y?>"))
