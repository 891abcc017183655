"""KBV_PR_EAU_Bundle 1.2: the electronic sick note, built from an order."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pruefstand.clock import BERLIN
from pruefstand.fhir import kbv, kbv_for
from pruefstand.fhir.kbv import Json
from pruefstand.fhir.prescription import BASE_ADDRESS, PRUEFNUMMER_SYSTEM
from pruefstand.fhir.xml import to_xml
from pruefstand.rng import Rng
from pruefstand.testdata.practices import Practitioner
from pruefstand.testdata.sick_notes import Cause, Diagnosis, SickNoteOrder, Step

VERSION = "1.2"
"""As it stands in meta.profile, without patch level; two constraints compare the exact text."""

FOR_VERSION = "1.2"
URI_SYSTEM = "urn:ietf:rfc:3986"
ICD = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
_HL7 = "http://hl7.org/fhir/StructureDefinition"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_CONFIRMED: Json = {"coding": [kbv.coding(f"{_TERMINOLOGY}/condition-ver-status", "confirmed")]}
_DOCUMENTS = uuid.UUID("6a1de9ee-51a7-5d5c-8f4e-6f4b2a8f2c10")
"""Name space of the document ids of this product."""


def new_document_id(rng: Rng) -> str:
    """Return a fresh UUID of version 5, without its URN scheme; every new file needs one."""
    return str(uuid.uuid5(_DOCUMENTS, rng.uuid()))


def build_sick_note(order: SickNoteOrder, *, document_id: str, written: datetime) -> bytes:
    """Return the bundle as XML in UTF-8 without byte order mark.

    A naive `written` raises ValueError.
    """
    return to_xml(sick_note_bundle(order, document_id=document_id, written=written))


def sick_note_bundle(order: SickNoteOrder, *, document_id: str, written: datetime) -> Json:
    """Return KBV_PR_EAU_Bundle; the ids of the resources follow from `document_id`."""
    frame = Frame.of(document_id)
    resources = [
        _composition(order, frame),
        kbv_for.patient(order.insured, resource_id=frame.id("Patient"), version=FOR_VERSION),
        *practitioners(order.practitioner, order.responsible, frame),
        kbv_for.organization(
            order.practice, resource_id=frame.id("Organization"), version=FOR_VERSION
        ),
        kbv_for.coverage(
            order.coverage,
            resource_id=frame.id("Coverage"),
            patient_id=frame.id("Patient"),
            version=FOR_VERSION,
        ),
        _incapacity(order, frame),
        *(_diagnosis(one, number, order, frame) for number, one in enumerate(order.diagnoses)),
        *([_text(order, frame)] if order.text else []),
        *(_step(step, order, frame) for step in order.steps),
        *([_role(order, frame)] if order.asv_team else []),
    ]
    return document("KBV_PR_EAU_Bundle", frame, written, resources)


@dataclass(frozen=True, slots=True)
class Frame:
    """What all resources of one document share: ids that follow from the document's id."""

    document_id: str
    space: uuid.UUID

    @classmethod
    def of(cls, document_id: str) -> Frame:
        """Return the frame of a document; raises ValueError when the id is no UUID."""
        return cls(document_id, uuid.UUID(document_id))

    def id(self, name: str) -> str:
        """Return the id of the resource called `name`."""
        return str(uuid.uuid5(self.space, name))

    def reference(self, kind: str, name: str = "") -> Json:
        """Return the relative reference to a resource of `kind`."""
        return {"reference": f"{kind}/{self.id(name or kind)}"}


def document(name: str, frame: Frame, written: datetime, resources: Sequence[Json]) -> Json:
    """Return the bundle of the profile `name` around `resources`."""
    if written.tzinfo is None:
        raise ValueError("the time of writing needs a time zone")
    return {
        "resourceType": "Bundle",
        "id": frame.id("Bundle"),
        "meta": kbv.meta(name, VERSION),
        "identifier": kbv.identifier(URI_SYSTEM, f"urn:uuid:{frame.document_id}"),
        "type": "document",
        "timestamp": written.astimezone(BERLIN).isoformat(timespec="seconds"),
        "entry": [
            {
                "fullUrl": f"{BASE_ADDRESS}/{one['resourceType']}/{one['id']}",
                "resource": one,
            }
            for one in resources
        ],
    }


def practitioners(
    issuer: Practitioner, responsible: Practitioner | None, frame: Frame
) -> list[Json]:
    """Return the issuing person, and the responsible one where there is one."""
    named = {"Practitioner": issuer} | ({"responsible": responsible} if responsible else {})
    return [
        kbv_for.practitioner(person, resource_id=frame.id(name), version=FOR_VERSION)
        for name, person in named.items()
    ]


def _composition(order: SickNoteOrder, frame: Frame) -> Json:
    basis = kbv.kbv_coding("KBV_CS_SFHIR_KBV_STATUSKENNZEICHEN", order.legal_basis)
    party = frame.reference("Practitioner", "responsible")
    attester = [{"mode": "legal", "party": party}] if order.responsible else []
    return {
        "resourceType": "Composition",
        "id": frame.id("Composition"),
        "meta": kbv.meta("KBV_PR_EAU_Composition", VERSION),
        "extension": [kbv.extension("KBV_EX_FOR_Legal_basis", valueCoding=basis)],
        "status": "final",
        "type": {
            "coding": [
                kbv.kbv_coding("KBV_CS_EAU_AU_Type", order.kind),
                kbv.kbv_coding("KBV_CS_SFHIR_KBV_FORMULAR_ART", "e010"),
            ]
        },
        "subject": frame.reference("Patient"),
        "date": order.issued.isoformat(),
        "author": [
            frame.reference("Practitioner") | {"type": "Practitioner"},
            {
                "type": "Device",
                "identifier": kbv.identifier(PRUEFNUMMER_SYSTEM, order.pruefnummer),
            },
        ],
        "title": "Arbeitsunfähigkeit",
        **({"attester": attester} if attester else {}),
        "custodian": frame.reference("Organization"),
        "section": list(_sections(order, frame)),
    }


