"""The FHIR resources of the service as JSON-like dicts in FHIR order (workflow 1.6)."""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from types import MappingProxyType

from mocks.erezept.errors import Refusal, issue_code
from mocks.erezept.roles import OID
from mocks.erezept.state import Resource, Task
from pruefstand.ids.rezept_id import FlowType

ERP = "https://gematik.de/fhir/erp"
PROFILE = f"{ERP}/StructureDefinition/"
PRESCRIPTION_ID = f"{ERP}/NamingSystem/GEM_ERP_NS_PrescriptionId"
ACCESS_CODE = f"{ERP}/NamingSystem/GEM_ERP_NS_AccessCode"
SECRET = f"{ERP}/NamingSystem/GEM_ERP_NS_Secret"
FLOW_TYPE = f"{ERP}/CodeSystem/GEM_ERP_CS_FlowType"
DOCUMENT_TYPE = f"{ERP}/CodeSystem/GEM_ERP_CS_DocumentType"
ORGANIZATION_TYPE = f"{ERP}/CodeSystem/GEM_ERP_CS_OrganizationType"
TELEMATIK_ID = "https://gematik.de/fhir/sid/telematik-id"
KVID = "http://fhir.de/sid/gkv/kvid-10"
VERSION = "1.6"
ERROR_CODES = "https://gematik.de/fhir/tiflow/core/CodeSystem/tiflow-operation-outcome-details-cs"
"""Of the second error table."""

FLOW_DISPLAY: Mapping[int, str] = MappingProxyType(
    {
        160: "Flowtype für Apothekenpflichtige Arzneimittel",
        162: "Flowtype für Digitale Gesundheitsanwendungen",
        166: "Flowtype für Arzneimittel nach § 3a AMVV",
        169: "Flowtype zur Workflow-Steuerung durch Leistungserbringer",
        200: "Flowtype für Apothekenpflichtige Arzneimittel (PKV)",
        209: "Flowtype zur Workflow-Steuerung durch Leistungserbringer (PKV)",
    }
)
_ABROAD = "GEM_ERP_EX_EU_IS_REDEEMABLE_BY_PATIENT_AUTHORIZATION"
_DOCUMENTS = {"1": "Health Care Provider Prescription", "2": "Patient Confirmation", "3": "Receipt"}


def profile(name: str) -> Resource:
    """Return a meta element with the workflow profile `name`."""
    return {"profile": [f"{PROFILE}{name}|{VERSION}"]}


def instant(at: datetime) -> str:
    """Return `at` as the service writes instants: UTC, milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def document_id(prescription_id: str, document: str) -> str:
    """Return the stable UUID of a task's document (1 prescription, 2 copy, 3 receipt)."""
    return stable_uuid(prescription_id, "document", document)


