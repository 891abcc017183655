from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.clock import VirtualClock
from pruefstand.crypto import cms_structure as cms
from pruefstand.crypto import der as asn1
from pruefstand.crypto import ocsp
from pruefstand.crypto.ber import indefinite
from pruefstand.crypto.cms_qes import Outside, QesProblem, QesSigner, parse, verify, with_ocsp
from pruefstand.crypto.pki import Pki

DAY = datetime(2026, 11, 23, 9, 30, 15, tzinfo=UTC)
CONTENT = "<Bundle>Ä ß €</Bundle>\r\n".encode() * 40
SHA256 = asn1.sequence(asn1.oid("2.16.840.1.101.3.4.2.1"))
ECDSA = asn1.sequence(asn1.oid("1.2.840.10045.4.3.2"))
DATA = asn1.oid(cms.ID_DATA)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("qes", VirtualClock(DAY))


@pytest.fixture(scope="module")
def signer(pki: Pki) -> QesSigner:
    return QesSigner(pki.hba().qes)


@pytest.fixture(scope="module")
def answer(pki: Pki) -> bytes:
    return pki.ocsp(pki.hba().qes.der, at=DAY)


def test_what_was_signed_comes_back_unchanged(signer: QesSigner, answer: bytes, pki: Pki) -> None:
    document = verify(signer.sign(CONTENT, at=DAY, ocsp=answer))
    assert document.content == CONTENT
    assert document.signing_time == DAY
    assert document.message_digest == hashlib.sha256(CONTENT).digest()
    assert document.signer_certificate == pki.hba().qes.der
    assert document.ocsp == answer
    assert (document.version, document.signer_info_count, document.is_der) == (5, 1, True)
    assert document.mime_type == "text/plain; charset=utf-8"
    assert document.short_text == "a CMSDocument2sign"


def test_without_ocsp_the_version_is_one(signer: QesSigner) -> None:
    document = verify(signer.sign(CONTENT, at=DAY))
    assert (document.version, document.ocsp) == (1, None)


def test_the_attributes_are_those_of_the_konnektors(signer: QesSigner, pki: Pki) -> None:
    document = verify(signer.sign(CONTENT, at=DAY))
    assert set(document.attributes) == {
        cms.CONTENT_TYPE,
        cms.MESSAGE_DIGEST,
        cms.SIGNING_TIME,
        cms.SIGNING_CERTIFICATE_V2,
        cms.CONTENT_HINT,
        cms.ALGORITHM_PROTECTION,
        cms.MIME_TYPE,
    }
    plain = QesSigner(pki.hba().qes, mime_type=None, short_text="Rezept")
    document = verify(plain.sign(CONTENT, at=DAY))
    assert cms.MIME_TYPE not in document.attributes
    assert document.short_text == "Rezept"


def test_every_official_example_verifies() -> None:
    root = os.environ.get("PRUEFSTAND_SPECS")
    if not root:
        pytest.skip("PRUEFSTAND_SPECS is not set")
    paths = sorted((Path(root) / "examples" / "qes").glob("*.p7"))
    if not paths:
        pytest.skip("PRUEFSTAND_SPECS holds no examples/qes")
    documents = [verify(path.read_bytes()) for path in paths]
    assert len(documents) == 40
    assert {document.is_der for document in documents} == {True, False}
    for path, document in zip(paths, documents, strict=True):
        data = path.read_bytes()
        changed = replace_once(data, document.signature, flip(document.signature, 100))
        with pytest.raises(QesProblem, match="signature is wrong"):
            verify(changed)
        if document.ocsp is not None:
            assert ocsp.read_response(document.ocsp).cert_hash is not None
            assert verify(with_ocsp(data, document.ocsp)).content == document.content


@pytest.mark.parametrize("embedded", [True, False])
def test_openssl_accepts_our_signature_and_returns_the_content(
    signer: QesSigner, answer: bytes, pki: Pki, tmp_path: Path, embedded: bool
) -> None:
    signed = signer.sign(CONTENT, at=DAY, ocsp=answer if embedded else None)
    status, output = run_openssl(signed, pki, tmp_path)
    assert status == 0
    assert output == CONTENT
    broken = replace_once(signed, CONTENT, flip(CONTENT, 5))
    assert run_openssl(broken, pki, tmp_path)[0] != 0


