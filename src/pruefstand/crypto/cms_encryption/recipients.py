"""Recipients: who a content key is for, and how it reaches RSA and elliptic-curve keys.

Both kinds use KeyTransRecipientInfo; for ECC the TI writes its own algorithm there instead of the
key agreement of RFC 5753 (gemSpec_Krypt A_17220).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_certificate import load_signer_certificate
from pruefstand.crypto.cms_encryption.ecies import open_key, seal_key
from pruefstand.crypto.cms_encryption.problems import EncryptionProblem
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.der import Element
from pruefstand.crypto.pki import oids

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

ID_OAEP = "1.2.840.113549.1.1.7"
ID_ECIES = "1.2.276.0.76.4.222"
_ID_MGF1 = "1.2.840.113549.1.1.8"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
_NULL = b"\x05\x00"
_SHA256 = asn1.sequence(asn1.oid(oids.SHA256), _NULL)
_OAEP_ALGORITHM = asn1.sequence(
    asn1.oid(ID_OAEP),
    asn1.sequence(
        asn1.context(0, _SHA256),
        asn1.context(1, asn1.sequence(asn1.oid(_ID_MGF1), _SHA256)),
    ),
)
_ECIES_ALGORITHM = asn1.sequence(asn1.oid(ID_ECIES))


class DecryptionKey(Protocol):
    """A private key with its certificate, e.g. C.ENC of a card."""

    @property
    def key(self) -> PrivateKey:
        """The private key."""
        ...

    @property
    def der(self) -> bytes:
        """The certificate that names the recipient."""
        ...


@dataclass(frozen=True, slots=True)
class RecipientInfo:
    """One recipient of a message: issuer and serial number of the certificate, as DER."""

    issuer: bytes
    serial: bytes
    algorithm: str
    parameters: bytes
    encrypted_key: bytes

    def is_for(self, certificate: bytes) -> bool:
        """Whether `certificate` (DER) is the one that was encrypted for."""
        return _names(certificate) == (self.issuer, self.serial)

    def open(self, key: PrivateKey) -> bytes:
        """Return the content key; raises EncryptionProblem."""
        if self.algorithm == ID_ECIES and isinstance(key, ec.EllipticCurvePrivateKey):
            return open_key(self.encrypted_key, key)
        if self.algorithm == ID_OAEP and isinstance(key, rsa.RSAPrivateKey):
            return self._open_oaep(key)
        raise EncryptionProblem(f"key transport {self.algorithm} does not fit the key")

    def _open_oaep(self, key: rsa.RSAPrivateKey) -> bytes:
        if self.parameters not in _OAEP_SPELLINGS:
            raise EncryptionProblem("RSAES-OAEP with other parameters than SHA-256")
        try:
            return key.decrypt(self.encrypted_key, _OAEP)
        except ValueError as problem:
            raise EncryptionProblem("RSAES-OAEP does not open under this key") from problem


def _hash_spellings() -> frozenset[bytes]:
    """Return the OAEP parameters for SHA-256 with and without NULL, all meaning the same."""
    bare = asn1.sequence(asn1.oid(oids.SHA256))
    return frozenset(
        asn1.sequence(
            asn1.context(0, digest),
            asn1.context(1, asn1.sequence(asn1.oid(_ID_MGF1), mask)),
        )
        for digest in (bare, _SHA256)
        for mask in (bare, _SHA256)
    )


_OAEP_SPELLINGS = _hash_spellings()


def recipient_info(certificate: bytes, content_key: bytes) -> bytes:
    """Return the KeyTransRecipientInfo that carries `content_key` to a certificate (DER)."""
    try:
        card = load_signer_certificate(certificate)
    except QesProblem as problem:
        raise EncryptionProblem(f"recipient's certificate: {problem}") from problem
    key = card.public_key
    try:
        if isinstance(key, rsa.RSAPublicKey):
            algorithm, sealed = _OAEP_ALGORITHM, key.encrypt(content_key, _OAEP)
        else:
            algorithm, sealed = _ECIES_ALGORITHM, seal_key(content_key, key)
    except (ValueError, UnsupportedAlgorithm) as problem:
        raise EncryptionProblem(f"recipient's key cannot be used: {problem}") from problem
    return asn1.sequence(
        asn1.integer(0), card.issuer_and_serial, algorithm, asn1.octet_string(sealed)
    )


def read_recipient(data: bytes, field: Element) -> RecipientInfo | None:
    """Return a KeyTransRecipientInfo; None for another kind of recipient or identifier."""
    if field.tag != asn1.SEQUENCE:
        return None
    version, rid, algorithm, sealed = asn1.fields(data, field, 4, "RecipientInfo")
    if version.tag != asn1.INTEGER or rid.tag != asn1.SEQUENCE:
        return None
    issuer, serial = asn1.fields(data, rid, 2, "IssuerAndSerialNumber")
    parts = list(asn1.children(data, algorithm))
    if not parts or parts[0].tag != asn1.OID:
        raise EncryptionProblem("RecipientInfo names no algorithm")
    return RecipientInfo(
        asn1.canonical(data, issuer),
        asn1.canonical(data, serial),
        asn1.dotted_oid(data[parts[0].start : parts[0].stop]),
        asn1.canonical(data, parts[1]) if len(parts) > 1 else b"",
        asn1.octets(data, sealed),
    )


def _names(certificate: bytes) -> tuple[bytes, bytes]:
    try:
        card = load_signer_certificate(certificate)
    except QesProblem as problem:
        raise EncryptionProblem(f"certificate: {problem}") from problem
    return card.issuer, card.serial
