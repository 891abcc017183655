"""Redeeming in another EU country, behind the setting `eu`: permission, marks, NCPeH calls.

The published interface names calls, roles and statuses; what its bodies hold is inferred and
named in the README.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.records import EuPermission
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Resource, Task
from mocks.erezept.transitions import Status, next_status
from pruefstand.clock import berlin_day
from pruefstand.fhir.plain import to_json
from pruefstand.fhir.xpath import Element, texts_of

VALID_FOR = timedelta(hours=1)
CODE_BYTES = 3
_CODE = "accessCode"
_VALUES = texts_of("*[starts-with(local-name(), 'value')]/@value")
_DEEP_VALUES = texts_of(".//f:value/@value")
_BOOLEANS = texts_of("f:valueBoolean/@value")


def grant(service: Service, call: Call) -> Answer:
    """Draw an access code for the caller and keep what was asked for; raises Refused 400."""
    asked = [to_json(element) for _, element in _given(call)]
    now, kvnr = service.ctx.clock.now(), call.caller.id_number
    code = service.ctx.rng.token_hex(CODE_BYTES)
    permission = EuPermission(kvnr, code, now + VALID_FOR, {"parameter": asked})
    service.records.eu_permissions.put(kvnr, permission)
    return Answer(201, _shown(permission), insured=kvnr)


def read_permission(service: Service, call: Call) -> Answer:
    """Return the caller's permission while it is valid; raises Refused 404."""
    permission = _valid(service, call.caller.id_number)
    if permission is None:
        raise Refused("eu-permission-none")
    return Answer(200, _shown(permission), insured=call.caller.id_number)


def revoke(service: Service, call: Call) -> Answer:
    """Forget the caller's permission."""
    service.records.eu_permissions.remove(call.caller.id_number)
    return Answer(204, insured=call.caller.id_number)


def mark_task(service: Service, call: Call, id: str) -> Answer:
    """Let the caller's own prescription be redeemed abroad, or no more; raises Refused."""
    task = service.found(id, "get-not-found")
    if task.status is Status.CANCELLED:
        raise Refused("get-deleted")
    if task.kvnr != call.caller.id_number:
        raise Refused("eu-kvnr")
    wanted = [text for _, element in _given(call) for text in _BOOLEANS(element)]
    if wanted not in (["true"], ["false"]):
        raise Refused("eu-invalid", diagnostics="Parameters: error: one valueBoolean is needed")
    marked = service.records.tasks.change(
        id, lambda stored: replace(stored, redeemable_abroad=wanted == ["true"])
    )
    return Answer(
        200,
        resources.task(marked),
        flow_type=marked.flow_type,
        prescription_id=id,
        insured=marked.kvnr,
    )


def prescriptions_abroad(service: Service, call: Call) -> Answer:
    """List what the person with the shown code may redeem abroad; raises Refused 403 or 404."""
    given = _given(call)
    shown = {text for _, element in given for text in (*_VALUES(element), *_DEEP_VALUES(element))}
    permission = next((one for kvnr in shown if (one := _valid(service, kvnr))), None)
    if permission is None or permission.code not in shown:
        raise Refused("eu-not-allowed")
    today = berlin_day(service.ctx.clock.now())
    found = [
        task
        for task in service.tasks_of(permission.kvnr)
        if task.redeemable_abroad
        and task.status is Status.READY
        and task.prescription is not None
        and today <= task.prescription.expiry
    ]
    if not found:
        raise Refused("eu-nothing")
    entries = [
        (service.task_url(task.prescription_id), resources.task(task)) for task in reversed(found)
    ]
    links = [("self", f"{service.ctx.base_url}/$get-eu-prescriptions")]
    bundle = resources.searchset(links, entries, total=len(entries))
    return Answer(200, bundle, insured=permission.kvnr)


def close_abroad(service: Service, call: Call, id: str) -> Answer:
    """Take the dispensation from abroad and complete the task; raises Refused 400, 403, 404."""
    _given(call)
    task = service.found(id)
    next_status("$eu-close", task.status)
    if not task.redeemable_abroad or _valid(service, task.kvnr or "") is None:
        raise Refused("eu-not-allowed")
    now = service.ctx.clock.now()

    def step(stored: Task) -> Task:
        return stored.closed_abroad(now)

    task = service.records.tasks.change(id, step)
    return Answer(200, flow_type=task.flow_type, prescription_id=id, insured=task.kvnr)


def _given(call: Call) -> list[tuple[str, Element]]:
    found = parameters(body_root(call.request))
    if not found:
        raise Refused("eu-invalid", diagnostics="Parameters: error: no parameter")
    return found


def _valid(service: Service, kvnr: str) -> EuPermission | None:
    found = service.records.eu_permissions.get(kvnr)
    return found if found and service.ctx.clock.now() < found.ends else None


def _shown(permission: EuPermission) -> Resource:
    asked = [item for item in permission.asked["parameter"] if item.get("name") != _CODE]
    return {
        "resourceType": "Parameters",
        "parameter": [
            *asked,
            {"name": _CODE, "valueString": permission.code},
            {"name": "validUntil", "valueInstant": resources.instant(permission.ends)},
        ],
    }
