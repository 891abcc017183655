"""A reproducible test PKI of the TI: cards, services, certificate checks."""

from __future__ import annotations

from pruefstand.crypto.pki.facts import read_certificate_info
from pruefstand.crypto.pki.profiles import CertificateKind
from pruefstand.crypto.pki.service import Pki
from pruefstand.crypto.pki.values import (
    CertificateInfo,
    CertificateProblem,
    Egk,
    Hba,
    Holder,
    Identity,
    ProblemCode,
    RsaIdentity,
    Smcb,
)

__all__ = [
    "CertificateInfo",
    "CertificateKind",
    "CertificateProblem",
    "Egk",
    "Hba",
    "Holder",
    "Identity",
    "Pki",
    "ProblemCode",
    "RsaIdentity",
    "Smcb",
    "read_certificate_info",
]
