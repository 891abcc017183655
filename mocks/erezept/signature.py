"""Signature of an upload: CMS, signer certificate, OCSP (checks 3 to 5 of $activate)."""

from __future__ import annotations

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from mocks.erezept.errors import Refused
from mocks.erezept.faults import UNCHECKED_SIGNATURE
from pruefstand.crypto import ocsp
from pruefstand.crypto.cms_qes import QesDocument, QesProblem, parse, verify, with_ocsp
from pruefstand.crypto.ocsp import OcspProblem, OcspStatus
from pruefstand.crypto.pki import (
    CertificateInfo,
    CertificateKind,
    CertificateProblem,
    Pki,
    read_certificate_info,
)

OCSP_GRACE = timedelta(hours=12)
"""An embedded answer may be that much older or newer than the signature."""


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """A verified signature: `stored` has a usable OCSP answer embedded."""

    document: QesDocument
    signer: CertificateInfo
    stored: bytes


def verify_upload(
    signed: bytes, pki: Pki, *, now: datetime, responder: bool, faults: Container[str] = ()
) -> SignedUpload:
    """Verify a prescription's signature; raises Refused. `responder` off: no OCSP can be asked."""
    try:
        document = verify(signed)
    except QesProblem as problem:
        if UNCHECKED_SIGNATURE not in faults:
            raise Refused("cades", reason=problem.message) from None
        document = _read(signed)
    at = document.signing_time
    try:
        info = pki.verify(
            document.signer_certificate, kind=CertificateKind.HP_QES, at=at, revocation=False
        )
    except CertificateProblem as problem:
        raise Refused("cades", reason=problem.message) from None
    answer = _usable(document, pki, at)
    if answer is not None:
        _refuse_bad(answer, at)
        return SignedUpload(document, info, signed)
    if not responder:
        raise Refused("ocsp-unreachable")
    fetched = pki.ocsp(document.signer_certificate, at=now)
    _refuse_bad(ocsp.read_response(fetched), at)
    return SignedUpload(document, info, with_ocsp(signed, fetched))


def _read(signed: bytes) -> QesDocument:
    try:
        return parse(signed)
    except QesProblem as problem:
        raise Refused("cades", reason=problem.message) from None


def _usable(document: QesDocument, pki: Pki, at: datetime) -> OcspStatus | None:
    """Return the embedded answer unless it is missing, foreign, not ours or out of date."""
    if document.ocsp is None:
        return None
    answer = _signed_by(document.ocsp, pki.service("ocsp").der)
    if answer is None:
        return None
    digest = hashlib.sha256(document.signer_certificate).digest()
    serial = read_certificate_info(document.signer_certificate).serial
    if answer.serial != serial or answer.cert_hash not in (None, digest):
        return None
    return answer if abs(answer.this_update - at) <= OCSP_GRACE else None


@lru_cache(maxsize=256)
def _signed_by(response: bytes, responder: bytes) -> OcspStatus | None:
    """Return the answer if its signature holds; one answer comes with many prescriptions."""
    try:
        answer = ocsp.read_response(response)
        ocsp.check_signature(answer, (responder,))
    except (OcspProblem, CertificateProblem):
        return None
    return answer


def _refuse_bad(answer: OcspStatus, at: datetime) -> None:
    if answer.status == "unknown":
        raise Refused("ocsp-unknown")
    if answer.status == "revoked" and (answer.revoked_at is None or answer.revoked_at <= at):
        raise Refused("ocsp-revoked")
