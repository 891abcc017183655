"""Qualified electronic signatures of prescriptions: CMS/CAdES-BES, enveloping, one signer.

Signing fills a precomputed DER template, attribute for attribute what Konnektors emit.
Verifying takes DER and BER, ECDSA and RSASSA-PSS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from pruefstand.crypto import cms_structure as cms
from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_certificate import SignerCertificate, load_signer_certificate
from pruefstand.crypto.cms_problem import QesProblem
from pruefstand.crypto.cms_structure import Outside, QesDocument, parse
from pruefstand.crypto.der import DerProblem
from pruefstand.crypto.pki import oids
from pruefstand.crypto.pki.values import Identity, RsaIdentity

__all__ = ["Outside", "QesDocument", "QesProblem", "QesSigner", "parse", "verify", "with_ocsp"]

_SHA256 = asn1.sequence(asn1.oid(oids.SHA256))
_ECDSA_SHA256 = asn1.sequence(asn1.oid(oids.ECDSA_SHA256))
_RSASSA_PSS = "1.2.840.113549.1.1.10"
_PSS_PARAMETERS = asn1.sequence(
    asn1.context(0, asn1.sequence(asn1.oid(oids.SHA256), b"\x05\x00")),
    asn1.context(
        1,
        asn1.sequence(
            asn1.oid("1.2.840.113549.1.1.8"), asn1.sequence(asn1.oid(oids.SHA256), b"\x05\x00")
        ),
    ),
    asn1.context(2, asn1.integer(32)),
)
_SIGNED_DATA = asn1.oid(cms.ID_SIGNED_DATA)
_DATA = asn1.oid(cms.ID_DATA)

_DIGESTS = {oids.SHA256: "sha256", oids.SHA384: "sha384", oids.SHA512: "sha512"}
_ECDSA = {
    oids.ECDSA_SHA256: ("sha256", ec.ECDSA(hashes.SHA256())),
    oids.ECDSA_SHA384: ("sha384", ec.ECDSA(hashes.SHA384())),
    oids.ECDSA_SHA512: ("sha512", ec.ECDSA(hashes.SHA512())),
}
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
_SIGN_WITH = ec.ECDSA(hashes.SHA256())


class QesSigner:
    """Signs for one identity; everything that does not change is encoded beforehand."""

    def __init__(
        self,
        identity: Identity | RsaIdentity,
        *,
        short_text: str | None = "a CMSDocument2sign",
        mime_type: str | None = "text/plain; charset=utf-8",
        timed: bool = True,
        extra: Sequence[bytes] = (),
    ) -> None:
        """Prepare signing; `extra` holds further signed attributes as DER.

        In a PDF the document itself names the time: then the signature is not `timed`.
        """
        card = load_signer_certificate(identity.der)
        self._algorithm, self._sign = _signature_scheme(identity)
        self._certificates = asn1.context(0, card.der)
        self._signer_head = asn1.integer(1) + card.issuer_and_serial + _SHA256
        self._template = _AttributeTemplate(
            card, short_text, mime_type, timed, [_protection(self._algorithm), *extra]
        )

    def sign(
        self,
        content: bytes,
        *,
        at: datetime,
        ocsp: bytes | None = None,
        enveloping: bool = True,
    ) -> bytes:
        """Return the DER ContentInfo over `content`, signed at `at` (UTC seconds).

        It holds the content when `enveloping`, else it is a detached signature.
        """
        attributes = self._template.fill(at, hashlib.sha256(content).digest())
        signer = asn1.sequence(
            self._signer_head,
            b"\xa0",
            attributes,
            self._algorithm,
            asn1.octet_string(self._sign(b"\x31" + attributes)),
        )
        held = asn1.context(0, asn1.octet_string(content)) if enveloping else b""
        return _content_info(
            asn1.tlv(asn1.SET, _SHA256),
            asn1.sequence(_DATA, held),
            self._certificates,
            [] if ocsp is None else [_ocsp_entry(ocsp)],
            asn1.tlv(asn1.SET, signer),
        )


class _AttributeTemplate:
    """The signed attributes with two gaps: their order never changes, only time and digest."""

    def __init__(
        self,
        card: SignerCertificate,
        short_text: str | None,
        mime_type: str | None,
        timed: bool,
        further: Sequence[bytes],
    ) -> None:
        gap_time, gap_digest = b"\x17\x0d" + bytes(13), b"\x04\x20" + bytes(32)
        attributes = [
            _attribute(cms.CONTENT_TYPE, _DATA),
            _attribute(cms.MESSAGE_DIGEST, gap_digest),
            _attribute(cms.SIGNING_CERTIFICATE_V2, _ess_certificate(card)),
            *further,
        ]
        if timed:
            attributes.append(_attribute(cms.SIGNING_TIME, gap_time))
        if short_text is not None:
            hint = asn1.sequence(asn1.utf8(short_text), _DATA)
            attributes.append(_attribute(cms.CONTENT_HINT, hint))
        if mime_type is not None:
            attributes.append(_attribute(cms.MIME_TYPE, asn1.utf8(mime_type)))
        whole = asn1.set_of(*attributes)[1:]
        head, after = whole.split(gap_digest)
        # In DER order the shorter time stands before the digest.
        before, _, between = head.partition(gap_time)
        self._timed, self._parts = timed, (before, between, gap_digest[:2], after)

    def fill(self, at: datetime, digest: bytes) -> bytes:
        """Return length and content of the attribute set, to be led by its tag."""
        before, between, mark, after = self._parts
        time = asn1.utc_time(at) if self._timed else b""
        return b"".join((before, time, between, mark, digest, after))


def verify(signed: bytes, outside: Outside | None = None) -> QesDocument:
    """Check digest, certificate reference and signature; raises QesProblem.

    `outside` has what a detached signature leaves to its document.
    Whether the signer's certificate is trusted is the business of `Pki.verify`.
    """
    document = parse(signed, outside)
    try:
        _check(document)
    except DerProblem as problem:
        raise QesProblem(f"a signed attribute is malformed: {problem}") from problem
    return document


def with_ocsp(signed: bytes, ocsp: bytes) -> bytes:
    """Return the document with `ocsp` as its only OCSP response; the signature stays valid."""
    try:
        envelope = cms.read_envelope(signed)
        kept = [
            asn1.raw(signed, entry)
            for entry in (asn1.children(signed, envelope.crls) if envelope.crls else ())
            if not cms.is_ocsp(signed, entry)
        ]
    except DerProblem as problem:
        raise QesProblem(f"not a readable CMS: {problem}") from problem
    certificates = envelope.certificates
    return _content_info(
        asn1.raw(signed, envelope.digests),
        asn1.raw(signed, envelope.content),
        b"" if certificates is None else asn1.raw(signed, certificates),
        [*kept, _ocsp_entry(ocsp)],
        asn1.raw(signed, envelope.signers),
    )


def _content_info(
    digests: bytes, content: bytes, certificates: bytes, crls: list[bytes], signers: bytes
) -> bytes:
    # RFC 5652 section 5.1: revocation values of another format raise the version to 5.
    version, revocation = (5, asn1.context(1, *crls)) if crls else (1, b"")
    signed_data = asn1.sequence(
        asn1.integer(version), digests, content, certificates, revocation, signers
    )
    return asn1.sequence(_SIGNED_DATA, asn1.context(0, signed_data))


def _ocsp_entry(ocsp: bytes) -> bytes:
    return asn1.context(1, asn1.oid(cms.OCSP_IN_CRLS), ocsp)


def _attribute(oid: str, value: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.set_of(value))


def _ess_certificate(card: SignerCertificate) -> bytes:
    """Return SigningCertificateV2; the hash algorithm is written out as Konnektors do."""
    issuer = asn1.sequence(asn1.context(4, card.issuer))
    reference = asn1.sequence(
        _SHA256,
        asn1.octet_string(card.hashes["sha256"]),
        asn1.sequence(issuer, card.serial),
    )
    return asn1.sequence(asn1.sequence(reference))


def _protection(algorithm: bytes) -> bytes:
    """Return cmsAlgorithmProtection (RFC 6211) for a signature `algorithm`."""
    inner = algorithm[asn1.expect(algorithm, 0, len(algorithm), asn1.SEQUENCE, "").start :]
    return _attribute(cms.ALGORITHM_PROTECTION, asn1.sequence(_SHA256, asn1.context(1, inner)))


def _signature_scheme(
    identity: Identity | RsaIdentity,
) -> tuple[bytes, Callable[[bytes], bytes]]:
    """Return the algorithm identifier, and what signs with the card's key."""
    if isinstance(identity, RsaIdentity):
        rsa_key = identity.key
        algorithm = asn1.sequence(asn1.oid(_RSASSA_PSS), _PSS_PARAMETERS)
        return algorithm, lambda data: rsa_key.sign(data, _PSS, hashes.SHA256())
    ec_key = identity.key
    return _ECDSA_SHA256, lambda data: ec_key.sign(data, _SIGN_WITH)


