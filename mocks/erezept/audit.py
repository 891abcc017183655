"""GET /AuditEvent: who did what with the data of the insured, in German or English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from xml.sax.saxutils import escape

from mocks.erezept import resources
from mocks.erezept.audit_entry import AuditEntry
from mocks.erezept.errors import Refused
from mocks.erezept.negotiation import weighted
from mocks.erezept.roles import INSURED
from mocks.erezept.search import Search, page
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Resource, Task

_TERMS = "http://terminology.hl7.org/CodeSystem/"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
LANGUAGES = ("de", "en")
"""The first is taken when the caller asks for neither."""


@dataclass(frozen=True, slots=True)
class Event:
    """How an operation is told; `{name}` and `{id}` are filled."""

    subtype: str
    action: str
    texts: Mapping[str, str]


def _event(subtype: str, action: str, german: str, english: str) -> Event:
    return Event(subtype, action, MappingProxyType({"de": german, "en": english}))


EVENTS: Mapping[str, Event] = MappingProxyType(
    {
        "POST /Task/$activate": _event(
            "update",
            "U",
            "{name} hat das E-Rezept {id} eingestellt.",
            "{name} stored the e-prescription {id}.",
        ),
        "POST /Task/$accept": _event(
            "update",
            "U",
            "{name} hat das E-Rezept {id} angenommen.",
            "{name} accepted the e-prescription {id}.",
        ),
        "POST /Task/$reject": _event(
            "update",
            "U",
            "{name} hat das E-Rezept {id} zurückgegeben.",
            "{name} returned the e-prescription {id}.",
        ),
        "POST /Task/$dispense": _event(
            "update",
            "U",
            "{name} hat Abgabedaten zum E-Rezept {id} gespeichert.",
            "{name} stored dispensation data for the e-prescription {id}.",
        ),
        "POST /Task/$close": _event(
            "update",
            "U",
            "{name} hat das E-Rezept {id} beliefert.",
            "{name} dispensed the e-prescription {id}.",
        ),
        "POST /Task/$abort": _event(
            "delete",
            "D",
            "{name} hat das E-Rezept {id} gelöscht.",
            "{name} deleted the e-prescription {id}.",
        ),
        "GET /Task": _event(
            "read",
            "R",
            "{name} hat eine Liste der E-Rezepte abgerufen.",
            "{name} retrieved a list of e-prescriptions.",
        ),
        "GET /Task/{id}": _event(
            "read",
            "R",
            "{name} hat das E-Rezept {id} abgerufen.",
            "{name} retrieved the e-prescription {id}.",
        ),
        "POST /Consent": _event(
            "create",
            "C",
            "{name} hat eine Einwilligung erteilt.",
            "{name} gave a consent.",
        ),
        "DELETE /Consent": _event(
            "delete",
            "D",
            "{name} hat eine Einwilligung widerrufen.",
            "{name} withdrew a consent.",
        ),
        "POST /ChargeItem": _event(
            "create",
            "C",
            "{name} hat Abrechnungsinformationen zum E-Rezept {id} gespeichert.",
            "{name} stored charge data for the e-prescription {id}.",
        ),
        "PUT /ChargeItem": _event(
            "update",
            "U",
            "{name} hat Abrechnungsinformationen zum E-Rezept {id} geändert.",
            "{name} changed charge data for the e-prescription {id}.",
        ),
        "PATCH /ChargeItem": _event(
            "update",
            "U",
            "{name} hat Abrechnungsinformationen zum E-Rezept {id} markiert.",
            "{name} marked charge data for the e-prescription {id}.",
        ),
        "DELETE /ChargeItem": _event(
            "delete",
            "D",
            "{name} hat Abrechnungsinformationen zum E-Rezept {id} gelöscht.",
            "{name} deleted charge data for the e-prescription {id}.",
        ),
        "GET /ChargeItem": _event(
            "read",
            "R",
            "{name} hat eine Liste der Abrechnungsinformationen abgerufen.",
            "{name} retrieved a list of charge data.",
        ),
        "GET /ChargeItem/{id}": _event(
            "read",
            "R",
            "{name} hat Abrechnungsinformationen zum E-Rezept {id} abgerufen.",
            "{name} retrieved charge data for the e-prescription {id}.",
        ),
        "GET /MedicationDispense": _event(
            "read",
            "R",
            "{name} hat Abgabedaten abgerufen.",
            "{name} retrieved dispensation data.",
        ),
    }
)

SEARCH: Search[AuditEntry] = Search(
    dates={"date": lambda entry: entry.recorded},
    tokens={
        "subtype": lambda entry: (EVENTS[entry.operation].subtype,),
        "entity": lambda entry: (entry.prescription_id or "", f"Task/{entry.prescription_id}"),
    },
    default_sort="date",
)


def note(service: Service, call: Call, answer: Answer) -> None:
    """Keep what a successful call did with an insured person's data; other calls leave no trace."""
    if answer.insured is None or call.operation not in EVENTS:
        return
    entry = AuditEntry(
        id=service.ctx.rng.uuid(),
        operation=call.operation,
        recorded=service.ctx.clock.now(),
        insured=answer.insured,
        agent_oid=call.caller.oid,
        agent_id=call.caller.id_number,
        agent_name=call.caller.name,
        prescription_id=answer.prescription_id,
    )
    service.records.audit.add(entry.id, entry)


