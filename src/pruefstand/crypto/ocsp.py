"""OCSP answers of the TI: written by hand, because certHash must stand in the single response."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp as x509_ocsp

from pruefstand.crypto import der as asn1
from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.crypto.pki import oids
from pruefstand.crypto.pki.facts import der_of, read_facts
from pruefstand.crypto.pki.values import CertificateProblem, Identity, ProblemCode
from pruefstand.errors import SutError

Status = Literal["good", "revoked", "unknown"]

CLOCK_SKEW = timedelta(seconds=37.5)
QES_GRACE = timedelta(hours=12)

MALFORMED_REQUEST = b"\x30\x03\x0a\x01\x01"

_HASHES = {oids.SHA1: "sha1", oids.SHA256: "sha256"}
_ECDSA_SHA256 = asn1.sequence(asn1.oid(oids.ECDSA_SHA256))
_SHA256 = asn1.sequence(asn1.oid(oids.SHA256), b"\x05\x00")
_ARCHIVE_CUTOFF = datetime(1870, 1, 7, tzinfo=UTC)


class OcspProblem(SutError):
    """An OCSP request or response that cannot be read."""


@dataclass(frozen=True, slots=True)
class CertId:
    """Which certificate is asked about: hashes of issuer name and key, and the serial."""

    hash_oid: str
    name_hash: bytes
    key_hash: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class OcspRequest:
    """One question, with the nonce to repeat if there is one."""

    cert_id: CertId
    nonce: bytes | None


@dataclass(frozen=True, slots=True)
class OcspStatus:
    """What an OCSP response says; nothing is judged."""

    status: Status
    serial: int
    produced_at: datetime
    this_update: datetime
    revoked_at: datetime | None
    cert_hash: bytes | None
    nonce: bytes | None
    signer: bytes | None
    der: bytes


def cert_id(certificate: bytes, issuer: x509.Certificate, hash_oid: str = oids.SHA1) -> CertId:
    """Return the CertID of a certificate (DER) below `issuer`; SHA-1 by custom."""
    name_hash, key_hash = _issuer_hashes(issuer, hash_oid)
    return CertId(hash_oid, name_hash, key_hash, read_facts(certificate).info.serial)


def read_request(data: bytes) -> OcspRequest:
    """Read a DER OCSPRequest with one question; raises OcspProblem."""
    try:
        inquiry = x509_ocsp.load_der_ocsp_request(data)
        name = inquiry.hash_algorithm.name
        extensions = inquiry.extensions
    except PARSER_PROBLEMS as problem:
        raise OcspProblem(f"the OCSP request cannot be read: {problem}") from problem
    found = [oid for oid, label in _HASHES.items() if label == name]
    if not found:
        raise OcspProblem(f"the OCSP request hashes with {name}")
    identifier = CertId(
        found[0], inquiry.issuer_name_hash, inquiry.issuer_key_hash, inquiry.serial_number
    )
    return OcspRequest(identifier, _nonce(extensions))


def build_request(identifier: CertId, nonce: bytes | None = None) -> bytes:
    """Return the DER OCSPRequest that asks about one certificate."""
    questions = asn1.sequence(asn1.sequence(_cert_id_der(identifier)))
    extensions = b"" if nonce is None else asn1.context(2, asn1.sequence(_nonce_der(nonce)))
    return asn1.sequence(asn1.sequence(questions, extensions))


def build_response(
    signer: Identity,
    identifier: CertId,
    status: Status,
    *,
    this_update: datetime,
    revoked_at: datetime | None = None,
    certificate: bytes | None = None,
    nonce: bytes | None = None,
) -> bytes:
    """Return a signed DER OCSPResponse; certHash covers `certificate` (DER) when given."""
    now = asn1.generalized_time(this_update)
    single = [_cert_id_der(identifier), _status_der(status, revoked_at), now]
    if certificate is not None and status != "unknown":
        single.append(asn1.context(1, asn1.sequence(_cert_hash_der(certificate))))
    cutoff = _extension(oids.ARCHIVE_CUTOFF, asn1.generalized_time(_ARCHIVE_CUTOFF))
    extensions = cutoff if nonce is None else cutoff + _nonce_der(nonce)
    tbs = asn1.sequence(
        asn1.context(1, signer.certificate.subject.public_bytes()),
        now,
        asn1.sequence(asn1.sequence(*single)),
        asn1.context(1, asn1.sequence(extensions)),
    )
    signature = signer.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    chain = asn1.context(0, asn1.sequence(signer.der))
    basic = asn1.sequence(tbs, _ECDSA_SHA256, asn1.bit_string(signature), chain)
    wrapped = asn1.sequence(asn1.oid(oids.OCSP_BASIC), asn1.octet_string(basic))
    return asn1.sequence(b"\x0a\x01\x00", asn1.context(0, wrapped))


def read_response(data: bytes) -> OcspStatus:
    """Read a successful DER OCSPResponse about one certificate; raises OcspProblem."""
    try:
        response = x509_ocsp.load_der_ocsp_response(data)
        if response.response_status is not x509_ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise OcspProblem(f"the OCSP responder answered {response.response_status.name}")
        answers = list(response.responses)
        if len(answers) != 1:
            raise OcspProblem(f"{len(answers)} single responses, one expected")
        return _read_single(response, answers[0], data)
    except PARSER_PROBLEMS as problem:
        raise OcspProblem(f"the OCSP response cannot be read: {problem}") from problem


def check_signature(response: OcspStatus, trusted: Collection[bytes]) -> None:
    """Check that a trusted signer (DER certificates of the TSL) has signed the response."""
    parsed = x509_ocsp.load_der_ocsp_response(response.der)
    if response.signer is None or response.signer not in trusted:
        raise CertificateProblem(ProblemCode.OCSP_CERT_MISSING, "the OCSP signer is not trusted")
    key = x509.load_der_x509_certificate(response.signer).public_key()
    signature, tbs = parsed.signature, parsed.tbs_response_bytes
    try:
        algorithm = parsed.signature_hash_algorithm or hashes.SHA256()
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, tbs, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, tbs, padding.PKCS1v15(), algorithm)
        else:
            raise InvalidSignature
    except (InvalidSignature, UnsupportedAlgorithm):
        raise CertificateProblem(
            ProblemCode.OCSP_SIGNATURE_ERROR, "the OCSP response's signature is wrong"
        ) from None


def check_status(
    response: OcspStatus,
    certificate: x509.Certificate | bytes,
    *,
    at: datetime,
    now: datetime | None = None,
    grace: timedelta = QES_GRACE,
) -> None:
    """Check that the response calls the certificate good at `at`; raises CertificateProblem.

    It may be up to `grace` older than `at`, and at most 37.5 s ahead of `now`.
    """
    der = der_of(certificate)
    if response.serial != read_facts(der).info.serial:
        _refuse(ProblemCode.OCSP_NOT_AVAILABLE, "the OCSP response is about another certificate")
    if response.produced_at < at - grace - CLOCK_SKEW:
        _refuse(ProblemCode.OCSP_NOT_AVAILABLE, "the OCSP response is outdated")
    if now is not None and response.produced_at > now + CLOCK_SKEW:
        _refuse(ProblemCode.OCSP_NOT_AVAILABLE, "the OCSP response comes from the future")
    if response.status == "unknown":
        _refuse(ProblemCode.CERT_UNKNOWN, "the OCSP responder does not know the certificate")
    if response.cert_hash is None:
        _refuse(ProblemCode.CERTHASH_EXTENSION_MISSING, "the OCSP response lacks certHash")
    if response.cert_hash != hashlib.sha256(der).digest():
        _refuse(ProblemCode.CERTHASH_MISMATCH, "certHash belongs to another certificate")
    if response.revoked_at is not None and response.revoked_at <= at:
        _refuse(ProblemCode.CERT_REVOKED, f"revoked since {response.revoked_at.isoformat()}")


def _refuse(code: ProblemCode, text: str) -> None:
    raise CertificateProblem(code, text)


def _read_single(
    response: x509_ocsp.OCSPResponse, single: x509_ocsp.OCSPSingleResponse, data: bytes
) -> OcspStatus:
    status: Status = "unknown"
    if single.certificate_status is x509_ocsp.OCSPCertStatus.GOOD:
        status = "good"
    elif single.certificate_status is x509_ocsp.OCSPCertStatus.REVOKED:
        status = "revoked"
    signers = response.certificates
    return OcspStatus(
        status=status,
        serial=single.serial_number,
        produced_at=response.produced_at_utc,
        this_update=single.this_update_utc,
        revoked_at=single.revocation_time_utc,
        cert_hash=_cert_hash(response.single_extensions),
        nonce=_nonce(response.extensions),
        signer=signers[0].public_bytes(Encoding.DER) if signers else None,
        der=data,
    )


def _cert_hash(extensions: x509.Extensions) -> bytes | None:
    for extension in extensions:
        value = extension.value
        if extension.oid.dotted_string != oids.CERT_HASH:
            continue
        if isinstance(value, x509.UnrecognizedExtension):
            return _hash_value(value.value)
    return None


def _hash_value(data: bytes) -> bytes:
    outer = asn1.expect(data, 0, len(data), asn1.SEQUENCE, "certHash")
    algorithm = asn1.expect(data, outer.start, outer.stop, asn1.SEQUENCE, "hash algorithm")
    value = asn1.expect(data, algorithm.end, outer.stop, asn1.OCTET_STRING, "hash value")
    return data[value.start : value.stop]


def _nonce(extensions: x509.Extensions) -> bytes | None:
    try:
        return extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


@lru_cache(maxsize=64)
def _issuer_hashes(issuer: x509.Certificate, hash_oid: str) -> tuple[bytes, bytes]:
    digest = hashes.SHA1() if hash_oid == oids.SHA1 else hashes.SHA256()  # noqa: S303
    name, key = hashes.Hash(digest), hashes.Hash(digest)
    name.update(issuer.subject.public_bytes())
    key.update(_public_point(issuer))
    return name.finalize(), key.finalize()


def _public_point(issuer: x509.Certificate) -> bytes:
    """Return the content of the subjectPublicKey BIT STRING, which CertID hashes."""
    info = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    outer = asn1.expect(info, 0, len(info), asn1.SEQUENCE, "subjectPublicKeyInfo")
    algorithm = asn1.read(info, outer.start, outer.stop)
    key = asn1.expect(info, algorithm.end, outer.stop, asn1.BIT_STRING, "subjectPublicKey")
    return info[key.start + 1 : key.stop]


def _cert_id_der(identifier: CertId) -> bytes:
    return asn1.sequence(
        asn1.sequence(asn1.oid(identifier.hash_oid), b"\x05\x00"),
        asn1.octet_string(identifier.name_hash),
        asn1.octet_string(identifier.key_hash),
        asn1.integer(identifier.serial),
    )


def _status_der(status: Status, revoked_at: datetime | None) -> bytes:
    if status == "good":
        return b"\x80\x00"
    if status == "unknown":
        return b"\x82\x00"
    if revoked_at is None:
        raise OcspProblem("a revoked certificate needs the time of its revocation")
    return asn1.context(1, asn1.generalized_time(revoked_at))


def _extension(oid: str, value: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), asn1.octet_string(value))


def _cert_hash_der(certificate: bytes) -> bytes:
    digest = asn1.octet_string(hashlib.sha256(certificate).digest())
    return _extension(oids.CERT_HASH, asn1.sequence(_SHA256, digest))


def _nonce_der(nonce: bytes) -> bytes:
    return _extension(oids.OCSP_NONCE, asn1.octet_string(nonce))
