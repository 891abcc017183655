"""The S/MIME chain of KIM: every step there and back, and what each manipulation is called."""

from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from asn1crypto import cms as cms_types
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pruefstand.clock import VirtualClock
from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_encryption import RECIPIENT_EMAILS, encrypt
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import (
    CertificateKind,
    CertificateProblem,
    Pki,
    ProblemCode,
    RsaIdentity,
    Smcb,
)
from pruefstand.crypto.smime_kim import (
    DecryptionFailure,
    DecryptionResult,
    IntegrityFailure,
    IntegrityResult,
    KimError,
    Recipient,
    RecipientEmail,
    Sealed,
    seal,
    unseal,
    verify,
)
from pruefstand.crypto.smime_kim.layers import unwrap_signed, wrap_message, wrap_signed
from pruefstand.crypto.smime_kim.recipient_emails import read_recipient_emails, recipient_emails

DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
MAIL = b"From: a@x.kim.telematik-test\r\nSubject: Gr\xc3\xbc\xc3\x9fe\r\n\r\n.Punkt\r\n\x00\xff\r\n"
A, B, C = (f"{name}@x.kim.telematik-test" for name in "abc")


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("smime-kim", VirtualClock(DAY))


@pytest.fixture(scope="module")
def sender(pki: Pki) -> Smcb:
    return pki.smcb("Praxis A")


@pytest.fixture(scope="module")
def receiver(pki: Pki) -> Smcb:
    return pki.smcb("Praxis B")


@pytest.fixture(scope="module")
def rsa(pki: Pki, receiver: Smcb) -> RsaIdentity:
    return pki.rsa_twin(receiver.enc)


@pytest.fixture(scope="module")
def recipients(sender: Smcb, receiver: Smcb, rsa: RsaIdentity) -> list[Recipient]:
    return [Recipient(A, sender.enc.der), Recipient(B, receiver.enc.der), Recipient(B, rsa.der)]


@pytest.fixture(scope="module")
def sealed(sender: Smcb, recipients: list[Recipient]) -> bytes:
    return seal(MAIL, signer=sender.osig, recipients=recipients, at=DAY)


def test_the_inner_mail_comes_back_octet_for_octet(
    sealed: bytes, sender: Smcb, receiver: Smcb, rsa: RsaIdentity
) -> None:
    message = Sealed.parse(sealed)
    for holder in (sender.enc, receiver.enc, rsa):
        opened = verify(unseal(message, holder), unprotected=message.recipients)
        assert opened.mail == MAIL
        assert opened.signer_certificate == sender.osig.der
        assert opened.signing_time == DAY


def test_the_structure_is_the_one_of_the_profile(
    sealed: bytes, sender: Smcb, receiver: Smcb, rsa: RsaIdentity
) -> None:
    info = cms_types.ContentInfo.load(sealed)
    assert info["content_type"].dotted == "1.2.840.113549.1.9.16.1.23"
    envelope = info["content"]
    assert envelope["version"].native == "v0"
    assert envelope["originator_info"].native is None
    assert envelope["auth_attrs"].native is None
    infos = envelope["recipient_infos"]
    assert {entry.name for entry in infos} == {"ktri"}
    serials = {entry.chosen["rid"].chosen["serial_number"].native for entry in infos}
    holders = (sender.enc, receiver.enc, rsa)
    assert serials == {holder.certificate.serial_number for holder in holders}
    algorithms = [e.chosen["key_encryption_algorithm"]["algorithm"].dotted for e in infos]
    assert sorted(algorithms) == ["1.2.276.0.76.4.222"] * 2 + ["1.2.840.113549.1.1.7"]
    assert [a["type"].dotted for a in envelope["unauth_attrs"]] == [RECIPIENT_EMAILS]
    part = unseal(Sealed.parse(sealed), receiver.enc)
    signed = cms_types.ContentInfo.load(unwrap_signed(part))["content"]
    assert len(signed["certificates"]) == len(signed["signer_infos"]) == 1
    assert signed["crls"].native is None
    signer = signed["signer_infos"][0]
    assert signer["unsigned_attrs"].native is None
    assert {attribute["type"].dotted for attribute in signer["signed_attrs"]} == {
        "1.2.840.113549.1.9.3",
        "1.2.840.113549.1.9.4",
        "1.2.840.113549.1.9.5",
        "1.2.840.113549.1.9.52",
        "1.2.840.113549.1.9.16.2.47",
        RECIPIENT_EMAILS,
    }


