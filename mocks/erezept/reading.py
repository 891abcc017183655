"""GET /Task and GET /Task/{id}."""

from __future__ import annotations

from mocks.erezept import resources
from mocks.erezept.audit import audit_entries
from mocks.erezept.errors import Refused
from mocks.erezept.faults import WRONG_TOTAL
from mocks.erezept.patient_copy import patient_copy
from mocks.erezept.presence import proven
from mocks.erezept.redeem import recovered
from mocks.erezept.roles import INSURED
from mocks.erezept.search import Search, midnight, page
from mocks.erezept.service import Answer, Call, Service, check_access_code, same
from mocks.erezept.state import Resource, Task
from mocks.erezept.transitions import Status
from pruefstand.clock import berlin_day
from pruefstand.ids.rezept_id import FlowType

_DIRECT_FLOWS = frozenset({FlowType.STEERED, FlowType.STEERED_PRIVATE})
_BY_CARD = frozenset({FlowType.DRUG, FlowType.TERATOGENIC})
"""What a pharmacy finds with the eGK alone."""
TASK_SEARCH: Search[Task] = Search(
    dates={
        "authored-on": lambda task: task.authored_on,
        "modified": lambda task: task.last_modified,
        "expiry-date": lambda task: (
            midnight(task.prescription.expiry) if task.prescription else None
        ),
        "accept-date": lambda task: (
            midnight(task.prescription.accept) if task.prescription else None
        ),
    },
    tokens={"status": lambda task: (task.status.value,)},
    default_sort="authored-on",
)


def search_tasks(service: Service, call: Call) -> Answer:
    """List the insured person's own tasks, oldest first, or to a pharmacy the redeemable ones."""
    if call.caller.oid != INSURED:
        return _search_present(service, call)
    query = call.request.query
    tasks = TASK_SEARCH.select(service.tasks_of(call.caller.id_number), query)
    found = page(tasks, query, f"{service.ctx.base_url}/Task/")
    entries = [(service.task_url(task.prescription_id), _for_insured(task)) for task in found.items]
    bundle = resources.searchset(found.links, entries, total=found.total)
    return Answer(200, bundle, insured=call.caller.id_number)


def _search_present(service: Service, call: Call) -> Answer:
    """List what the pharmacy may redeem for the insured person whose eGK it has read."""
    presence = proven(service, call)
    today = berlin_day(service.ctx.clock.now())
    tasks = [
        task
        for task in service.tasks_of(presence.kvnr)
        if task.status is Status.READY
        and task.flow_type in _BY_CARD
        and task.prescription is not None
        and today <= task.prescription.expiry
    ]
    query = call.request.query
    found = page(TASK_SEARCH.select(tasks, query), query, f"{service.ctx.base_url}/Task/")
    entries = [
        (service.task_url(task.prescription_id), resources.task(task, with_code=True))
        for task in found.items
    ]
    total = found.total + (WRONG_TOTAL in service.ctx.faults)
    bundle = resources.searchset(found.links, entries, total=total)
    return Answer(presence.status, bundle, insured=presence.kvnr)


def read_task(service: Service, call: Call, id: str) -> Answer:
    """Return one task to the insured person, or to the pharmacy or cost bearer that holds it."""
    task = service.found(id, "get-not-found")
    if task.status is Status.CANCELLED:
        raise Refused("get-deleted")
    if task.status is Status.DRAFT:
        raise Refused("get-draft")
    return (
        _read_insured(service, call, task)
        if call.caller.oid == INSURED
        else _read_holder(service, call, task)
    )


def _read_insured(service: Service, call: Call, task: Task) -> Answer:
    if call.caller.id_number != task.kvnr:
        if task.flow_type in _DIRECT_FLOWS:
            raise Refused("access-code")
        check_access_code(call, task)
    assert task.prescription is not None
    at = resources.instant(task.activated_at or task.last_modified)
    copy = patient_copy(task.prescription.content, service.ctx.pki, at)
    entries = [
        (service.task_url(task.prescription_id), _for_insured(task)),
        (f"urn:uuid:{resources.document_id(task.prescription_id, '2')}", copy),
    ]
    if call.request.query.get("_revinclude") == "AuditEvent:entity.what":
        entries += audit_entries(service, call, task)
    return _collection(service, task, entries)


def _read_holder(service: Service, call: Call, task: Task) -> Answer:
    if call.secret is None:
        return _recover(service, call, task)
    if not same(call.secret, task.secret):
        raise Refused("get-secret")
    entries = [(service.task_url(task.prescription_id), resources.task(task, with_secret=True))]
    if task.receipt is not None:
        entries.append((f"urn:uuid:{task.receipt['id']}", task.receipt))
    return _collection(service, task, entries)


def _recover(service: Service, call: Call, task: Task) -> Answer:
    if call.access_code is None:
        raise Refused("get-no-code")
    check_access_code(call, task)
    if task.status not in (Status.IN_PROGRESS, Status.COMPLETED):
        raise Refused("get-status")
    if task.owner != call.caller.id_number:
        raise Refused("get-owner")
    return recovered(service, task)


def _for_insured(task: Task) -> Resource:
    return resources.task(task, with_code=task.flow_type not in _DIRECT_FLOWS)


def _collection(service: Service, task: Task, entries: list[tuple[str, Resource]]) -> Answer:
    link = service.task_url(task.prescription_id)
    return Answer(
        200,
        resources.bundle("collection", link, entries),
        flow_type=task.flow_type,
        prescription_id=task.prescription_id,
        insured=task.kvnr,
    )
