"""POST /Task/$create: an id and an AccessCode for a prescription to come."""

from __future__ import annotations

from dataclasses import replace

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.faults import BAD_CHECK_NUMBER, CREATED_READY, SHORT_ACCESS_CODE
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Task
from mocks.erezept.transitions import Status
from pruefstand.fhir.xpath import Element, text_of
from pruefstand.ids import access_code, rezept_id
from pruefstand.ids.rezept_id import FlowType

_SYSTEM = text_of("f:valueCoding/f:system/@value")
_CODE = text_of("f:valueCoding/f:code/@value")


def create(service: Service, call: Call) -> Answer:
    """Make a draft task of the wanted flow type (A_19257-01, A_19021-02, A_19114)."""
    flow_type = _flow_type(body_root(call.request))
    if flow_type == FlowType.TERATOGENIC and not service.flag("t_rezept"):
        raise Refused("workflow-blocked", flow=int(flow_type))
    task = _new_task(service, flow_type)
    return Answer(
        201,
        resources.task(_shown(service, task), with_code=True),
        flow_type=flow_type,
        prescription_id=task.prescription_id,
    )


def _new_task(service: Service, flow_type: FlowType) -> Task:
    now = service.ctx.clock.now()
    while True:
        name = rezept_id.generate(service.ctx.rng, flow_type)
        task = Task(name, int(flow_type), now, now, access_code.generate(service.ctx.rng))
        task = _distorted(service, task)
        if service.records.tasks.add(task.prescription_id, task):
            return task


def _flow_type(root: Element) -> FlowType:
    found = parameters(root)
    if len(found) != 1:
        raise Refused("parameter-count")
    name, element = found[0]
    if name != "workflowType":
        raise Refused("workflow-missing")
    system = _SYSTEM(element)
    if not system:
        raise Refused("workflow-system-missing")
    if system != resources.FLOW_TYPE:
        raise Refused(
            "workflow-system", diagnostics=f"expected: {resources.FLOW_TYPE} got: {system}"
        )
    code = _CODE(element)
    if not code:
        raise Refused("workflow-code-missing")
    if not code.isascii() or not code.isdigit() or int(code) not in set(FlowType):
        raise Refused("workflow-code")
    return FlowType(int(code))


def _distorted(service: Service, task: Task) -> Task:
    faults = service.ctx.faults
    if SHORT_ACCESS_CODE in faults:
        task = replace(task, access_code=task.access_code[:32])
    if BAD_CHECK_NUMBER in faults:
        wrong = (int(task.prescription_id[-2:]) + 1) % 100
        task = replace(task, prescription_id=f"{task.prescription_id[:-2]}{wrong:02d}")
    return task


def _shown(service: Service, task: Task) -> Task:
    return replace(task, status=Status.READY) if CREATED_READY in service.ctx.faults else task