def stable_uuid(*names: str) -> str:
    """Return the UUID that follows from `names`; a seeded generator would cost ten times more."""
    digest = hashlib.sha256("/".join(names).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def operation_outcome(refusal: Refusal) -> Resource:
    """Return the service's only error body."""
    issues = []
    for text in refusal.texts:
        issue: Resource = {
            "severity": "error",
            "code": issue_code(refusal.status),
            "details": _details(refusal, text),
        }
        if refusal.diagnostics:
            issue["diagnostics"] = refusal.diagnostics
        issues.append(issue)
    return {
        "resourceType": "OperationOutcome",
        "meta": {"profile": ["http://hl7.org/fhir/StructureDefinition/OperationOutcome"]},
        "issue": issues,
    }


def _details(refusal: Refusal, text: str) -> Resource:
    if refusal.code is None:
        return {"text": text}
    return {"coding": [{"system": ERROR_CODES, "code": refusal.code}], "text": text}


def task(task: Task, *, with_code: bool = False, with_secret: bool = False) -> Resource:
    """Return the Task resource; AccessCode and Secret only where the operation shows them."""
    resource: Resource = {
        "resourceType": "Task",
        "id": task.prescription_id,
        "meta": profile("GEM_ERP_PR_Task"),
        "extension": _extensions(task),
        "identifier": _identifiers(task, with_code, with_secret),
        "status": task.status.value,
        "intent": "order",
    }
    if task.kvnr:
        resource["for"] = {"identifier": {"system": KVID, "value": task.kvnr}}
    resource["authoredOn"] = instant(task.authored_on)
    resource["lastModified"] = instant(task.last_modified)
    resource["performerType"] = [_performer(task.flow_type)]
    if task.owner:
        resource["owner"] = {"identifier": {"system": TELEMATIK_ID, "value": task.owner}}
    if task.prescription:
        resource["input"] = [_document(task, "1"), _document(task, "2")]
    # What was dispensed abroad has no receipt of this service.
    if task.receipt is not None:
        resource["output"] = [_document(task, "3")]
    return resource


def _extensions(task: Task) -> list[Resource]:
    coding = {
        "system": FLOW_TYPE,
        "code": str(task.flow_type),
        "display": FLOW_DISPLAY[task.flow_type],
    }
    found: list[Resource] = [
        {"url": f"{PROFILE}GEM_ERP_EX_PrescriptionType", "valueCoding": coding}
    ]
    if task.prescription:
        found.append(_date("GEM_ERP_EX_ExpiryDate", task.prescription.expiry))
        found.append(_date("GEM_ERP_EX_AcceptDate", task.prescription.accept))
    if task.dispensed_at:
        last = instant(task.dispensed_at)
        found.append({"url": f"{PROFILE}GEM_ERP_EX_LastMedicationDispense", "valueInstant": last})
    if task.redeemable_abroad:
        found.append({"url": PROFILE + _ABROAD, "valueBoolean": True})
    return found


def _date(name: str, day: date) -> Resource:
    return {"url": PROFILE + name, "valueDate": day.isoformat()}


def _identifiers(task: Task, with_code: bool, with_secret: bool) -> list[Resource]:
    values = [(PRESCRIPTION_ID, task.prescription_id)]
    if with_code and task.access_code:
        values.append((ACCESS_CODE, task.access_code))
    if with_secret and task.secret:
        values.append((SECRET, task.secret))
    return [{"use": "official", "system": system, "value": value} for system, value in values]


def _performer(flow_type: int) -> Resource:
    digital = flow_type == FlowType.DIGITAL_APPLICATION
    number, name = ("59", "Kostenträger") if digital else ("54", "Öffentliche Apotheke")
    code = f"urn:oid:{OID}{number}"
    return {"coding": [{"system": ORGANIZATION_TYPE, "code": code, "display": name}], "text": name}


def _document(task: Task, kind: str) -> Resource:
    coding = {"system": DOCUMENT_TYPE, "code": kind, "display": _DOCUMENTS[kind]}
    reference = {"reference": document_id(task.prescription_id, kind)}
    return {"type": {"coding": [coding]}, "valueReference": reference}


def encoded(data: bytes) -> str:
    """Return `data` as a FHIR base64Binary."""
    return base64.b64encode(data).decode("ascii")


def binary(prescription_id: str, data: bytes) -> Resource:
    """Return the PKCS#7 of a prescription as a Binary."""
    return {
        "resourceType": "Binary",
        "id": document_id(prescription_id, "1"),
        "meta": profile("GEM_ERP_PR_Binary"),
        "contentType": "application/pkcs7-mime",
        "data": encoded(data),
    }


def bundle(kind: str, link: str, entries: Iterable[tuple[str, Resource]]) -> Resource:
    """Return a Bundle of `kind` with the self link and entries (fullUrl, resource)."""
    return {
        "resourceType": "Bundle",
        "type": kind,
        "link": [{"relation": "self", "url": link}],
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def searchset(
    links: Iterable[tuple[str, str]],
    matches: Iterable[tuple[str, Resource]],
    *,
    total: int,
    included: Iterable[tuple[str, Resource]] = (),
) -> Resource:
    """Return a search result: `matches` of `total` hits, then what they refer to."""
    modes = [("match", *entry) for entry in matches] + [("include", *entry) for entry in included]
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": total,
        "link": [{"relation": relation, "url": url} for relation, url in links],
        "entry": [
            {"fullUrl": url, "resource": resource, "search": {"mode": mode}}
            for mode, url, resource in modes
        ],
    }
