"""The detached CMS signature `manifest.p7s` (RFC 5652), signed and strictly read.

A CMS message has fields that no signature covers. The reader therefore takes out the certificate,
the signing time and the signature value, builds the message anew and accepts only its very octets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from pruefstand.crypto import der
from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.evidence.operator_key import Curve, OperatorKey

_OPTIONS = (
    pkcs7.PKCS7Options.DetachedSignature,
    pkcs7.PKCS7Options.Binary,
    pkcs7.PKCS7Options.NoCapabilities,
)
_SIGNED_DATA, _DATA = der.oid("1.2.840.113549.1.7.2"), der.oid("1.2.840.113549.1.7.1")
_CONTENT_TYPE, _DIGEST, _TIME = (der.oid(f"1.2.840.113549.1.9.{n}") for n in (3, 4, 5))
_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"), der.tlv(der.NULL, b""))
_ECDSA = der.sequence(der.oid("1.2.840.10045.4.3.2"))
_ONE = der.integer(1)
_UNREADABLE: tuple[type[Exception], ...] = (*PARSER_PROBLEMS, IndexError)
_UNPROVEN: tuple[type[Exception], ...] = (*PARSER_PROBLEMS, InvalidSignature)
_CURVES = frozenset(curve.parameters.name for curve in Curve)


class SignatureProblem(ValueError):
    """The signature proves nothing; `expected` and `seen` say why, in German."""

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"erwartet {expected}, gefunden {seen}")
        self.expected = expected
        self.seen = seen


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: `fingerprint` is the SHA-256 of the certificate's DER in hex.

    `signed_at` is the operator's own statement, not a time stamp.
    """

    name: str
    fingerprint: str
    signed_at: datetime
    certificate: x509.Certificate


@dataclass(frozen=True, slots=True)
class _Parts:
    certificate: bytes
    time: bytes
    value: bytes


def sign(content: bytes, operator: OperatorKey) -> bytes:
    """Return the detached CMS signature of `content` in DER (ECDSA with SHA-256)."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
    builder = builder.add_signer(operator.certificate, operator.key, SHA256())
    return builder.sign(Encoding.DER, _OPTIONS)


def verify(content: bytes, signature: bytes) -> Signer:
    """Return who signed `content`; raises SignatureProblem when any octet does not fit."""
    try:
        parts = _parts(signature)
        certificate = x509.load_der_x509_certificate(parts.certificate)
        signer = Signer(
            name=certificate.subject.rfc4514_string(),
            fingerprint=hashlib.sha256(parts.certificate).hexdigest(),
            signed_at=datetime.strptime(parts.time.decode(), "%y%m%d%H%M%SZ").replace(tzinfo=UTC),
            certificate=certificate,
        )
    except _UNREADABLE as error:
        raise SignatureProblem("eine CMS-Signatur in DER", "etwas anderes") from error
    public_key = _own_key(certificate, parts.certificate)
    attributes = _attributes(parts, hashlib.sha256(content).digest())
    try:
        public_key.verify(parts.value, der.tlv(der.SET, attributes), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        seen = "Signatur und Inhalt, die nicht zusammengehören"
        raise SignatureProblem("die Signatur dieses Inhalts", seen) from error
    if signature != _assemble(parts, certificate, attributes):
        raise SignatureProblem("eine CMS-Signatur, wie der Prüfstand sie schreibt", "eine andere")
    if not certificate.not_valid_before_utc <= signer.signed_at <= certificate.not_valid_after_utc:
        seen = f"signiert am {signer.signed_at:%d.%m.%Y}"
        raise SignatureProblem("eine Signatur in der Laufzeit des Zertifikats", seen)
    return signer


def _own_key(certificate: x509.Certificate, encoded: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = certificate.public_key()
        certificate.verify_directly_issued_by(certificate)
        whole = der.sequence(
            certificate.tbs_certificate_bytes, _ECDSA, der.bit_string(certificate.signature)
        )
    except _UNPROVEN as error:
        raise SignatureProblem("ein selbst signiertes Zertifikat", "ein verändertes") from error
    if whole != encoded:
        raise SignatureProblem("ein selbst signiertes Zertifikat", "ein verändertes")
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise SignatureProblem(" oder ".join(Curve), "ein anderes Verfahren")
    return key


def _parts(signature: bytes) -> _Parts:
    """Take the three variable fields from where they lie in the message we write."""

    def at(element: der.Element, *path: int) -> der.Element:
        for index in path:
            element = list(der.children(signature, element))[index]
        return element

    signed_data = at(der.read(signature, 0, len(signature)), 1, 0)
    signer_info = at(signed_data, 4, 0)
    time = at(signer_info, 3, 1, 1, 0)
    value = at(signer_info, 5)
    return _Parts(
        certificate=der.raw(signature, at(signed_data, 3, 0)),
        time=signature[time.start : time.stop],
        value=signature[value.start : value.stop],
    )


def _attributes(parts: _Parts, digest: bytes) -> bytes:
    return b"".join(
        (
            der.sequence(_CONTENT_TYPE, der.set_of(_DATA)),
            der.sequence(_TIME, der.set_of(der.tlv(der.UTC_TIME, parts.time))),
            der.sequence(_DIGEST, der.set_of(der.octet_string(digest))),
        )
    )


def _assemble(parts: _Parts, certificate: x509.Certificate, attributes: bytes) -> bytes:
    identifier = der.sequence(
        certificate.issuer.public_bytes(), der.integer(certificate.serial_number)
    )
    signer_info = der.sequence(
        _ONE,
        identifier,
        _SHA256,
        der.context(0, attributes),
        _ECDSA,
        der.octet_string(parts.value),
    )
    signed_data = der.sequence(
        _ONE,
        der.set_of(_SHA256),
        der.sequence(_DATA),
        der.context(0, parts.certificate),
        der.set_of(signer_info),
    )
    return der.sequence(_SIGNED_DATA, der.context(0, signed_data))