def test_each_recipient_info_has_one_address(sealed: bytes, recipients: list[Recipient]) -> None:
    message = Sealed.parse(sealed)
    assert message.recipients == {
        RecipientEmail.of(to.address, to.certificate) for to in recipients
    }
    named = {(entry.issuer, entry.serial) for entry in message.recipients}
    assert named == {(entry.issuer, entry.serial) for entry in message.document.recipients}
    assert len(message.addressed_to(B.upper())) == 2
    assert not message.addressed_to(C)


def test_the_rsa_certificate_passes_the_chain_check(pki: Pki, rsa: RsaIdentity) -> None:
    info = pki.verify(rsa.der, kind=CertificateKind.HCI_ENC, at=DAY)
    assert info.telematik_id == pki.smcb("Praxis B").telematik_id
    expired = pki.smcb("Praxis Gestern", valid_until=date(2020, 12, 31)).enc
    with pytest.raises(CertificateProblem) as caught:
        pki.verify(expired.der, kind=CertificateKind.HCI_ENC, at=DAY)
    assert caught.value.code is ProblemCode.CERTIFICATE_NOT_VALID_TIME


def test_a_foreign_card_finds_no_key(sealed: bytes, pki: Pki) -> None:
    with pytest.raises(DecryptionFailure) as caught:
        unseal(Sealed.parse(sealed), pki.smcb("Praxis C").enc)
    assert caught.value.result is DecryptionResult.KEY_UNAVAILABLE
    assert caught.value.error is KimError.KEY_UNAVAILABLE


def test_a_changed_ciphertext_is_altered_after_encryption(sealed: bytes, receiver: Smcb) -> None:
    document = Sealed.parse(sealed).document
    position = sealed.index(document.ciphertext[:64]) + 20
    broken = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
    with pytest.raises(DecryptionFailure) as caught:
        unseal(Sealed.parse(broken), receiver.enc)
    assert caught.value.error is KimError.ALTERED_AFTER_ENCRYPTION


@pytest.mark.parametrize("octets", [b"", b"\x30\x80", b"\x30\x03\x06\x01\x2a", b"no CMS at all"])
def test_what_is_no_envelope_has_the_wrong_format(octets: bytes) -> None:
    with pytest.raises(DecryptionFailure) as caught:
        Sealed.parse(octets)
    assert caught.value.result is DecryptionResult.WRONG_FORMAT
    assert caught.value.error is KimError.WRONG_ENCRYPTION_FORMAT


