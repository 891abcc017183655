"""The certificate profiles of the TI as data: type policy, key usage, issuer (gemSpec_PKI)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from pruefstand.crypto.pki import oids


class CertificateKind(StrEnum):
    """Certificate types of cards, institutions and services."""

    HP_QES = "C.HP.QES"
    HP_AUT = "C.HP.AUT"
    HP_ENC = "C.HP.ENC"
    HCI_AUT = "C.HCI.AUT"
    HCI_ENC = "C.HCI.ENC"
    HCI_OSIG = "C.HCI.OSIG"
    CH_AUT = "C.CH.AUT"
    FD_SIG = "C.FD.SIG"
    FD_OSIG = "C.FD.OSIG"
    FD_AUT = "C.FD.AUT"
    FD_ENC = "C.FD.ENC"
    FD_TLS_S = "C.FD.TLS-S"
    FD_TLS_C = "C.FD.TLS-C"
    AK_AUT = "C.AK.AUT"
    ZD_TLS_S = "C.ZD.TLS-S"
    ZD_SIG = "C.ZD.SIG"
    TSL_SIG = "C.TSL.SIG"
    OCSP = "C.GEM.OCSP"


class Branch(StrEnum):
    """The issuing authorities below the root, by the stem of their common name."""

    HBA = "HBA-CA"
    HBA_QES = "HBA-qCA"
    SMCB = "SMCB-CA"
    EGK = "EGK-CA"
    KOMP = "KOMP-CA"
    TSL = "TSL-CA"


BRANCH_UNIT = {
    Branch.HBA: "Heilberufsausweis-CA der Telematikinfrastruktur",
    Branch.HBA_QES: "Qualifizierter VDA der Telematikinfrastruktur",
    Branch.SMCB: "Institution des Gesundheitswesens-CA der Telematikinfrastruktur",
    Branch.EGK: "Elektronische Gesundheitskarte-CA der Telematikinfrastruktur",
    Branch.KOMP: "Komponenten-CA der Telematikinfrastruktur",
    Branch.TSL: "TSL-Signer-CA der Telematikinfrastruktur",
}


@dataclass(frozen=True, slots=True)
class CertificateProfile:
    """What sets one certificate type apart; `key_usage` in the names of X.509."""

    kind: CertificateKind
    type_policy: str
    policies: tuple[str, ...]
    key_usage: frozenset[str]
    extended_usage: tuple[str, ...]
    branch: Branch
    qualified: bool = False
    rsa_key_usage: frozenset[str] = frozenset()
    """The usage of an RSA key of older cards; empty where the type knows none."""


SIGN, COMMIT, AGREE = "digital_signature", "content_commitment", "key_agreement"
WRAP, DATA = "key_encipherment", "data_encipherment"
_HBA = (oids.POLICY_HBA_CP, oids.POLICY_HBA_ISSUER)
_QES = (oids.POLICY_HBA_CP, oids.POLICY_QCP_N_QSCD, oids.POLICY_HBA_ISSUER)
_OR = (oids.POLICY_GEMATIK_OR,)
_CLIENT, _MAIL = oids.EKU_CLIENT_AUTH, oids.EKU_EMAIL_PROTECTION
_SERVER, _OCSP = oids.EKU_SERVER_AUTH, oids.EKU_OCSP_SIGNING
_K: TypeAlias = CertificateKind
_B: TypeAlias = Branch

_RSA_USAGE: dict[CertificateKind, tuple[str, ...]] = {
    CertificateKind.HP_QES: (COMMIT,),
    CertificateKind.HP_AUT: (SIGN, WRAP),
    CertificateKind.HP_ENC: (WRAP, DATA),
    CertificateKind.HCI_AUT: (SIGN, WRAP),
    CertificateKind.HCI_ENC: (WRAP, DATA),
    CertificateKind.HCI_OSIG: (COMMIT,),
    CertificateKind.CH_AUT: (SIGN, WRAP),
}

_TABLE: tuple[tuple[_K, int, tuple[str, ...], tuple[str, ...], tuple[str, ...], _B], ...] = (
    (_K.HP_QES, 72, _QES, (COMMIT,), (), _B.HBA_QES),
    (_K.HP_AUT, 75, _HBA, (SIGN, AGREE), (_CLIENT, _MAIL), _B.HBA),
    (_K.HP_ENC, 74, _HBA, (AGREE,), (), _B.HBA),
    (_K.HCI_AUT, 77, _OR, (SIGN,), (_CLIENT,), _B.SMCB),
    (_K.HCI_ENC, 76, _OR, (AGREE,), (), _B.SMCB),
    (_K.HCI_OSIG, 78, _OR, (COMMIT,), (), _B.SMCB),
    (_K.CH_AUT, 70, _OR, (SIGN,), (), _B.EGK),
    (_K.FD_SIG, 203, _OR, (SIGN,), (), _B.KOMP),
    (_K.FD_OSIG, 283, _OR, (COMMIT,), (), _B.KOMP),
    (_K.FD_AUT, 155, _OR, (SIGN,), (), _B.KOMP),
    (_K.FD_ENC, 202, _OR, (AGREE,), (), _B.KOMP),
    (_K.FD_TLS_S, 169, _OR, (SIGN,), (_SERVER,), _B.KOMP),
    (_K.FD_TLS_C, 168, _OR, (SIGN,), (_CLIENT,), _B.KOMP),
    (_K.AK_AUT, 79, _OR, (SIGN,), (_CLIENT, _SERVER), _B.KOMP),
    (_K.ZD_TLS_S, 157, _OR, (SIGN,), (_SERVER,), _B.KOMP),
    (_K.ZD_SIG, 287, _OR, (SIGN,), (), _B.KOMP),
    (_K.TSL_SIG, 176, _OR, (COMMIT,), (), _B.TSL),
    # An OCSP signer is known by its place in the TSL; the arc is the role "OCSP".
    (_K.OCSP, 99, _OR, (COMMIT,), (_OCSP,), _B.KOMP),
)

PROFILES: dict[CertificateKind, CertificateProfile] = {
    kind: CertificateProfile(
        kind,
        oids.gematik(arc),
        policies,
        frozenset(usage),
        extended,
        branch,
        kind is _K.HP_QES,
        frozenset(_RSA_USAGE.get(kind, ())),
    )
    for kind, arc, policies, usage, extended, branch in _TABLE
}

KIND_BY_POLICY = {profile.type_policy: kind for kind, profile in PROFILES.items()}


def kinds_of(branch: Branch) -> frozenset[CertificateKind]:
    """Return the certificate types an authority may issue (TSL service extension)."""
    return frozenset(kind for kind, profile in PROFILES.items() if profile.branch is branch)
