from __future__ import annotations

import random
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from pruefstand.clock import VirtualClock
from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_encryption import (
    RECIPIENT_EMAILS,
    Attribute,
    EncryptionProblem,
    NotARecipient,
    decrypt,
    encrypt,
    open_key,
    parse,
    seal_key,
)
from pruefstand.crypto.pki import Identity, Pki

DAY = datetime(2026, 11, 23, tzinfo=UTC)
CONTENT = b"Content-Type: message/rfc822\r\n\r\nGr\xc3\xbc\xc3\x9fe\r\n" * 50
EMAILS = Attribute(RECIPIENT_EMAILS, (asn1.sequence(asn1.tlv(0x16, b"praxis@x.kim.telematik")),))


@dataclass(frozen=True)
class RsaHolder:
    key: rsa.RSAPrivateKey
    der: bytes


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("cms-encryption", VirtualClock(DAY))


@pytest.fixture(scope="module")
def ecc(pki: Pki) -> Identity:
    return pki.smcb("praxis").enc


@pytest.fixture(scope="module")
def holder() -> RsaHolder:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RSA-Altkarte")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(DAY)
        .not_valid_after(DAY + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return RsaHolder(key, certificate.public_bytes(serialization.Encoding.DER))


def test_each_recipient_opens_the_document_with_his_own_key(
    ecc: Identity, holder: RsaHolder, pki: Pki
) -> None:
    sealed = encrypt(CONTENT, [ecc.der, holder.der, pki.hba().enc.der])
    for key in (ecc, holder, pki.hba().enc):
        assert decrypt(sealed, key) == CONTENT
    with pytest.raises(NotARecipient):
        decrypt(sealed, pki.smcb("andere").enc)


def test_structure_is_what_the_profile_asks_for(ecc: Identity, holder: RsaHolder) -> None:
    sealed = encrypt(CONTENT, [ecc.der, holder.der], unprotected=[EMAILS])
    info = cms.ContentInfo.load(sealed, strict=True)
    assert info["content_type"].native == "authenticated_enveloped_data"
    body = info["content"]
    assert body["version"].native == "v0"
    assert body["originator_info"].native is None
    transports = {
        entry.chosen["key_encryption_algorithm"]["algorithm"].dotted: entry
        for entry in body["recipient_infos"]
    }
    assert set(transports) == {"1.2.276.0.76.4.222", "1.2.840.113549.1.1.7"}
    assert {entry.name for entry in transports.values()} == {"ktri"}
    assert len(transports["1.2.276.0.76.4.222"].chosen["encrypted_key"].native) == 145
    oaep = transports["1.2.840.113549.1.1.7"].chosen["key_encryption_algorithm"]["parameters"]
    assert oaep["hash_algorithm"]["algorithm"].native == "sha256"
    assert oaep["mask_gen_algorithm"]["parameters"]["algorithm"].native == "sha256"
    inner = body["auth_encrypted_content_info"]
    assert inner["content_encryption_algorithm"]["algorithm"].native == "aes256_gcm"
    assert inner["encrypted_content"].native != CONTENT
    assert len(body["mac"].native) == 16
    assert [entry["type"].native for entry in body["unauth_attrs"]] == [RECIPIENT_EMAILS]
    assert parse(sealed).unprotected == (EMAILS,)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_opens_what_was_sealed_for_rsa(tmp_path: Path, holder: RsaHolder) -> None:
    (tmp_path / "sealed").write_bytes(encrypt(CONTENT, [holder.der]))
    key = holder.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key").write_bytes(key)
    command = "openssl cms -decrypt -inform DER -binary -in sealed -inkey key -out plain"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "plain").read_bytes() == CONTENT