def _check(document: QesDocument) -> None:
    card = load_signer_certificate(document.signer_certificate)
    attributes = document.attributes
    if attributes.get(cms.CONTENT_TYPE) != _DATA:
        raise QesProblem("the signed attribute contentType is missing or another one")
    digest_oid = _algorithm_oid(document.digest_algorithm)
    digest = _DIGESTS.get(digest_oid)
    if digest is None:
        raise QesProblem(f"unsupported digest algorithm {digest_oid}")
    if hashlib.new(digest, document.content).digest() != document.message_digest:
        raise QesProblem("messageDigest does not match the content")
    _check_reference(attributes, card)
    _check_protection(document)
    _check_signature(document, card, digest)


def _check_reference(attributes: dict[str, bytes], card: SignerCertificate) -> None:
    """Compare the certificate hash of ESS with the embedded certificate."""
    value = attributes.get(cms.SIGNING_CERTIFICATE_V2)
    if value is not None:
        name, expected = _ess_hash(value, "sha256")
    elif (value := attributes.get(cms.SIGNING_CERTIFICATE)) is not None:
        name, expected = _ess_hash(value, "sha1")
    else:
        raise QesProblem("the signed attribute signingCertificate(V2) is missing")
    if card.hashes[name] != expected:
        raise QesProblem("signingCertificate refers to another certificate")


