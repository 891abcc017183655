"""POST /Task/{id}/$close: dispensation data in, receipt out."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from mocks.erezept.dispensing import dispensations
from mocks.erezept.errors import Refused
from mocks.erezept.faults import FOREIGN_DIGEST
from mocks.erezept.receipt import receipt
from mocks.erezept.service import Answer, Call, Service, same
from mocks.erezept.state import Dispensed, Task
from mocks.erezept.transitions import next_status
from pruefstand.clock import berlin_day


def close(service: Service, call: Call, id: str) -> Answer:
    """Complete a task and return its receipt (A_19230 ff): status, Secret, data."""
    task = _check(service.found(id), call)
    now = service.ctx.clock.now()
    dispensed = _dispensed(service, call, task)
    document = receipt(
        _receipted(service, task),
        call.caller.id_number,
        at=now,
        base_url=service.ctx.base_url,
        signer=service.signer,
    )

    def step(stored: Task) -> Task:
        checked = _check(stored, call)
        if dispensed:
            checked = checked.dispensing(dispensed, now)
        if not checked.dispensed:
            raise Refused("close-no-data")
        return checked.closed(document, now)

    service.records.tasks.change(id, step)
    return Answer(200, document, flow_type=task.flow_type, prescription_id=id, insured=task.kvnr)


def _receipted(service: Service, task: Task) -> Task:
    if FOREIGN_DIGEST not in service.ctx.faults or task.prescription is None:
        return task
    foreign = hashlib.sha256(b"another prescription").digest()
    return replace(task, prescription=replace(task.prescription, digest=foreign))


def _check(task: Task, call: Call) -> Task:
    next_status("$close", task.status)
    if not same(call.secret, task.secret):
        raise Refused("secret")
    return task


def _dispensed(service: Service, call: Call, task: Task) -> tuple[Dispensed, ...]:
    """Return the body's data; nothing when an empty body relies on an earlier $dispense."""
    if call.request.body:
        today = berlin_day(service.ctx.clock.now())
        return dispensations(service, call, task, today, profile="CloseOperation_Input")
    if not task.dispensed:
        raise Refused("close-no-data")
    return ()
