"""Whether a certificate holds: VALID, INVALID, or INCONCLUSIVE when it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mocks.konnektor.state import State
from pruefstand.crypto.pki import CertificateProblem, ProblemCode
from pruefstand.crypto.pki.facts import read_certificate_info
from pruefstand.crypto.pki.roles import TECHNICAL
from pruefstand.soap.fault import TelematikError

Result = Literal["VALID", "INVALID", "INCONCLUSIVE"]

_UNDECIDED = (
    ProblemCode.CA_CERT_MISSING,
    ProblemCode.AUTHORITYKEYID_DIFFERENT,
    ProblemCode.OCSP_NOT_AVAILABLE,
)
"""Without the issuer or without revocation information nothing can be said."""

_SERVICES = frozenset(role.profession_oid for role in TECHNICAL.values())


@dataclass(frozen=True, slots=True)
class Verdict:
    """A result, and the reason where it is not VALID."""

    result: Result
    error: TelematikError | None = None


def judge(certificate: bytes, at: datetime, state: State) -> Verdict:
    """Judge a certificate (DER) at `at`: chain, validity, and whether it was revoked by then."""
    # The services of the TI have a responder of their own.
    reachable = state.is_online if _is_of_a_service(certificate) else state.reaches_ocsp
    try:
        state.ctx.pki.verify(certificate, kind=None, at=at, revocation=reachable)
    except CertificateProblem as problem:
        return _refused(problem)
    if not reachable:
        text = "OCSP-Responder nicht erreichbar"
        return _refused(CertificateProblem(ProblemCode.OCSP_NOT_AVAILABLE, text))
    return Verdict("VALID")


def _is_of_a_service(certificate: bytes) -> bool:
    try:
        found = read_certificate_info(certificate).profession_oids
    except CertificateProblem:
        return False
    return not _SERVICES.isdisjoint(found)


def _refused(problem: CertificateProblem) -> Verdict:
    error = TelematikError(
        int(problem.code), problem.code.name, "Security", component="PKI", detail=problem.text
    )
    return Verdict("INCONCLUSIVE" if problem.code in _UNDECIDED else "INVALID", error)
