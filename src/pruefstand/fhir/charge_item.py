"""What a pharmacy bills a privately insured person: DAV Abgabedaten inside a ChargeItem."""

from __future__ import annotations

import base64
from datetime import datetime

from pruefstand.clock import berlin_day
from pruefstand.fhir.communication import KVID, TELEMATIK_ID
from pruefstand.fhir.xml import to_xml
from pruefstand.rng import Rng

_DAV = "http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/DAV-PKV-PR-ERP-"
_CODES = "http://fhir.abda.de/eRezeptAbgabedaten/CodeSystem/DAV-PKV-CS-ERP-"
_CHARGE = "https://gematik.de/fhir/erpchrg/StructureDefinition/GEM_ERPCHRG_PR_"
_PRESCRIPTION_ID = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"
_VERSION = "1.4"
_FLAGS = ("insuranceProvider", "subsidy", "taxOffice")


def dispense_item(
    prescription_id: str, *, telematik_id: str, pharmacy: str, at: datetime, price: str = "23.45"
) -> bytes:
    """Return the Abgabedaten to be signed; the DAV base profiles are not public as a package."""
    rng = Rng(prescription_id).derive("dav")
    names = ("Composition", "Organization", "MedicationDispense", "Invoice")
    urls = {name: f"urn:uuid:{rng.uuid()}" for name in names}
    day = berlin_day(at).isoformat()
    resources = (
        _composition(urls, at),
        _organization(telematik_id, pharmacy),
        _dispense(urls, prescription_id, day),
        _invoice(urls, price),
    )
    entries = [
        {
            "fullUrl": url,
            "resource": {
                "resourceType": kind,
                "id": url.removeprefix("urn:uuid:"),
                **_profile(kind),
                **rest,
            },
        }
        for (kind, url), rest in zip(urls.items(), resources, strict=True)
    ]
    return to_xml(
        {
            "resourceType": "Bundle",
            "id": rng.uuid(),
            "meta": {"profile": [f"{_DAV}AbgabedatenBundle|{_VERSION}"]},
            "identifier": {"system": _PRESCRIPTION_ID, "value": prescription_id},
            "type": "document",
            "timestamp": at.isoformat(timespec="seconds"),
            "entry": entries,
        }
    )


def _profile(kind: str) -> dict[str, object]:
    names = {
        "Composition": "AbgabedatenComposition",
        "Organization": "Apotheke",
        "MedicationDispense": "Abgabeinformationen",
        "Invoice": "Abrechnungszeilen",
    }
    return {"meta": {"profile": [f"{_DAV}{names[kind]}|{_VERSION}"]}}


def _composition(urls: dict[str, str], at: datetime) -> dict[str, object]:
    entries = [{"reference": urls[name]} for name in ("MedicationDispense", "Invoice")]
    return {
        "status": "final",
        "type": {"coding": [{"system": f"{_CODES}AbrechnungsTyp", "code": "ERezeptAbgabedaten"}]},
        "date": at.isoformat(timespec="seconds"),
        "author": [{"reference": urls["Organization"]}],
        "title": "ERezeptAbgabedaten",
        "section": [{"title": "Abgabeinformationen", "entry": entries}],
    }


def _organization(telematik_id: str, pharmacy: str) -> dict[str, object]:
    return {
        "identifier": [{"system": TELEMATIK_ID, "value": telematik_id}],
        "name": pharmacy,
    }


def _dispense(urls: dict[str, str], prescription_id: str, day: str) -> dict[str, object]:
    coding = {"system": f"{_CODES}AbrechnungsTyp", "code": "1"}
    prescription = {"identifier": {"system": _PRESCRIPTION_ID, "value": prescription_id}}
    return {
        "extension": [
            {
                "url": _DAV.replace("-PR-", "-EX-") + "AbrechnungsTyp",
                "valueCodeableConcept": {"coding": [coding]},
            },
        ],
        "status": "completed",
        "performer": [{"actor": {"reference": urls["Organization"]}}],
        "authorizingPrescription": [prescription],
        "whenHandedOver": day,
    }


def _invoice(urls: dict[str, str], price: str) -> dict[str, object]:
    return {
        "status": "issued",
        "issuer": {"reference": urls["Organization"]},
        "totalGross": {"value": price, "currency": "EUR"},
    }


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
