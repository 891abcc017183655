"""The consent of a privately insured person (GEM_ERPCHRG_PR_Consent 1.1)."""

from __future__ import annotations

from datetime import datetime

from pruefstand.fhir.communication import KVID
from pruefstand.fhir.xml import to_xml

CHARGING = "CHARGCONS"
_PROFILE = "https://gematik.de/fhir/erpchrg/StructureDefinition/GEM_ERPCHRG_PR_Consent|1.1"
_TYPES = "https://gematik.de/fhir/erpchrg/CodeSystem/GEM_ERPCHRG_CS_ConsentType"
_TERMS = "http://terminology.hl7.org/CodeSystem"


def consent_body(kvnr: str, at: datetime, category: str = CHARGING) -> bytes:
    """Return the consent of `kvnr` to `category` as XML."""
    scope = {
        "system": f"{_TERMS}/consentscope",
        "code": "patient-privacy",
        "display": "Privacy Consent",
    }
    policy = {"system": f"{_TERMS}/v3-ActCode", "code": "OPTIN"}
    return to_xml(
        {
            "resourceType": "Consent",
            "meta": {"profile": [_PROFILE]},
            "status": "active",
            "scope": {"coding": [scope]},
            "category": [{"coding": [{"system": _TYPES, "code": category}]}],
            "patient": {"identifier": {"system": KVID, "value": kvnr}},
            "dateTime": at.isoformat(timespec="seconds"),
            "policyRule": {"coding": [policy]},
        }
    )