def _sections(order: SickNoteOrder, frame: Frame) -> list[Json]:
    rows = [("AU_Condition", "Condition", "incapacity")]
    rows += [("ICD", "Condition", f"icd-{number}") for number in range(len(order.diagnoses))]
    rows += [("ICD_Text", "Condition", "text")] if order.text else []
    rows += [("AU_weiter", "ServiceRequest", f"step-{step}") for step in order.steps]
    rows += [("Coverage", "Coverage", "Coverage")]
    rows += [("FOR_PractitionerRole", "PractitionerRole", "role")] if order.asv_team else []
    return [
        {
            "code": {"coding": [kbv.kbv_coding("KBV_CS_FOR_Section_Type", code)]},
            "entry": [frame.reference(kind, name)],
        }
        for code, kind, name in rows
    ]


def _incapacity(order: SickNoteOrder, frame: Frame) -> Json:
    period = {"start": order.start.isoformat()} if order.start else {}
    asserted = {
        "url": f"{_HL7}/condition-assertedDate",
        "valueDateTime": order.asserted.isoformat(),
    }
    weeks = [kbv.extension("KBV_EX_EAU_7_weeks", valueBoolean=True)] if order.seven_weeks else []
    return {
        "resourceType": "Condition",
        "id": frame.id("incapacity"),
        "meta": kbv.meta("KBV_PR_EAU_Condition_AU", VERSION),
        "extension": [asserted, *weeks, *map(_cause, order.causes)],
        **_certain(),
        "code": {"coding": [kbv.kbv_coding("KBV_CS_SFHIR_KBV_FHIR_DOKUMENTTYPE", "eAU")]},
        "subject": frame.reference("Patient"),
        "onsetPeriod": {**period, "end": order.end.isoformat()},
        "asserter": frame.reference("Practitioner"),
    }


def _cause(cause: Cause) -> Json:
    coding = kbv.kbv_coding("KBV_CS_FOR_Ursache_Type", cause)
    return {"url": f"{_HL7}/condition-dueTo", "valueCodeableConcept": {"coding": [coding]}}


def _diagnosis(diagnosis: Diagnosis, number: int, order: SickNoteOrder, frame: Frame) -> Json:
    rows = [
        (
            "icd-10-gm-diagnosesicherheit",
            "KBV_CS_SFHIR_ICD_DIAGNOSESICHERHEIT",
            diagnosis.certainty,
        ),
        ("seitenlokalisation", "KBV_CS_SFHIR_ICD_SEITENLOKALISATION", diagnosis.side),
    ]
    further = [
        {
            "url": f"http://fhir.de/StructureDefinition/{name}",
            "valueCoding": kbv.kbv_coding(system, code),
        }
        for name, system, code in rows
        if code
    ]
    coding = {
        "extension": further,
        "system": ICD,
        "version": str(order.issued.year),
        "code": diagnosis.code,
    }
    return {
        "resourceType": "Condition",
        "id": frame.id(f"icd-{number}"),
        "meta": kbv.meta("KBV_PR_EAU_Condition_ICD", VERSION),
        **_certain(),
        "code": {"coding": [coding]},
        "subject": frame.reference("Patient"),
        "asserter": frame.reference("Practitioner"),
    }


def _text(order: SickNoteOrder, frame: Frame) -> Json:
    return {
        "resourceType": "Condition",
        "id": frame.id("text"),
        "meta": kbv.meta("KBV_PR_EAU_Condition_Text", VERSION),
        "verificationStatus": _CONFIRMED,
        "code": {"text": order.text},
        "subject": frame.reference("Patient"),
        "asserter": frame.reference("Practitioner"),
    }


def _step(step: Step, order: SickNoteOrder, frame: Frame) -> Json:
    code: Json = {"coding": [kbv.kbv_coding("KBV_CS_EAU_WeitereSchritte_Type", step)]}
    if step is Step.OTHER and order.other_step:
        code["text"] = order.other_step
    return {
        "resourceType": "ServiceRequest",
        "id": frame.id(f"step-{step}"),
        "meta": kbv.meta("KBV_PR_EAU_ServiceRequest_steps", VERSION),
        "status": "active",
        "intent": "proposal",
        "code": code,
        "subject": frame.reference("Patient"),
        "requester": frame.reference("Practitioner"),
        "reasonReference": [frame.reference("Condition", "incapacity")],
    }


def _role(order: SickNoteOrder, frame: Frame) -> Json:
    team = kbv.identifier("http://fhir.de/NamingSystem/asv/teamnummer", order.asv_team)
    return {
        "resourceType": "PractitionerRole",
        "id": frame.id("role"),
        "meta": kbv.meta("KBV_PR_FOR_PractitionerRole", FOR_VERSION),
        "practitioner": frame.reference("Practitioner"),
        "organization": {"identifier": team},
    }


def _certain() -> Json:
    return {
        "clinicalStatus": {"coding": [kbv.coding(f"{_TERMINOLOGY}/condition-clinical", "active")]},
        "verificationStatus": _CONFIRMED,
    }