def search_audit(service: Service, call: Call) -> Answer:
    """List the caller's protocol, oldest first unless `_sort` says otherwise."""
    query = call.request.query
    entries = SEARCH.select(service.records.audit.find(call.caller.id_number), query)
    base = f"{service.ctx.base_url}/AuditEvent"
    found = page(entries, query, f"{base}/")
    language = _language(call)
    matches = [(f"{base}/{entry.id}", resource(entry, language)) for entry in found.items]
    return Answer(200, resources.searchset(found.links, matches, total=found.total))


def read_audit(service: Service, call: Call, id: str) -> Answer:
    """Return one entry of the caller's protocol; raises Refused 400 or 404."""
    if not _UUID.fullmatch(id):
        raise Refused("audit-id")
    for entry in service.records.audit.find(call.caller.id_number):
        if entry.id == id.lower():
            return Answer(200, resource(entry, _language(call)))
    raise Refused("audit-not-found")


def audit_entries(service: Service, call: Call, task: Task) -> list[tuple[str, Resource]]:
    """Return what the protocol of the task's owner tells about it, as Bundle entries."""
    base, language = f"{service.ctx.base_url}/AuditEvent", _language(call)
    return [
        (f"{base}/{entry.id}", resource(entry, language))
        for entry in service.records.audit.find(task.kvnr or "")
        if entry.prescription_id == task.prescription_id
    ]


def _language(call: Call) -> str:
    wanted = weighted(call.request.header("Accept-Language") or "")
    for tag, _ in sorted(wanted, key=lambda item: -item[1]):
        if tag[:2] in LANGUAGES:
            return tag[:2]
    return LANGUAGES[0]


def resource(entry: AuditEntry, language: str) -> Resource:
    """Return the AuditEvent with its text in `language`."""
    event = EVENTS[entry.operation]
    text = event.texts[language].format(name=entry.agent_name, id=entry.prescription_id)
    return {
        "resourceType": "AuditEvent",
        "id": entry.id,
        "meta": resources.profile("GEM_ERP_PR_AuditEvent"),
        "language": language,
        "text": {
            "status": "generated",
            "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(text)}</div>',
        },
        "type": {"system": f"{_TERMS}audit-event-type", "code": "rest"},
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": event.subtype}],
        "action": event.action,
        "recorded": resources.instant(entry.recorded),
        "outcome": "0",
        "agent": [_agent(entry)],
        "source": {"site": "E-Rezept Fachdienst", "observer": {"reference": "Device/1"}},
        "entity": [_entity(entry)],
    }


def _agent(entry: AuditEntry) -> Resource:
    system = resources.KVID if entry.agent_oid == INSURED else resources.TELEMATIK_ID
    coding = {"system": f"{_TERMS}extra-security-role-type", "code": "humanuser"}
    return {
        "type": {"coding": [coding]},
        "who": {"identifier": {"system": system, "value": entry.agent_id}},
        "name": entry.agent_name,
        "requestor": False,
    }


def _entity(entry: AuditEntry) -> Resource:
    if entry.prescription_id is None:
        return {"what": {"reference": entry.operation.rpartition("/")[2]}, "name": entry.insured}
    identifier = {
        "use": "official",
        "system": resources.PRESCRIPTION_ID,
        "value": entry.prescription_id,
    }
    return {
        "what": {"reference": f"Task/{entry.prescription_id}", "identifier": identifier},
        "name": entry.insured,
        "description": entry.prescription_id,
    }