@lru_cache(maxsize=2048)
def _ess_hash(value: bytes, default: str) -> tuple[str, bytes]:
    """Return hash name and hash of the first ESSCertID."""
    outer = asn1.expect(value, 0, len(value), asn1.SEQUENCE, "SigningCertificate")
    listed = asn1.expect(value, outer.start, outer.stop, asn1.SEQUENCE, "certs")
    first = asn1.expect(value, listed.start, listed.stop, asn1.SEQUENCE, "ESSCertID")
    field, name = asn1.read(value, first.start, first.stop), default
    if field.tag == asn1.SEQUENCE:
        oid = _algorithm_oid(asn1.raw(value, field))
        if oid not in _DIGESTS:
            raise QesProblem(f"unsupported certificate hash {oid}")
        name = _DIGESTS[oid]
        field = asn1.read(value, field.end, first.stop)
    if field.tag != asn1.OCTET_STRING:
        raise QesProblem("ESSCertID holds no hash")
    return name, value[field.start : field.stop]


def _check_protection(document: QesDocument) -> None:
    """Compare cmsAlgorithmProtection (RFC 6211) with the algorithms really used."""
    value = document.attributes.get(cms.ALGORITHM_PROTECTION)
    if value is not None and _protected(value) != (
        _algorithm_oid(document.digest_algorithm),
        _algorithm_oid(document.signature_algorithm),
    ):
        raise QesProblem("cmsAlgorithmProtection names other algorithms")


@lru_cache(maxsize=256)
def _protected(value: bytes) -> tuple[str, str]:
    outer = asn1.expect(value, 0, len(value), asn1.SEQUENCE, "CMSAlgorithmProtection")
    digest = asn1.expect(value, outer.start, outer.stop, asn1.SEQUENCE, "digestAlgorithm")
    signature = asn1.expect(value, digest.end, outer.stop, 0xA1, "signatureAlgorithm")
    return _algorithm_oid(asn1.raw(value, digest)), _algorithm_oid(asn1.raw(value, signature))


@lru_cache(maxsize=256)
def _algorithm_oid(algorithm: bytes) -> str:
    outer = asn1.read(algorithm, 0, len(algorithm))
    oid = asn1.expect(algorithm, outer.start, outer.stop, asn1.OID, "algorithm")
    return asn1.dotted_oid(algorithm[oid.start : oid.stop])


def _check_signature(document: QesDocument, card: SignerCertificate, digest: str) -> None:
    oid, key = _algorithm_oid(document.signature_algorithm), card.public_key
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and oid in _ECDSA:
            name, scheme = _ECDSA[oid]
            if name != digest:
                raise QesProblem("signature and digest algorithm do not belong together")
            key.verify(document.signature, document.signed_attributes, scheme)
        elif isinstance(key, rsa.RSAPublicKey) and oid == _RSASSA_PSS:
            _check_pss(document, key)
        else:
            raise QesProblem(f"unsupported signature algorithm {oid} for this key")
    except (InvalidSignature, UnsupportedAlgorithm) as problem:
        raise QesProblem("the signature is wrong") from problem


def _check_pss(document: QesDocument, key: rsa.RSAPublicKey) -> None:
    if not document.signature_algorithm.endswith(_PSS_PARAMETERS):
        raise QesProblem("RSASSA-PSS with other parameters than SHA-256 and 32 octets of salt")
    key.verify(document.signature, document.signed_attributes, _PSS, hashes.SHA256())
