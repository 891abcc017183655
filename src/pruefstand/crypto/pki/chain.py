"""The certificate check in the order of the E-Rezept-Fachdienst.

Type, qcStatement, critical extensions, validity, issuer, issuer's status, issuer's right to
issue the type, signature, key usage, extended key usage; revocation follows outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NoReturn

from cryptography.exceptions import InvalidSignature

from pruefstand.crypto.pki import oids
from pruefstand.crypto.pki.authority import Authority
from pruefstand.crypto.pki.facts import CertificateFacts
from pruefstand.crypto.pki.profiles import PROFILES, CertificateKind
from pruefstand.crypto.pki.values import CertificateInfo, CertificateProblem, ProblemCode

_ALLOWED_CRITICAL = frozenset({oids.BASIC_CONSTRAINTS, oids.KEY_USAGE})


@dataclass(slots=True)
class TrustSpace:
    """The trusted authorities by name and key identifier (the content of a TSL)."""

    authorities: Mapping[tuple[bytes, bytes], Authority]
    _signed: dict[bytes, bool] = field(default_factory=dict)

    def issuer_of(self, facts: CertificateFacts) -> Authority:
        """Return the authority that claims to have issued the certificate."""
        found = self.authorities.get((facts.issuer, facts.authority_key_id or b""))
        if found is not None:
            return found
        if any(name == facts.issuer for name, _ in self.authorities):
            raise CertificateProblem(
                ProblemCode.AUTHORITYKEYID_DIFFERENT, "the issuer's key is another one"
            )
        raise CertificateProblem(
            ProblemCode.CA_CERT_MISSING, f"no trusted issuer {facts.info.issuer_cn!r}"
        )

    def is_signed(self, facts: CertificateFacts, issuer: Authority) -> bool:
        """Tell whether the issuer's signature is right; computed once per certificate."""
        known = self._signed.get(facts.der)
        if known is None:
            if len(self._signed) > 10_000:
                self._signed.clear()
            known = self._signed[facts.der] = _verifies(facts, issuer)
        return known


def _verifies(facts: CertificateFacts, issuer: Authority) -> bool:
    try:
        facts.certificate.verify_directly_issued_by(issuer.certificate)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def check_chain(
    facts: CertificateFacts, trust: TrustSpace, *, kind: CertificateKind | None, at: datetime
) -> CertificateInfo:
    """Judge a certificate at the instant `at`; raises CertificateProblem at the first defect."""
    found = _check_type(facts, kind)
    _check_extensions(facts, found)
    if not facts.info.not_before <= at <= facts.info.not_after:
        _refuse(ProblemCode.CERTIFICATE_NOT_VALID_TIME, f"not valid at {at.isoformat()}")
    _check_issuer(facts, trust, found, at)
    _check_usage(facts, found)
    return facts.info


def _check_type(facts: CertificateFacts, wanted: CertificateKind | None) -> CertificateKind:
    found = facts.info.kind
    if found is None:
        _refuse(ProblemCode.CERT_TYPE_INFO_MISSING, "no policy names a known certificate type")
    if wanted is not None and found is not wanted:
        _refuse(ProblemCode.CERT_TYPE_MISMATCH, f"{wanted} expected, found {found}")
    return found


def _check_extensions(facts: CertificateFacts, kind: CertificateKind) -> None:
    if PROFILES[kind].qualified and facts.qc_statements[:1] != (oids.QC_COMPLIANCE,):
        _refuse(ProblemCode.QC_STATEMENT_ERROR, "QcCompliance is not the first qcStatement")
    unknown = facts.critical - _ALLOWED_CRITICAL
    if unknown:
        # The profile of the type knows two critical extensions; another one breaks the type.
        _refuse(ProblemCode.CERT_TYPE_MISMATCH, f"critical extensions {sorted(unknown)}")


def _check_issuer(
    facts: CertificateFacts, trust: TrustSpace, kind: CertificateKind, at: datetime
) -> None:
    issuer = trust.issuer_of(facts)
    authority = issuer.certificate
    if not authority.not_valid_before_utc <= at <= authority.not_valid_after_utc:
        _refuse(ProblemCode.CA_CERT_MISSING, f"the issuer is not in accord at {at.isoformat()}")
    if kind not in issuer.kinds:
        _refuse(ProblemCode.CERT_TYPE_CA_NOT_AUTHORIZED, f"the issuer may not issue {kind}")
    if not trust.is_signed(facts, issuer):
        _refuse(ProblemCode.CERTIFICATE_NOT_VALID_MATH, "the issuer's signature is wrong")


def _check_usage(facts: CertificateFacts, kind: CertificateKind) -> None:
    profile = PROFILES[kind]
    wanted = profile.rsa_key_usage if facts.is_rsa else profile.key_usage
    if facts.key_usage != wanted:
        _refuse(ProblemCode.WRONG_KEYUSAGE, f"key usage {sorted(facts.key_usage)}")
    if not set(profile.extended_usage) <= set(facts.extended_usage):
        _refuse(ProblemCode.WRONG_EXTENDEDKEYUSAGE, f"extended usage {facts.extended_usage}")


def _refuse(code: ProblemCode, text: str) -> NoReturn:
    raise CertificateProblem(code, text)
