"""POST /Task/{id}/$close: dispensation data in, receipt out."""

from __future__ import annotations

from datetime import date

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.receipt import receipt
from mocks.erezept.service import Answer, Call, Service, same
from mocks.erezept.state import Resource, Task
from mocks.erezept.transitions import next_status
from mocks.erezept.xpath import Element, elements_of, text_of
from pruefstand.clock import berlin_day
from pruefstand.ids.rezept_id import FlowType

LAST_DAY_OF_1_5 = date(2027, 4, 10)

_CLOSE = f"{resources.PROFILE}GEM_ERP_PR_PAR_CloseOperation_Input|"
_PROFILE = text_of("/f:Parameters/f:meta/f:profile/@value")
_DISPENSE = elements_of(
    "f:part[f:name/@value='medicationDispense']/f:resource/f:MedicationDispense"
)
_MEDICATION = elements_of("f:part[f:name/@value='medication']/f:resource/f:Medication")
_FIELDS = {
    name: text_of(expression)
    for name, expression in {
        "prescription": f"f:identifier[f:system/@value='{resources.PRESCRIPTION_ID}']"
        "/f:value/@value",
        "kvnr": f"f:subject/f:identifier[f:system/@value='{resources.KVID}']/f:value/@value",
        "performer": "f:performer/f:actor/f:identifier"
        f"[f:system/@value='{resources.TELEMATIK_ID}']/f:value/@value",
        "reference": "f:medicationReference/f:reference/@value",
        "day": "f:whenHandedOver/@value",
        "profile": "f:meta/f:profile/@value",
        "id": "f:id/@value",
    }.items()
}


def close(service: Service, call: Call, id: str) -> Answer:
    """Complete a task and return its receipt (A_19230 ff): status, Secret, data."""
    task = _check(service.found(id), call)
    now = service.ctx.clock.now()
    dispensed = _dispensed(call, task, berlin_day(now))
    document = receipt(
        task, call.caller.id_number, at=now, base_url=service.ctx.base_url, signer=service.signer
    )
    service.store.change(id, lambda stored: _check(stored, call).closed(dispensed, document, now))
    return Answer(200, document, flow_type=task.flow_type, prescription_id=id)


def _check(task: Task, call: Call) -> Task:
    next_status("$close", task.status)
    if not same(call.secret, task.secret):
        raise Refused("secret")
    return task


def _dispensed(call: Call, task: Task, today: date) -> tuple[Resource, ...]:
    if not call.request.body:
        if not task.dispensed:
            raise Refused("close-no-data")
        return task.dispensed
    root = body_root(call.request)
    _check_profile(_PROFILE(root), today)
    found = [element for name, element in parameters(root) if name == "rxDispensation"]
    if not found:
        raise _invalid("Parameters: error: rxDispensation is missing")
    return tuple(_rx_dispensation(element, task, call) for element in found)


def _check_profile(profile: str, today: date) -> None:
    versions = ("1.5", "1.6") if today <= LAST_DAY_OF_1_5 else ("1.6",)
    expected = [_CLOSE + version for version in versions]
    if profile not in expected:
        raise _invalid(f"invalid profile {profile} must be one of: {', '.join(expected)}")


def _rx_dispensation(element: Element, task: Task, call: Call) -> Resource:
    dispenses = _DISPENSE(element)
    if len(dispenses) != 1:
        raise _invalid("Parameters.parameter: error: expected one part medicationDispense")
    fields = {name: path(dispenses[0]) for name, path in _FIELDS.items()}
    if fields["prescription"] != task.prescription_id:
        raise Refused("dispense-id")
    if fields["kvnr"] != task.kvnr:
        raise Refused("dispense-kvnr")
    if fields["performer"] != call.caller.id_number:
        raise Refused("dispense-telematik-id")
    _check_kind(fields["profile"], task.flow_type)
    if task.flow_type != FlowType.DIGITAL_APPLICATION:
        _check_medication(element, fields["reference"])
    return fields


def _check_kind(profile: str, flow_type: int) -> None:
    digital = "MedicationDispense_DiGA" in profile
    if flow_type == FlowType.DIGITAL_APPLICATION and not digital:
        raise Refused("dispense-kind", kind="digitale Gesundheitsanwendungen")
    if flow_type != FlowType.DIGITAL_APPLICATION and digital:
        raise Refused("dispense-kind", kind="Arzneimittel")


def _check_medication(element: Element, reference: str) -> None:
    name = reference.removeprefix("urn:uuid:").removeprefix("Medication/")
    if name not in {_FIELDS["id"](medication) for medication in _MEDICATION(element)}:
        raise _invalid(f"Parameters.parameter: error: no part medication {reference}")


def _invalid(diagnostics: str) -> Refused:
    return Refused("dispense-invalid", diagnostics=diagnostics)
