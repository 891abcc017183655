"""$accept, $reject and $abort: a pharmacy takes a task, gives it back, or somebody deletes it."""

from __future__ import annotations

from mocks.erezept import resources
from mocks.erezept.access_token import Caller
from mocks.erezept.dates import german
from mocks.erezept.errors import Refused
from mocks.erezept.faults import OWN_TASK_UNNAMED, SPOILED_DOCUMENT
from mocks.erezept.roles import INSURED, PHARMACIES
from mocks.erezept.service import Answer, Call, Service, check_access_code, same
from mocks.erezept.state import Resource, Task
from mocks.erezept.transitions import Status, next_status
from pruefstand.clock import berlin_day
from pruefstand.ids.rezept_id import FlowType

_DIRECT_FLOWS = frozenset({FlowType.STEERED, FlowType.STEERED_PRIVATE})
_PRIVATE_FLOWS = frozenset({FlowType.DRUG_PRIVATE, FlowType.STEERED_PRIVATE})
SECRET_BYTES = 32


def accept(service: Service, call: Call, id: str) -> Answer:
    """Hand the prescription to one pharmacy, with a fresh Secret (A_19168 ff)."""
    service.found(id)
    secret = service.ctx.rng.token_hex(SECRET_BYTES)
    now = service.ctx.clock.now()

    def step(task: Task) -> Task:
        if task.status is Status.CANCELLED:
            raise Refused("accept-deleted")
        check_access_code(call, task)
        _check_acceptable(service, call.caller, task)
        return task.accepted(secret, call.caller.id_number, now)

    task = service.records.tasks.change(id, step)
    return _with_prescription(service, task, f"{service.task_url(id)}/$accept/", consent=True)


def _check_acceptable(service: Service, caller: Caller, task: Task) -> None:
    if task.status is not Status.READY:
        mine = task.status is Status.IN_PROGRESS and task.owner == caller.id_number
        also = "own-task" if mine and OWN_TASK_UNNAMED not in service.ctx.faults else None
        raise Refused("accept-status", status=task.status.value, also=also)
    assert task.prescription is not None
    today = berlin_day(service.ctx.clock.now())
    if today > task.prescription.expiry:
        raise Refused("expired", day=german(task.prescription.expiry))
    start = task.prescription.mvo_start
    if start is not None and today < start:
        mvo = (task.prescription.mvo_id or "").removeprefix("urn:uuid:")
        raise Refused("not-yet", mvo=mvo, day=german(start))


def _with_prescription(service: Service, task: Task, link: str, *, consent: bool = False) -> Answer:
    assert task.prescription is not None
    signed = task.prescription.signed
    if SPOILED_DOCUMENT in service.ctx.faults:
        # The signature value ends the structure: the prescription stays readable.
        signed = signed[:-1] + bytes([signed[-1] ^ 1])
    binary = resources.binary(task.prescription_id, signed)
    entries = [
        (service.task_url(task.prescription_id), resources.task(task, with_secret=True)),
        (f"urn:uuid:{binary['id']}", binary),
    ]
    if consent and task.flow_type in _PRIVATE_FLOWS:
        entries += _consent(service, task.kvnr or "")
    return Answer(
        200,
        resources.bundle("collection", link, entries),
        flow_type=task.flow_type,
        prescription_id=task.prescription_id,
        insured=task.kvnr,
    )


def _consent(service: Service, kvnr: str) -> list[tuple[str, Resource]]:
    found = service.records.consents.get(f"CHARGCONS-{kvnr}")
    if found is None:
        return []
    return [(f"{service.ctx.base_url}/Consent/{found.resource['id']}", found.resource)]


def recovered(service: Service, task: Task) -> Answer:
    """Return Task with Secret and PKCS#7 to its owner (A_24176 ff)."""
    return _with_prescription(service, task, service.task_url(task.prescription_id))


def reject(service: Service, call: Call, id: str) -> Answer:
    """Give a task back (A_19171 ff): status first, then the Secret."""
    service.found(id)
    now = service.ctx.clock.now()

    def step(task: Task) -> Task:
        after = task.rejected(now)
        if not same(call.secret, task.secret):
            raise Refused("reject-secret")
        return after

    task = service.records.tasks.change(id, step)
    return Answer(204, flow_type=task.flow_type, prescription_id=id, insured=task.kvnr)


def abort(service: Service, call: Call, id: str) -> Answer:
    """Delete a task and its personal data (A_19027): who may, in which state, with what code."""
    insured = service.found(id).kvnr
    now = service.ctx.clock.now()

    def step(task: Task) -> Task:
        operation = _abort_as(call.caller, task)
        next_status(operation, task.status)
        _check_right(call, task)
        return task.cancelled(operation, now)

    records = service.records
    with records.store.atomic():
        task = records.tasks.change(id, step)
        for message in records.messages.find(id):
            records.messages.remove(message.id)
    return Answer(204, flow_type=task.flow_type, prescription_id=id, insured=insured)


def _abort_as(caller: Caller, task: Task) -> str:
    if caller.oid in PHARMACIES:
        return "$abort pharmacy"
    if caller.oid != INSURED:
        return "$abort doctor"
    return "$abort insured direct" if task.flow_type in _DIRECT_FLOWS else "$abort insured"


def _check_right(call: Call, task: Task) -> None:
    if call.caller.oid in PHARMACIES:
        if not same(call.secret, task.secret):
            raise Refused("abort-pharmacy-secret")
    elif call.caller.oid != INSURED or call.caller.id_number != task.kvnr:
        check_access_code(call, task)
