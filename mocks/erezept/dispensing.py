"""POST /Task/{id}/$dispense, and the dispensation data $close takes as well."""

from __future__ import annotations

from datetime import date

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.faults import WRONG_STATUS
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.service import Answer, Call, Service, same
from mocks.erezept.state import Dispensed, Task
from mocks.erezept.transitions import next_status
from pruefstand.clock import berlin_day
from pruefstand.fhir.plain import to_json
from pruefstand.fhir.xpath import Element, elements_of, text_of, texts_of
from pruefstand.ids.rezept_id import FlowType

LAST_DAY_OF_1_5 = date(2027, 4, 10)

_INPUT = f"{resources.PROFILE}GEM_ERP_PR_PAR_"
_PROFILE = text_of("/f:Parameters/f:meta/f:profile/@value")
_DAYS = texts_of("//f:MedicationDispense/f:whenHandedOver/@value")
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
        "profile": "f:meta/f:profile/@value",
        "id": "f:id/@value",
    }.items()
}


def dispense(service: Service, call: Call, id: str) -> Answer:
    """Store dispensation data before the receipt: Secret first, then the status."""
    _check(service.found(id), call)
    now = service.ctx.clock.now()
    dispensed = dispensations(
        service, call, service.found(id), berlin_day(now), profile="DispenseOperation_Input"
    )
    task = service.records.tasks.change(
        id, lambda stored: _check(stored, call).dispensing(dispensed, now)
    )
    status = 200 if WRONG_STATUS in service.ctx.faults else 204
    return Answer(status, flow_type=task.flow_type, prescription_id=id, insured=task.kvnr)


def _check(task: Task, call: Call) -> Task:
    # Without a Secret of its own (draft, ready, cancelled) a task refuses every Secret.
    if not same(call.secret, task.secret):
        raise Refused("secret")
    next_status("$dispense", task.status)
    return task


def dispensations(
    service: Service, call: Call, task: Task, today: date, *, profile: str
) -> tuple[Dispensed, ...]:
    """Return what the body hands over, with the service's ids; raises Refused 400."""
    root = body_root(call.request)
    _check_profile(_PROFILE(root), _handed_over(root) or today, f"{_INPUT}{profile}|")
    errors = service.profile_errors(call.request.body)
    if errors:
        raise _invalid("; ".join(errors))
    found = [element for name, element in parameters(root) if name == "rxDispensation"]
    if not found:
        raise _invalid("Parameters: error: rxDispensation is missing")
    return tuple(
        _rx_dispensation(element, number, len(found), task, call)
        for number, element in enumerate(found, 1)
    )


def _handed_over(root: Element) -> date | None:
    """Return the newest whenHandedOver, which decides the version; raises Refused 400."""
    try:
        return max((date.fromisoformat(text[:10]) for text in _DAYS(root)), default=None)
    except ValueError:
        raise _invalid("MedicationDispense.whenHandedOver: error: no date") from None


def _check_profile(found: str, today: date, canonical: str) -> None:
    versions = ("1.5", "1.6") if today <= LAST_DAY_OF_1_5 else ("1.6",)
    expected = [canonical + version for version in versions]
    if found not in expected:
        raise _invalid(f"invalid profile {found} must be one of: {', '.join(expected)}")


def _rx_dispensation(
    element: Element, number: int, count: int, task: Task, call: Call
) -> Dispensed:
    dispenses = _DISPENSE(element)
    if len(dispenses) != 1:
        raise _invalid("Parameters.parameter: error: expected one part medicationDispense")
    _check_fields({name: path(dispenses[0]) for name, path in _FIELDS.items()}, task, call)
    suffix = f"-{number}" if count > 1 else ""
    stored = to_json(dispenses[0]) | {"id": f"{task.prescription_id}{suffix}"}
    if task.flow_type == FlowType.DIGITAL_APPLICATION:
        return Dispensed(stored, None)
    medication = _medication(element, _FIELDS["reference"](dispenses[0]))
    name = resources.stable_uuid(task.prescription_id, "medication", str(number))
    stored["medicationReference"] = {"reference": f"Medication/{name}"}
    return Dispensed(stored, to_json(medication) | {"id": name})


def _check_fields(fields: dict[str, str], task: Task, call: Call) -> None:
    if fields["prescription"] != task.prescription_id:
        raise Refused("dispense-id")
    if fields["kvnr"] != task.kvnr:
        raise Refused("dispense-kvnr")
    if fields["performer"] != call.caller.id_number:
        raise Refused("dispense-telematik-id")
    _check_kind(fields["profile"], task.flow_type)


def _check_kind(profile: str, flow_type: int) -> None:
    digital = "MedicationDispense_DiGA" in profile
    if flow_type == FlowType.DIGITAL_APPLICATION and not digital:
        raise Refused("dispense-kind", kind="digitale Gesundheitsanwendungen")
    if flow_type != FlowType.DIGITAL_APPLICATION and digital:
        raise Refused("dispense-kind", kind="Arzneimittel")


def _medication(element: Element, reference: str) -> Element:
    name = reference.removeprefix("urn:uuid:").removeprefix("Medication/")
    for medication in _MEDICATION(element):
        if _FIELDS["id"](medication) == name:
            return medication
    raise _invalid(f"Parameters.parameter: error: no part medication {reference}")


def _invalid(diagnostics: str) -> Refused:
    return Refused("dispense-invalid", diagnostics=diagnostics)
