"""A prescription of a digital health application: KBV_PR_EVDGA_Bundle 1.2, and its redemption."""

from __future__ import annotations

from datetime import datetime

from pruefstand.clock import BERLIN, berlin_day
from pruefstand.fhir import kbv, kbv_for
from pruefstand.fhir.communication import KVID, TELEMATIK_ID
from pruefstand.fhir.kbv import Json
from pruefstand.fhir.prescription import BASE_ADDRESS, PRUEFNUMMER_SYSTEM
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import rezept_id as rezept_ids
from pruefstand.rng import Rng
from pruefstand.testdata.orders import PrescriptionOrder

VERSION = "1.2"
APPLICATION = "Rückengesund 90 Tage"
"""Name of the invented application."""
APPLICATION_PZN = "12345678"
_ERP = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_"
_PZN = "http://fhir.de/CodeSystem/ifa/pzn"
_TYPES = ("Composition", "DeviceRequest", "Patient", "Practitioner", "Organization", "Coverage")


def build_application(order: PrescriptionOrder, *, rezept_id: str, authored: datetime) -> bytes:
    """Return the bundle as XML; of the order, everything but the medication is used."""
    rng = Rng(rezept_id).derive("evdga")
    bundle_id = rng.uuid()
    ids = {name: rng.uuid() for name in _TYPES}
    time = authored.astimezone(BERLIN).isoformat(timespec="seconds")
    resources = (
        _composition(order, ids, time),
        _request(ids, authored),
        kbv_for.patient(order.insured, resource_id=ids["Patient"], version=VERSION),
        kbv_for.practitioner(order.practitioner, resource_id=ids["Practitioner"], version=VERSION),
        kbv_for.organization(order.practice, resource_id=ids["Organization"], version=VERSION),
        kbv_for.coverage(
            order.coverage,
            resource_id=ids["Coverage"],
            patient_id=ids["Patient"],
            version=VERSION,
        ),
    )
    entries = [
        {"fullUrl": f"{BASE_ADDRESS}/{item['resourceType']}/{item['id']}", "resource": item}
        for item in resources
    ]
    return to_xml(
        {
            "resourceType": "Bundle",
            "id": bundle_id,
            "meta": kbv.meta("KBV_PR_EVDGA_Bundle", VERSION),
            "identifier": kbv.identifier(rezept_ids.SYSTEM, rezept_id),
            "type": "document",
            "timestamp": time,
            "entry": entries,
        }
    )


def _composition(order: PrescriptionOrder, ids: dict[str, str], time: str) -> Json:
    basis = kbv.kbv_coding("KBV_CS_SFHIR_KBV_STATUSKENNZEICHEN", order.legal_basis)
    form = kbv.kbv_coding("KBV_CS_SFHIR_KBV_FORMULAR_ART", "e16D")
    software = kbv.identifier(PRUEFNUMMER_SYSTEM, order.pruefnummer)
    return {
        "resourceType": "Composition",
        "id": ids["Composition"],
        "meta": kbv.meta("KBV_PR_EVDGA_Composition", VERSION),
        "extension": [kbv.extension("KBV_EX_FOR_Legal_basis", valueCoding=basis)],
        "status": "final",
        "type": {"coding": [form]},
        "subject": _reference(ids, "Patient"),
        "date": time,
        "author": [
            _reference(ids, "Practitioner") | {"type": "Practitioner"},
            {"type": "Device", "identifier": software},
        ],
        "title": "elektronische Verordnung digitaler Gesundheitsanwendungen",
        "custodian": _reference(ids, "Organization"),
        "section": [
            _section("Prescription", _reference(ids, "DeviceRequest")),
            _section("HealthInsurance", _reference(ids, "Coverage")),
        ],
    }


def _request(ids: dict[str, str], authored: datetime) -> Json:
    code = {"coding": [kbv.coding(_PZN, APPLICATION_PZN)], "text": APPLICATION}
    return {
        "resourceType": "DeviceRequest",
        "id": ids["DeviceRequest"],
        "meta": kbv.meta("KBV_PR_EVDGA_HealthAppRequest", VERSION),
        "extension": [kbv.extension("KBV_EX_FOR_SER", valueBoolean=False)],
        "status": "active",
        "intent": "order",
        "codeCodeableConcept": code,
        "subject": _reference(ids, "Patient"),
        "authoredOn": berlin_day(authored).isoformat(),
        "requester": _reference(ids, "Practitioner"),
        "insurance": [_reference(ids, "Coverage")],
    }


def _reference(ids: dict[str, str], kind: str) -> Json:
    return {"reference": f"{kind}/{ids[kind]}"}


def _section(code: str, reference: Json) -> Json:
    system = "KBV_CS_EVDGA_Section_Type"
    return {"code": {"coding": [kbv.kbv_coding(system, code)]}, "entry": [reference]}


def redemption_body(
    prescription_id: str, *, kvnr: str, telematik_id: str, at: datetime, redeem_code: str
) -> bytes:
    """Return the $close body of an insurer: the code that unlocks the application."""
    dispense: Json = {
        "resourceType": "MedicationDispense",
        "id": "dispense-1",
        "meta": {"profile": [f"{_ERP}PR_MedicationDispense_DiGA|1.6"]},
        "extension": [{"url": f"{_ERP}EX_RedeemCode", "valueString": redeem_code}],
        "identifier": [{"system": rezept_ids.SYSTEM, "value": prescription_id}],
        "status": "completed",
        "medicationReference": {
            "identifier": {"system": _PZN, "value": APPLICATION_PZN},
            "display": APPLICATION,
        },
        "subject": {"identifier": {"system": KVID, "value": kvnr}},
        "performer": [{"actor": {"identifier": {"system": TELEMATIK_ID, "value": telematik_id}}}],
        "whenHandedOver": berlin_day(at).isoformat(),
    }
    part = {"name": "medicationDispense", "resource": dispense}
    return to_xml(
        {
            "resourceType": "Parameters",
            "id": f"close-{prescription_id}",
            "meta": {"profile": [f"{_ERP}PR_PAR_CloseOperation_Input|1.6"]},
            "parameter": [{"name": "rxDispensation", "part": [part]}],
        }
    )
