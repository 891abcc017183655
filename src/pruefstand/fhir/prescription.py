"""KBV_PR_ERP_Bundle in the versions 1.3 and 1.4, built from an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pruefstand.clock import BERLIN, berlin_day
from pruefstand.fhir import dosage, kbv, kbv_for
from pruefstand.fhir.kbv import Json
from pruefstand.fhir.medication import medication
from pruefstand.fhir.prescription_extensions import request_extensions
from pruefstand.fhir.profiles import FOR_VERSION_OF_ERP
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import rezept_id as rezept_ids
from pruefstand.rng import Rng
from pruefstand.testdata.orders import PrescriptionOrder

BASE_ADDRESS = "https://pvs.pruefstand.test/fhir"

WEEKS = "Woche(n)"
"""Unit of the supply duration of a T-Rezept."""
PRUEFNUMMER_SYSTEM = "https://fhir.kbv.de/NamingSystem/KBV_NS_FOR_Pruefnummer"

_TYPES = (
    "Bundle",
    "Composition",
    "MedicationRequest",
    "Medication",
    "Patient",
    "Practitioner",
    "Organization",
    "Coverage",
    "responsible",
)
"""What has an id of its own: resource types, and the person responsible for the one who writes."""


def build_prescription(
    order: PrescriptionOrder, *, rezept_id: str, version: str, authored: datetime
) -> bytes:
    """Return the bundle as XML; a naive `authored` or an unknown `version` raises ValueError."""
    return to_xml(
        prescription_bundle(order, rezept_id=rezept_id, version=version, authored=authored)
    )


def prescription_bundle(
    order: PrescriptionOrder, *, rezept_id: str, version: str, authored: datetime
) -> Json:
    """Return KBV_PR_ERP_Bundle; the ids of the resources follow from the Rezept-ID."""
    frame = _frame(rezept_id, version, authored)
    return {
        "resourceType": "Bundle",
        "id": frame.ids["Bundle"],
        "meta": kbv.meta("KBV_PR_ERP_Bundle", version),
        "identifier": kbv.identifier(rezept_ids.SYSTEM, rezept_id),
        "type": "document",
        "timestamp": frame.timestamp,
        "entry": [_entry(resource) for resource in _resources(order, frame)],
    }


@dataclass(frozen=True, slots=True)
class _Frame:
    """What all resources of one bundle share."""

    ids: dict[str, str]
    version: str
    authored: datetime

    @property
    def timestamp(self) -> str:
        return self.authored.astimezone(BERLIN).isoformat(timespec="seconds")

    @property
    def for_version(self) -> str:
        return FOR_VERSION_OF_ERP[self.version]

    def reference(self, resource_type: str) -> Json:
        return {"reference": f"{resource_type}/{self.ids[resource_type]}"}


def _frame(rezept_id: str, version: str, authored: datetime) -> _Frame:
    if version not in FOR_VERSION_OF_ERP:
        known = ", ".join(FOR_VERSION_OF_ERP)
        raise ValueError(f"KBV_PR_ERP_Bundle {version} is not built here, only {known}")
    if authored.tzinfo is None:
        raise ValueError("the time of writing needs a time zone")
    rng = Rng(rezept_id)
    return _Frame({name: rng.uuid() for name in _TYPES}, version, authored)


def _entry(resource: Json) -> Json:
    address = f"{BASE_ADDRESS}/{resource['resourceType']}/{resource['id']}"
    return {"fullUrl": address, "resource": resource}


def _resources(order: PrescriptionOrder, frame: _Frame) -> list[Json]:
    ids, version = frame.ids, frame.for_version
    return [
        _composition(order, frame),
        _medication_request(order, frame),
        medication(
            order.medication,
            category=order.category,
            resource_id=ids["Medication"],
            version=frame.version,
        ),
        kbv_for.patient(order.insured, resource_id=ids["Patient"], version=version),
        kbv_for.practitioner(order.practitioner, resource_id=ids["Practitioner"], version=version),
        kbv_for.organization(order.practice, resource_id=ids["Organization"], version=version),
        kbv_for.coverage(
            order.coverage,
            resource_id=ids["Coverage"],
            patient_id=ids["Patient"],
            version=version,
        ),
        *_responsible(order, frame),
    ]


def _responsible(order: PrescriptionOrder, frame: _Frame) -> list[Json]:
    if order.responsible is None:
        return []
    number = frame.ids["responsible"]
    return [kbv_for.practitioner(order.responsible, resource_id=number, version=frame.for_version)]


def _composition(order: PrescriptionOrder, frame: _Frame) -> Json:
    basis = kbv.kbv_coding("KBV_CS_SFHIR_KBV_STATUSKENNZEICHEN", order.legal_basis)
    form = kbv.kbv_coding("KBV_CS_SFHIR_KBV_FORMULAR_ART", "e16A")
    software = kbv.identifier(PRUEFNUMMER_SYSTEM, order.pruefnummer)
    return {
        "resourceType": "Composition",
        "id": frame.ids["Composition"],
        "meta": kbv.meta("KBV_PR_ERP_Composition", frame.version),
        "extension": [kbv.extension("KBV_EX_FOR_Legal_basis", valueCoding=basis)],
        "status": "final",
        "type": {"coding": [form]},
        "subject": frame.reference("Patient"),
        "date": frame.timestamp,
        "author": [
            frame.reference("Practitioner") | {"type": "Practitioner"},
            {"type": "Device", "identifier": software},
        ],
        "title": "elektronische Arzneimittelverordnung",
        **({"attester": [_legally(frame)]} if order.responsible else {}),
        "custodian": frame.reference("Organization"),
        "section": [
            _section("Prescription", frame.reference("MedicationRequest")),
            _section("Coverage", frame.reference("Coverage")),
        ],
    }


def _legally(frame: _Frame) -> Json:
    return {"mode": "legal", "party": {"reference": f"Practitioner/{frame.ids['responsible']}"}}


def _section(code: str, reference: Json) -> Json:
    return {
        "code": {"coding": [kbv.kbv_coding("KBV_CS_ERP_Section_Type", code)]},
        "entry": [reference],
    }


def _medication_request(order: PrescriptionOrder, frame: _Frame) -> Json:
    dosing = dosage.dosing(
        order.dosage_text, kind=order.kind, version=frame.version, structured=order.dosage
    )
    request: Json = {
        "resourceType": "MedicationRequest",
        "id": frame.ids["MedicationRequest"],
        "meta": kbv.meta("KBV_PR_ERP_Prescription", frame.version),
        "extension": [*request_extensions(order), *dosing.extensions],
        "status": "active",
        "intent": "order",
        "medicationReference": frame.reference("Medication"),
        "subject": frame.reference("Patient"),
        "authoredOn": berlin_day(frame.authored).isoformat(),
        "requester": frame.reference("Practitioner"),
        "insurance": [frame.reference("Coverage")],
    }
    if order.note:
        request["note"] = [{"text": order.note}]
    if dosing.instructions:
        request["dosageInstruction"] = dosing.instructions
    dispensing: Json = {"quantity": {"value": order.quantity, "unit": "Packung"}}
    if order.teratogenic:
        dispensing["expectedSupplyDuration"] = {"value": order.teratogenic.weeks, "unit": WEEKS}
    request["dispenseRequest"] = dispensing
    # A prescription by active substance leaves the choice to the pharmacy: the flag is forbidden.
    if order.kind != "wirkstoff":
        request["substitution"] = {"allowedBoolean": order.substitution}
    return request