def test_indefinite_lengths_and_chunks_are_read(ecc: Identity) -> None:
    sealed = encrypt(CONTENT, [ecc.der], unprotected=[EMAILS])
    message = parse(sealed)
    data = message.ciphertext
    chunks = [asn1.octet_string(data[n : n + 1000]) for n in range(0, len(data), 1000)]
    whole = asn1.tlv(0x80, data)
    loose = b"\xa0\x80" + b"".join(chunks) + b"\x00\x00"
    inner = cms.ContentInfo.load(sealed)["content"]
    parts = [
        inner[name].dump()
        for name in ("version", "recipient_infos", "auth_encrypted_content_info", "mac")
    ]
    info = asn1.expect(parts[2], 0, len(parts[2]), asn1.SEQUENCE, "info")
    parts[2] = b"\x30\x80" + parts[2][info.start :].replace(whole, loose) + b"\x00\x00"
    body = b"\x30\x80" + b"".join(parts) + asn1.context(2, EMAILS.encoded()) + b"\x00\x00"
    kind = asn1.oid("1.2.840.113549.1.9.16.1.23")
    ber = b"\x30\x80" + kind + b"\xa0\x80" + body + b"\x00\x00" + b"\x00\x00"
    assert decrypt(ber, ecc) == CONTENT
    assert parse(ber).unprotected == (EMAILS,)


def test_ecies_blob_has_the_layout_of_the_card() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    secret = bytes(range(32))
    blob = seal_key(secret, key.public_key())
    assert len(blob) == 145
    assert blob[:14].hex() == "a6818e06092b2403030208010107"
    assert blob[14:19].hex() == "7f49438641"
    assert blob[19] == 0x04
    assert blob[84:87].hex() == "863102"
    assert blob[135:137].hex() == "8e08"
    assert open_key(blob, key) == secret


def test_ecies_repeats_itself_for_a_fixed_sender_key() -> None:
    sender, receiver = (ec.derive_private_key(n, ec.BrainpoolP256R1()) for n in (3, 5))
    blob = seal_key(bytes(32), receiver.public_key(), ephemeral=sender)
    assert blob == seal_key(bytes(32), receiver.public_key(), ephemeral=sender)
    # Recomputed with openssl: SHA-256 of x(15·G) with counters, AES-256-CBC, AES-CMAC.
    assert blob[87:135].hex() == (
        "5be2df21fece1f3b9eafdd1dd3a022354fe6d65c1d1a21abf01c895325367c3ad995c4ef64da5339fa32d34a895640a4"
    )
    assert blob[-8:].hex() == "0ac22af014425bef"


def test_every_altered_octet_of_the_ecies_blob_is_noticed() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    blob = seal_key(bytes(range(32)), key.public_key())
    for place in range(len(blob)):
        altered = bytearray(blob)
        altered[place] ^= 1
        with pytest.raises(EncryptionProblem):
            open_key(bytes(altered), key)
    for size in range(len(blob)):
        with pytest.raises(EncryptionProblem):
            open_key(blob[:size], key)


def test_ecies_refuses_another_curve() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(EncryptionProblem, match="secp256r1"):
        seal_key(bytes(32), other.public_key())


def test_altered_content_does_not_open(ecc: Identity) -> None:
    sealed = bytearray(encrypt(CONTENT, [ecc.der]))
    sealed[-30] ^= 1
    with pytest.raises(EncryptionProblem, match="altered"):
        decrypt(bytes(sealed), ecc)


def test_hostile_octets_end_in_the_one_error(ecc: Identity) -> None:
    sealed = encrypt(CONTENT[:200], [ecc.der], unprotected=[EMAILS])
    chance = random.Random(1)
    outcomes = {True: 0, False: 0}
    for _ in range(1500):
        broken = bytearray(sealed)
        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        broken = broken[: chance.choice((len(broken), chance.randrange(len(broken))))]
        try:
            parsed = parse(bytes(broken))
            outcomes[parsed.open(ecc) == CONTENT[:200]] += 1
        except EncryptionProblem:
            outcomes[False] += 1
    assert outcomes[False] > 1000
    for data in (b"", b"\x30", b"\x30\x80" * 4000, b"\x30\x84\xff\xff\xff\xff"):
        with pytest.raises(EncryptionProblem):
            parse(data)


def test_nothing_is_encrypted_for_nobody(ecc: Identity) -> None:
    with pytest.raises(EncryptionProblem, match="recipient"):
        encrypt(CONTENT, [])
    with pytest.raises(EncryptionProblem, match="certificate"):
        encrypt(CONTENT, [ecc.der[:-40]])


def test_attribute_comes_back_from_its_octets() -> None:
    assert Attribute.read(EMAILS.encoded()) == EMAILS
    for data in (b"", EMAILS.encoded()[:-1], EMAILS.encoded() + b"\x00", asn1.sequence()):
        with pytest.raises(EncryptionProblem):
            Attribute.read(data)
