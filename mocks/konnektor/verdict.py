"""Whether a certificate holds: VALID, INVALID, or INCONCLUSIVE when it cannot be told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mocks.konnektor.state import State
from pruefstand.crypto.pki import CertificateProblem, ProblemCode
from pruefstand.soap.fault import TelematikError

Result = Literal["VALID", "INVALID", "INCONCLUSIVE"]

_UNDECIDED = (
    ProblemCode.CA_CERT_MISSING,
    ProblemCode.AUTHORITYKEYID_DIFFERENT,
    ProblemCode.OCSP_NOT_AVAILABLE,
)
"""Without the issuer or without revocation information nothing can be said."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A result, and the reason where it is not VALID."""

    result: Result
    error: TelematikError | None = None


def judge(certificate: bytes, at: datetime, state: State) -> Verdict:
    """Judge a certificate (DER) at `at`: chain, validity, and whether it was revoked by then."""
    reachable = state.reaches_ocsp
    try:
        state.ctx.pki.verify(certificate, kind=None, at=at, revocation=reachable)
    except CertificateProblem as problem:
        return _refused(problem)
    if not reachable:
        text = "OCSP-Responder nicht erreichbar"
        return _refused(CertificateProblem(ProblemCode.OCSP_NOT_AVAILABLE, text))
    return Verdict("VALID")


def _refused(problem: CertificateProblem) -> Verdict:
    error = TelematikError(
        int(problem.code), problem.code.name, "Security", component="PKI", detail=problem.text
    )
    return Verdict("INCONCLUSIVE" if problem.code in _UNDECIDED else "INVALID", error)