def test_random_octet_changes_never_escape_the_documented_failures(
    sealed: bytes, receiver: Smcb
) -> None:
    chance = random.Random(7)
    for _ in range(300):
        broken = bytearray(sealed)
        for _ in range(chance.randint(1, 3)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        try:
            message = Sealed.parse(bytes(broken))
            verify(unseal(message, receiver.enc), unprotected=message.recipients)
        except (DecryptionFailure, IntegrityFailure):
            pass


def part_of(sealed: bytes, receiver: Smcb) -> tuple[bytes, frozenset[RecipientEmail]]:
    message = Sealed.parse(sealed)
    return unseal(message, receiver.enc), message.recipients


def test_every_broken_integrity_has_its_code(sealed: bytes, sender: Smcb, receiver: Smcb) -> None:
    part, entries = part_of(sealed, receiver)
    signed = unwrap_signed(part)
    other = frozenset(replace(entry, address=C) for entry in entries)
    loose = QesSigner(sender.osig, short_text=None, mime_type=None)
    cases = [
        (wrap_message(MAIL), entries, IntegrityResult.NO_SIGNATURE),
        (wrap_signed(b"0\x80"), entries, IntegrityResult.WRONG_FORMAT),
        (wrap_signed(signed.replace(b"Punkt", b"Komma")), entries, IntegrityResult.BROKEN),
        (wrap_signed(signed[:-1] + bytes([signed[-1] ^ 1])), entries, IntegrityResult.BROKEN),
        (part, other, IntegrityResult.RECIPIENTS_DIFFER),
        (part, frozenset(), IntegrityResult.RECIPIENTS_DIFFER),
        (
            wrap_signed(loose.sign(wrap_message(MAIL), at=DAY)),
            entries,
            IntegrityResult.RECIPIENTS_DIFFER,
        ),
        (
            wrap_signed(loose.sign(wrap_message(MAIL), at=DAY)),
            frozenset(),
            IntegrityResult.RECIPIENTS_DIFFER,
        ),
        (
            wrap_signed(QesSigner(sender.osig, short_text=None, mime_type=None).sign(MAIL, at=DAY)),
            entries,
            IntegrityResult.WRONG_FORMAT,
        ),
    ]
    for changed, unprotected, result in cases:
        with pytest.raises(IntegrityFailure) as caught:
            verify(changed, unprotected=unprotected)
        assert caught.value.result is result


def as_ber(data: bytes, element: asn1.Element) -> bytes:
    """Return the element with indefinite lengths, long contents in chunks of 1000 octets."""
    tag, end = bytes([element.tag | asn1.CONSTRUCTED]), b"\0\0"
    if element.tag & asn1.CONSTRUCTED:
        inner = b"".join(as_ber(data, child) for child in asn1.children(data, element))
        return tag + b"\x80" + inner + end
    if element.tag != 0x80 or element.stop - element.start < 1000:
        return asn1.raw(data, element)
    content = data[element.start : element.stop]
    starts = range(0, len(content), 1000)
    chunks = b"".join(asn1.octet_string(content[at : at + 1000]) for at in starts)
    return tag + b"\x80" + chunks + end


def test_chunked_ber_is_read_like_der(sealed: bytes, receiver: Smcb) -> None:
    ber = as_ber(sealed, asn1.read(sealed, 0, len(sealed)))
    assert b"\xa0\x80\x04\x82\x03\xe8" in ber
    message = Sealed.parse(ber)
    part = unseal(message, receiver.enc)
    assert verify(part, unprotected=message.recipients).mail == MAIL


def test_the_attribute_of_the_profile_with_a_nested_set_is_read(
    recipients: list[Recipient],
) -> None:
    entries = [RecipientEmail.of(to.address, to.certificate) for to in recipients]
    plain = recipient_emails(entries)
    nested = asn1.set_of(*plain.values)
    assert read_recipient_emails(nested) == read_recipient_emails(b"".join(plain.values))
    with pytest.raises(asn1.DerProblem):
        read_recipient_emails(asn1.set_of(nested))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_what_it_can(tmp_path: Path, pki: Pki, sender: Smcb, receiver: Smcb) -> None:
    """The signature as it is; the envelope without the attributes its parser refuses."""
    part, _ = part_of(
        seal(MAIL, signer=sender.osig, recipients=[Recipient(B, receiver.enc.der)], at=DAY),
        receiver,
    )
    rsa = pki.rsa_twin(receiver.enc)
    files = {
        "signed.der": unwrap_signed(part),
        "envelope.der": encrypt(part, [rsa.der]),
        "ca.pem": pki.ca_chain_pem(),
        "cert.der": rsa.der,
    }
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    _write_key(tmp_path / "key.pem", rsa)
    out = tmp_path / "out"
    moment = str(int(DAY.timestamp()))
    trust = f"-CAfile {tmp_path}/ca.pem -purpose any -attime {moment}"
    openssl(f"-verify -in {tmp_path}/signed.der {trust} -out {out}")
    assert out.read_bytes() == wrap_message(MAIL)
    holder = f"-inkey {tmp_path}/key.pem -recip {tmp_path}/cert.der"
    openssl(f"-decrypt -in {tmp_path}/envelope.der {holder} -out {out}")
    assert out.read_bytes() == part


def openssl(arguments: str) -> None:
    command = ["openssl", "cms", "-binary", "-inform", "DER", *arguments.split()]
    done = subprocess.run(command, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr


def _write_key(path: Path, identity: RsaIdentity) -> None:
    pem = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(pem)
