"""The optional time stamp `manifest.tsr` (RFC 3161) over the manifest's signature.

A time stamp has parts that its own signature does not cover. The operator therefore signs the
stamp as well (`manifest.tsr.p7s`): every bit of it counts, and `openssl ts` reads it as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from pruefstand.crypto.parser_problems import PARSER_PROBLEMS
from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.evidence.manifest import SIGNATURE, STAMP, STAMP_SIGNATURE
from pruefstand.evidence.operator_key import OperatorKey
from pruefstand.evidence.signature import sign

Ask = Callable[[bytes], bytes]
"""Sends a request in DER to an authority and returns its answer."""
_SHA256 = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_UNPROVEN: tuple[type[Exception], ...] = (VerificationError, *PARSER_PROBLEMS)
_NO_USAGE: tuple[type[Exception], ...] = (x509.ExtensionNotFound, *PARSER_PROBLEMS)
_TIME_STAMPING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.8")


class StampProblem(ValueError):
    """The stamp proves nothing; the text says why, in German."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """When the manifest's signature existed at the latest, and who says so.

    `trusted` tells whether the statement was checked up to a certificate the reader trusts.
    """

    at: datetime
    authority: str
    trusted: bool


def stamp_manifest(folder: Path, operator: OperatorKey, ask: Ask, roots: bytes = b"") -> Stamp:
    """Fetch a stamp for the sealed run in `folder` and store it beside the signature.

    Raises OperatorError when the answer is no stamp of this signature; nothing is stored then.
    """
    signature = (folder / SIGNATURE).read_bytes()
    builder = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256)
    request = builder.cert_request(cert_request=True).nonce(nonce=True).build()
    answer = ask(request.as_bytes())
    try:
        stamp = read_stamp(answer, signature, roots, nonce=request.nonce)
    except StampProblem as problem:
        raise OperatorError(
            f"Zeitstempeldienst: {problem}",
            hint="anderen Dienst mit --tsa nennen; der Lauf ist auch ohne Zeitstempel versiegelt",
        ) from problem
    (folder / STAMP).write_bytes(answer)
    (folder / STAMP_SIGNATURE).write_bytes(sign(answer, operator))
    return stamp


def read_stamp(
    answer: bytes, signature: bytes, roots: bytes = b"", *, nonce: int | None = None
) -> Stamp:
    """Return what the stamp `answer` says about `signature`; raises StampProblem.

    `roots` are trusted certificates in PEM; without them the stamp is read, not checked.
    """
    try:
        response = decode_timestamp_response(answer)
        info = response.tst_info
        imprint = info.message_imprint
        same = imprint.hash_algorithm == _SHA256
        same = same and imprint.message == hashlib.sha256(signature).digest()
        at = info.gen_time.astimezone(UTC)
        certificates = [
            x509.load_der_x509_certificate(c) for c in response.signed_data.certificates
        ]
    except PARSER_PROBLEMS as error:
        raise StampProblem(
            "erwartet einen Zeitstempel nach RFC 3161, gefunden etwas anderes"
        ) from error
    if response.status not in (0, 1):
        raise StampProblem(f"der Dienst lehnt ab (Status {response.status})")
    if not same or (nonce is not None and info.nonce != nonce):
        raise StampProblem("der Zeitstempel gehört zu einer anderen Anfrage")
    if roots:
        _check_chain(response, signature, roots, certificates)
    return Stamp(at, _authority(certificates), bool(roots))


def _check_chain(
    response: TimeStampResponse,
    signature: bytes,
    roots: bytes,
    certificates: list[x509.Certificate],
) -> None:
    builder = VerifierBuilder()
    for root in trusted_roots(roots):
        builder = builder.add_root_certificate(root)
    for certificate in certificates:
        if not _stamps(certificate):
            builder = builder.add_intermediate_certificate(certificate)
    try:
        builder.build().verify(response, hashlib.sha256(signature).digest())
    except _UNPROVEN as error:
        raise StampProblem(f"der Zeitstempel führt nicht zur genannten CA ({error})") from error


def trusted_roots(pem: bytes) -> list[x509.Certificate]:
    """Return the certificates in `pem`; raises ConfigurationError when there are none."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except PARSER_PROBLEMS as error:
        raise ConfigurationError(
            "CA des Zeitstempeldienstes: erwartet Zertifikate in PEM, gefunden etwas anderes",
            hint="das Wurzelzertifikat des Dienstes als PEM-Datei angeben",
        ) from error


def _stamps(certificate: x509.Certificate) -> bool:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except _NO_USAGE:
        return False
    return _TIME_STAMPING in usage


def _authority(certificates: list[x509.Certificate]) -> str:
    names = [c.subject.rfc4514_string() for c in certificates if _stamps(c)]
    return names[0] if names else "ohne Zertifikat"
