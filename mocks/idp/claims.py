"""What a card's certificate says about its holder, as token claims."""

from __future__ import annotations

from mocks.idp.errors import Refusal
from mocks.idp.registry import service_scope
from pruefstand.crypto.jws import Json
from pruefstand.crypto.pki import CertificateInfo, CertificateKind

MAXIMUM_LENGTH = 64
CARD_KINDS = frozenset({CertificateKind.HP_AUT, CertificateKind.HCI_AUT, CertificateKind.CH_AUT})


def person_claims(info: CertificateInfo, scope: str) -> Json:
    """Return the claims of HBA, SMC-B or eGK; refuses 2020 when a required one is missing."""
    for_erezept = service_scope(scope).startswith("e-rezept")
    claims = {
        "professionOID": info.profession_oids[0] if info.profession_oids else None,
        "given_name": info.given_name,
        "family_name": info.surname,
        "display_name": _display_name(info) if for_erezept else None,
        **_OF_KIND[info.kind or CertificateKind.HP_AUT](info),
    }
    required = {"professionOID", "idNummer"}
    if info.kind is not CertificateKind.HCI_AUT:
        required |= {"given_name", "family_name"}
    if any(not claims[name] for name in required):
        raise Refusal(2020)
    if any(isinstance(value, str) and len(value) > MAXIMUM_LENGTH for value in claims.values()):
        raise Refusal(2020)
    return claims


def _display_name(info: CertificateInfo) -> str | None:
    parts = [part for part in (info.given_name, info.surname) if part]
    return " ".join(parts) or None


def _of_hba(info: CertificateInfo) -> Json:
    return {"idNummer": info.telematik_id, "organizationName": None, "organizationIK": None}


def _of_smcb(info: CertificateInfo) -> Json:
    return {
        "idNummer": info.telematik_id,
        "organizationName": info.subject_cn,
        "organizationIK": None,
    }


def _of_egk(info: CertificateInfo) -> Json:
    return {
        "idNummer": info.kvnr,
        "organizationName": info.organization,
        "organizationIK": info.iknr,
    }


_OF_KIND = {
    CertificateKind.HP_AUT: _of_hba,
    CertificateKind.HCI_AUT: _of_smcb,
    CertificateKind.CH_AUT: _of_egk,
}