def test_openssl_accepts_a_document_whose_ocsp_was_replaced(
    signer: QesSigner, answer: bytes, pki: Pki, tmp_path: Path
) -> None:
    signed = with_ocsp(signer.sign(CONTENT, at=DAY), answer)
    assert run_openssl(signed, pki, tmp_path) == (0, CONTENT)


def run_openssl(signed: bytes, pki: Pki, folder: Path) -> tuple[int, bytes]:
    binary = shutil.which("openssl")
    if binary is None:
        pytest.skip("no openssl binary")
    chain, message, output = folder / "ca.pem", folder / "signed.p7", folder / "content"
    chain.write_bytes(pki.ca_chain_pem())
    message.write_bytes(signed)
    output.unlink(missing_ok=True)
    options = ["-partial_chain", "-purpose", "any", "-no_check_time", "-binary", "-inform", "DER"]
    command = [binary, "cms", "-verify", "-cades", "-CAfile", str(chain), *options]
    done = subprocess.run(
        [*command, "-in", str(message), "-out", str(output)],
        capture_output=True,
        check=False,
        timeout=30,
    )
    return done.returncode, output.read_bytes() if output.exists() else b""


def flip(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def replace_once(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def test_a_flipped_bit_is_refused_wherever_it_is_protected(
    signer: QesSigner, answer: bytes, pki: Pki
) -> None:
    signed = signer.sign(CONTENT, at=DAY, ocsp=answer)
    document = verify(signed)
    parts = (
        CONTENT,
        document.signature,
        document.signer_certificate,
        document.signed_attributes[4:],
    )
    for part in parts:
        begin = signed.index(part)
        for position in range(begin, begin + len(part), max(1, len(part) // 40)):
            with pytest.raises(QesProblem):
                verify(flip(signed, position))


def test_no_truncation_is_readable_and_nothing_may_follow(signer: QesSigner, answer: bytes) -> None:
    signed = signer.sign(CONTENT, at=DAY, ocsp=answer)
    for size in [*range(0, len(signed), 61), len(signed) - 1]:
        with pytest.raises(QesProblem):
            parse(signed[:size])
    with pytest.raises(QesProblem, match="follow"):
        parse(signed + b"\x00")


def test_every_bit_outside_the_revocation_values_counts(signer: QesSigner) -> None:
    signed = signer.sign(b"x", at=DAY)
    version = signed.index(b"\x02\x01\x01") + 2
    unnoticed = set()
    for position in range(len(signed)):
        for bit in range(8):
            changed = bytearray(signed)
            changed[position] ^= 1 << bit
            try:
                verify(bytes(changed))
            except QesProblem:
                continue
            unnoticed.add(position)
    # SignedData of version 3 or 5 instead of 1 changes nothing that is signed.
    assert unnoticed <= {version}


def test_deep_nesting_is_refused_quickly(pki: Pki) -> None:
    for tower in (b"\x30\x80" * 200_000, b"\x24\x80" * 100_000 + b"\x00\x00" * 100_000):
        with pytest.raises(QesProblem):
            parse(tower)
    nested = b"\x04\x01x"
    for _ in range(60):
        nested = asn1.tlv(0x24, nested)
    with pytest.raises(QesProblem, match="deep"):
        parse(build(pki, content=asn1.context(0, nested)))
    value = b"\x05\x00"
    for _ in range(60):
        value = asn1.sequence(value)
    with pytest.raises(QesProblem, match="deep"):
        parse(build(pki, extra=[attribute("1.2.3.4", value)]))


def attribute(oid: str, *values: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.set_of(*values))


def build(
    pki: Pki,
    *,
    content: bytes | None = None,
    extra: list[bytes] | None = None,
    drop: str | None = None,
    time: bytes | None = None,
    digest: bytes | None = None,
    signers: int = 1,
    signature_algorithm: bytes = ECDSA,
    attributes_tag: int = 0xA0,
) -> bytes:
    """Build a correctly signed CMS by other code than the template, with one peculiarity."""
    card = pki.hba().qes
    known = parse(QesSigner(card).sign(CONTENT, at=DAY)).attributes
    chosen = {**known}
    chosen[cms.SIGNING_TIME] = time or known[cms.SIGNING_TIME]
    chosen[cms.MESSAGE_DIGEST] = digest or known[cms.MESSAGE_DIGEST]
    encoded = [attribute(oid, value) for oid, value in chosen.items() if oid != drop]
    signed = asn1.set_of(*encoded, *(extra or []))
    signature = card.key.sign(signed, ec.ECDSA(hashes.SHA256()))
    head = QesSigner(card)._signer_head
    info = asn1.sequence(
        head,
        bytes([attributes_tag]) + signed[1:],
        signature_algorithm,
        asn1.octet_string(signature),
    )
    body = asn1.context(0, asn1.octet_string(CONTENT)) if content is None else content
    data = asn1.sequence(
        asn1.integer(1),
        asn1.set_of(SHA256),
        asn1.sequence(DATA, body),
        asn1.context(0, card.der),
        asn1.tlv(asn1.SET, info * signers),
    )
    return asn1.sequence(asn1.oid(cms.ID_SIGNED_DATA), asn1.context(0, data))


def test_the_independent_builder_makes_acceptable_documents(pki: Pki) -> None:
    assert verify(build(pki)).content == CONTENT
    chunks = asn1.tlv(
        0x24, b"".join(asn1.octet_string(CONTENT[i:][:99]) for i in range(0, 2000, 99))
    )
    assert verify(build(pki, content=asn1.context(0, chunks))).content == CONTENT


def test_each_structural_defect_is_named(pki: Pki) -> None:
    foreign = asn1.sequence(asn1.oid("1.2.840.113549.1.1.11"))
    generalized = asn1.generalized_time(DAY)
    month_13 = b"\x17\x0d261301000000Z"
    cases = {
        "detached": build(pki, content=b""),
        "2 signers": build(pki, signers=2),
        "0 signers": build(pki, signers=0),
        "signingTime is missing": build(pki, drop=cms.SIGNING_TIME),
        "messageDigest is missing": build(pki, drop=cms.MESSAGE_DIGEST),
        "contentType": build(pki, drop=cms.CONTENT_TYPE),
        "signingCertificate": build(pki, drop=cms.SIGNING_CERTIFICATE_V2),
        "not a UTCTime": build(pki, time=generalized),
        "no date": build(pki, time=month_13),
        "messageDigest does not match": build(pki, digest=asn1.octet_string(bytes(32))),
        "twice": build(pki, extra=[attribute(cms.SIGNING_TIME, asn1.utc_time(DAY))]),
        "exactly one value": build(pki, extra=[attribute("1.2.3", b"\x05\x00", b"\x02\x01\x01")]),
        "other algorithms": build(pki, signature_algorithm=foreign),
        "signedAttrs expected": build(pki, attributes_tag=0xA1),
    }
    for text, signed in cases.items():
        with pytest.raises(QesProblem, match=text):
            verify(signed)


def test_an_rsa_label_on_a_curve_key_is_refused(pki: Pki) -> None:
    foreign = asn1.sequence(asn1.oid("1.2.840.113549.1.1.11"))
    signed = build(pki, signature_algorithm=foreign, drop=cms.ALGORITHM_PROTECTION)
    with pytest.raises(QesProblem, match="unsupported signature algorithm"):
        verify(signed)


def test_the_certificate_reference_must_name_the_signer(pki: Pki) -> None:
    other = QesSigner(pki.hba("another").qes)
    foreign = parse(other.sign(CONTENT, at=DAY)).attributes[cms.SIGNING_CERTIFICATE_V2]
    signed = build(
        pki, drop=cms.SIGNING_CERTIFICATE_V2, extra=[attribute(cms.SIGNING_CERTIFICATE_V2, foreign)]
    )
    with pytest.raises(QesProblem, match="another certificate"):
        verify(signed)


def test_a_signer_identity_without_its_certificate_is_refused(pki: Pki, signer: QesSigner) -> None:
    signed = signer.sign(CONTENT, at=DAY)
    other = pki.hba("another").qes.der
    document = parse(signed)
    envelope = cms.read_envelope(signed)
    assert envelope.certificates is not None
    assert document.certificates == (pki.hba().qes.der,)
    body = asn1.sequence(
        asn1.integer(1),
        asn1.raw(signed, envelope.digests),
        asn1.raw(signed, envelope.content),
        asn1.context(0, other),
        asn1.raw(signed, envelope.signers),
    )
    swapped = asn1.sequence(asn1.oid(cms.ID_SIGNED_DATA), asn1.context(0, body))
    with pytest.raises(QesProblem, match="names none"):
        parse(swapped)


def test_indefinite_lengths_all_the_way_down_verify(pki: Pki) -> None:
    signed = QesSigner(pki.hba().qes).sign(CONTENT, at=DAY)
    loose = indefinite(signed, keep=(pki.hba().qes.der,))
    assert loose[:2] == b"\x30\x80"
    document = verify(loose)
    assert document.content == CONTENT
    assert not document.is_der
    with pytest.raises(QesProblem):
        parse(loose[:-2])


def test_ocsp_can_be_added_and_replaced_without_touching_the_signature(
    pki: Pki, signer: QesSigner, answer: bytes
) -> None:
    signed = signer.sign(CONTENT, at=DAY)
    added = with_ocsp(signed, answer)
    assert verify(added).ocsp == answer
    assert verify(added).version == 5
    fresh = pki.ocsp(pki.hba().qes.der, at=DAY, nonce=b"12345678")
    replaced = verify(with_ocsp(added, fresh))
    assert replaced.ocsp == fresh
    assert replaced.signature == verify(signed).signature
    with pytest.raises(QesProblem):
        with_ocsp(signed[:-1], answer)


def test_documents_are_values(signer: QesSigner) -> None:
    document = parse(signer.sign(CONTENT, at=DAY))
    assert replace(document, content=b"").content == b""
    with pytest.raises(AttributeError):
        document.content = b""  # type: ignore[misc]


def test_oids_survive_the_round_trip() -> None:
    for text in ("0.4.0.1733.2.1", "1.2.276.0.76.4.30", "2.16.840.1.101.3.4.2.1", "2.999.1"):
        encoded = asn1.oid(text)
        assert asn1.dotted_oid(encoded[2:]) == text


def test_detached_signature_belongs_to_its_content(signer: QesSigner) -> None:
    signed = signer.sign(CONTENT, at=DAY, enveloping=False)
    assert CONTENT not in signed
    assert verify(signed, Outside(CONTENT)).content == CONTENT
    with pytest.raises(QesProblem, match="detached"):
        verify(signed)
    with pytest.raises(QesProblem, match="messageDigest"):
        verify(signed, Outside(CONTENT + b" "))


def test_rsa_card_signs_with_pss_and_its_certificate_holds(pki: Pki) -> None:
    twin = pki.rsa_twin(pki.hba().qes)
    assert twin is pki.rsa_twin(pki.hba().qes)
    assert twin.key.key_size == 2048
    document = verify(QesSigner(twin).sign(CONTENT, at=DAY))
    assert asn1.oid("1.2.840.113549.1.1.10") in document.signature_algorithm
    assert document.signer_certificate == twin.der
    assert pki.verify(twin.der, kind=twin.kind, at=DAY).telematik_id == pki.hba().telematik_id
    signed = QesSigner(twin).sign(CONTENT, at=DAY)
    with pytest.raises(QesProblem, match="signature is wrong"):
        verify(signed[:-1] + bytes([signed[-1] ^ 1]))


def test_recipient_emails_may_have_several_values(pki: Pki) -> None:
    values = asn1.set_of(*(asn1.sequence(asn1.tlv(0x16, name)) for name in (b"a@x", b"b@x")))
    attribute = asn1.sequence(asn1.oid(cms.RECIPIENT_EMAILS), values)
    document = verify(QesSigner(pki.smcb().osig, extra=[attribute]).sign(CONTENT, at=DAY))
    assert cms.RECIPIENT_EMAILS in document.attributes
