"""The signer's certificate as a CMS needs it: names, hashes and public key, parsed once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.parser_problems import PARSER_PROBLEMS


@dataclass(frozen=True, slots=True)
class SignerCertificate:
    """A certificate's octets, how a signer identifier may name it, its hashes and its key."""

    der: bytes
    issuer: bytes
    serial: bytes
    issuer_and_serial: bytes
    key_id_choice: bytes | None
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
    hashes: dict[str, bytes]


@lru_cache(maxsize=2048)
def load_signer_certificate(der: bytes) -> SignerCertificate:
    """Parse a certificate, once per octets; raises QesProblem."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key()
        key_id = _key_id(certificate)
        issuer, serial = _issuer_and_serial(der)
    except PARSER_PROBLEMS as problem:
        raise QesProblem(f"the signer's certificate cannot be read: {problem}") from problem
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise QesProblem("the signer's key is neither an elliptic curve nor an RSA key")
    names = ("sha1", "sha256", "sha384", "sha512")
    digests = {name: hashlib.new(name, der).digest() for name in names}
    sid = asn1.sequence(issuer, serial)
    return SignerCertificate(der, issuer, serial, sid, key_id, key, digests)


def _key_id(certificate: x509.Certificate) -> bytes | None:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    except x509.ExtensionNotFound:
        return None
    return asn1.tlv(0x80, extension.value.digest)


def _issuer_and_serial(der: bytes) -> tuple[bytes, bytes]:
    """Return issuer and serial as they stand in the certificate, not re-encoded."""
    outer = asn1.expect(der, 0, len(der), asn1.SEQUENCE, "Certificate")
    tbs = asn1.expect(der, outer.start, outer.stop, asn1.SEQUENCE, "TBSCertificate")
    fields = [field for field in asn1.children(der, tbs) if field.tag != 0xA0]
    return asn1.raw(der, fields[2]), asn1.raw(der, fields[0])
