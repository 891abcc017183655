"""What a pharmacy sends with $dispense or $close (GEM_ERP_PR_PAR_…Operation_Input 1.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from lxml import etree

from pruefstand.clock import berlin_day
from pruefstand.crypto.cms_qes import parse
from pruefstand.fhir.xml import NAMESPACE, safe_parse, to_xml

_ERP = "https://gematik.de/fhir/erp/StructureDefinition/"
_VERSION = "1.6"
_PRESCRIPTION_ID = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"
_KVID = "http://fhir.de/sid/gkv/kvid-10"
_TELEMATIK_ID = "https://gematik.de/fhir/sid/telematik-id"
_PZN = "http://fhir.de/CodeSystem/ifa/pzn"

LOT_NUMBER = "PS-2026-001"

_NS = {"f": NAMESPACE}
_MEDICATION = "/f:Bundle/f:entry/f:resource/f:Medication"
_PRESCRIBED_PZN = etree.XPath(
    f"string({_MEDICATION}/f:code/f:coding[f:system/@value='{_PZN}']/f:code/@value)",
    namespaces=_NS,
    smart_strings=False,
)
_PRESCRIBED_NAME = etree.XPath(
    f"string(({_MEDICATION}/f:code/f:text/@value"
    f" | {_MEDICATION}/f:ingredient/f:itemCodeableConcept/f:text/@value)[1])",
    namespaces=_NS,
    smart_strings=False,
)

Json = dict[str, Any]
Operation = Literal["Close", "Dispense"]
"""The call whose body is built; both have the same content."""


@dataclass(frozen=True, slots=True)
class DispensedMedication:
    """One package handed over."""

    pzn: str | None
    """None for what the pharmacy makes itself."""
    name: str
    lot_number: str = LOT_NUMBER


def dispensation_body(
    signed_prescription: bytes,
    *,
    kvnr: str,
    prescription_id: str,
    telematik_id: str,
    handed_over: datetime,
    operation: Operation = "Close",
) -> bytes:
    """Return the body that dispenses what the PKCS#7 prescribes; raises QesProblem."""
    return build_dispensation(
        prescription_id,
        kvnr=kvnr,
        telematik_id=telematik_id,
        handed_over=berlin_day(handed_over),
        medications=[prescribed_medication(parse(signed_prescription).content)],
        operation=operation,
    )


def prescribed_medication(document: bytes) -> DispensedMedication:
    """Return the package a KBV bundle asks for; raises FhirSyntaxProblem."""
    root = safe_parse(document)
    name = str(_PRESCRIBED_NAME(root)) or "Abgegebenes Arzneimittel"
    return DispensedMedication(str(_PRESCRIBED_PZN(root)) or None, name)


def build_dispensation(
    prescription_id: str,
    *,
    kvnr: str,
    telematik_id: str,
    handed_over: date,
    medications: Sequence[DispensedMedication],
    operation: Operation = "Close",
) -> bytes:
    """Return the Parameters resource as XML, one rxDispensation per package."""
    items = [
        _rx_dispensation(
            f"medication-{number}", medication, prescription_id, kvnr, telematik_id, handed_over
        )
        for number, medication in enumerate(medications, 1)
    ]
    return to_xml(
        {
            "resourceType": "Parameters",
            "id": f"{operation.lower()}-{prescription_id}",
            "meta": _profile(f"GEM_ERP_PR_PAR_{operation}Operation_Input"),
            "parameter": items,
        }
    )


def _rx_dispensation(
    name: str,
    medication: DispensedMedication,
    prescription_id: str,
    kvnr: str,
    telematik_id: str,
    handed_over: date,
) -> Json:
    dispense = {
        "resourceType": "MedicationDispense",
        "id": f"dispense-{name}",
        "meta": _profile("GEM_ERP_PR_MedicationDispense"),
        "identifier": [{"system": _PRESCRIPTION_ID, "value": prescription_id}],
        "status": "completed",
        "medicationReference": {"reference": f"Medication/{name}"},
        "subject": {"identifier": {"system": _KVID, "value": kvnr}},
        "performer": [{"actor": {"identifier": {"system": _TELEMATIK_ID, "value": telematik_id}}}],
        "whenHandedOver": handed_over.isoformat(),
    }
    return {
        "name": "rxDispensation",
        "part": [
            {"name": "medicationDispense", "resource": dispense},
            {"name": "medication", "resource": _medication(name, medication)},
        ],
    }


def _medication(name: str, medication: DispensedMedication) -> Json:
    code: Json = {"text": medication.name}
    if medication.pzn is not None:
        code = {"coding": [{"system": _PZN, "code": medication.pzn}], **code}
    return {
        "resourceType": "Medication",
        "id": name,
        "meta": _profile("GEM_ERP_PR_Medication"),
        "code": code,
        "batch": {"lotNumber": medication.lot_number},
    }


def _profile(name: str) -> Json:
    return {"profile": [f"{_ERP}{name}|{_VERSION}"]}
