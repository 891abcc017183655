"""What a pharmacy stores for a privately insured person: the Abgabedaten in a ChargeItem."""

from __future__ import annotations

import base64
from datetime import datetime

from pruefstand.fhir.communication import KVID, TELEMATIK_ID
from pruefstand.fhir.xml import to_xml

_CHARGE = "https://gematik.de/fhir/erpchrg/StructureDefinition/GEM_ERPCHRG_PR_"
_PRESCRIPTION_ID = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"
_FLAGS = ("insuranceProvider", "subsidy", "taxOffice")


def charge_item_body(
    prescription_id: str, *, kvnr: str, telematik_id: str, signed: bytes, at: datetime
) -> bytes:
    """Return the ChargeItem that carries the signed Abgabedaten."""
    absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    binary = {
        "resourceType": "Binary",
        "id": "abgabedaten",
        "contentType": "application/pkcs7-mime",
        "data": base64.b64encode(signed).decode("ascii"),
    }
    return to_xml(
        {
            "resourceType": "ChargeItem",
            "id": prescription_id,
            "meta": {"profile": [f"{_CHARGE}ChargeItem|1.1"]},
            "contained": [binary],
            "identifier": [{"system": _PRESCRIPTION_ID, "value": prescription_id}],
            "status": "billable",
            "code": {"coding": [{"system": absent, "code": "not-applicable"}]},
            "subject": {"identifier": {"system": KVID, "value": kvnr}},
            "enterer": {"identifier": {"system": TELEMATIK_ID, "value": telematik_id}},
            "enteredDate": at.isoformat(timespec="seconds"),
            "supportingInformation": [{"reference": "#abgabedaten", "display": "Binary"}],
        }
    )


def marking_body(**flags: bool) -> bytes:
    """Return the Parameters by which the insured person notes where the billing went."""
    unknown = flags.keys() - set(_FLAGS)
    if unknown:
        raise ValueError(f"unknown marks: {', '.join(sorted(unknown))}")
    parts = [{"name": name, "valueBoolean": value} for name, value in flags.items()]
    return to_xml(
        {
            "resourceType": "Parameters",
            "meta": {"profile": [f"{_CHARGE}PAR_Patch_ChargeItem_Input|1.1"]},
            "parameter": [{"name": "markingFlag", "part": parts}],
        }
    )
