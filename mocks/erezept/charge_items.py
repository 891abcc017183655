"""ChargeItem: the billing of private prescriptions, written by pharmacies, read by the insured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mocks.erezept import resources
from mocks.erezept.charge_resource import charge_bundle, charge_resource
from mocks.erezept.charge_rules import (
    charge_id,
    check_billing,
    check_dispense_item,
    forget_charge_item,
    read_billing,
)
from mocks.erezept.consents import has_consent
from mocks.erezept.errors import Refused
from mocks.erezept.parameters import body_root, parameters
from mocks.erezept.records import ChargeItem
from mocks.erezept.roles import INSURED
from mocks.erezept.search import Search, page
from mocks.erezept.service import Answer, Call, Service, same
from mocks.erezept.state import Task
from mocks.erezept.transitions import Status
from pruefstand.fhir.xpath import Element, elements_of, text_of
from pruefstand.ids import access_code
from pruefstand.ids.rezept_id import FlowType

FLAGS = ("insuranceProvider", "subsidy", "taxOffice")
_PRIVATE = frozenset({FlowType.DRUG_PRIVATE, FlowType.STEERED_PRIVATE})
_PARTS = elements_of("f:part")
_NAME = text_of("f:name/@value")
_BOOLEAN = text_of("f:valueBoolean/@value")
_SEARCH: Search[ChargeItem] = Search(
    dates={"entered-date": lambda item: item.entered, "_lastUpdated": lambda item: item.entered},
    tokens={},
    default_sort="entered-date",
)


def create_charge_item(service: Service, call: Call) -> Answer:
    """Store the billing of a completed private task: task, flow, Secret, consent, signature."""
    query = call.request.query
    task = _billable(service, call, charge_id(query.get("task", "")))
    billing = read_billing(body_root(call.request))
    by, now = call.caller.id_number, service.ctx.clock.now()
    check_billing(billing, prescription_id=task.prescription_id, kvnr=task.kvnr, by=by)
    check_dispense_item(billing.dispense_item, service.ctx.pki, now)
    assert task.prescription is not None
    assert task.receipt is not None
    item = ChargeItem(
        prescription_id=task.prescription_id,
        kvnr=billing.kvnr,
        pharmacy=by,
        access_code=access_code.generate(service.ctx.rng),
        entered=now,
        dispense_item=billing.dispense_item,
        prescription=task.prescription.signed,
        receipt=task.receipt,
        flags={},
    )
    if not service.records.charge_items.add(item.prescription_id, item):
        raise Refused("charge-exists")
    location = f"{service.ctx.base_url}/ChargeItem/{item.prescription_id}"
    return _answer(201, item, (("Location", location),))


def _billable(service: Service, call: Call, prescription_id: str) -> Task:
    task = service.known(prescription_id)
    if task is None:
        raise Refused("charge-no-task")
    if task.status is not Status.COMPLETED:
        raise Refused("charge-status")
    if task.flow_type not in _PRIVATE:
        raise Refused("charge-flow")
    if not same(call.secret, task.secret):
        raise Refused("secret")
    if has_consent(service, task.kvnr or "") is None:
        raise Refused("charge-consent")
    return task


def replace_charge_item(service: Service, call: Call, id: str) -> Answer:
    """Take a corrected billing; the AccessCode is used up and a new one set."""
    item = _found(service, id)
    _check_pharmacy(call, item)
    if has_consent(service, item.kvnr) is None:
        raise Refused("charge-consent")
    billing = read_billing(body_root(call.request))
    by, now = call.caller.id_number, service.ctx.clock.now()
    check_billing(billing, prescription_id=item.prescription_id, kvnr=item.kvnr, by=by)
    check_dispense_item(billing.dispense_item, service.ctx.pki, now)
    code = access_code.generate(service.ctx.rng)

    def step(stored: ChargeItem) -> ChargeItem:
        _check_pharmacy(call, stored)
        return replace(stored, dispense_item=billing.dispense_item, entered=now, access_code=code)

    return _answer(200, _changed(service, item, step))


def read_charge_item(service: Service, call: Call, id: str) -> Answer:
    """Return a billing with its documents to the insured person or to its pharmacy."""
    item = _found(service, id)
    insured = call.caller.oid == INSURED
    if insured:
        _check_insured(call, item)
    else:
        _check_pharmacy(call, item)
    bundle = charge_bundle(item, service.ctx.base_url, for_insured=insured)
    return Answer(200, bundle, prescription_id=id, insured=item.kvnr)


def search_charge_items(service: Service, call: Call) -> Answer:
    """List the caller's billings, without their documents."""
    query, kvnr = call.request.query, call.caller.id_number
    base = f"{service.ctx.base_url}/ChargeItem"
    items = _SEARCH.select(service.records.charge_items.find(kvnr), query)
    found = page(items, query, f"{base}/")
    matches = [
        (f"{base}/{item.prescription_id}", charge_resource(item, base)) for item in found.items
    ]
    return Answer(200, resources.searchset(found.links, matches, total=found.total), insured=kvnr)


def mark_charge_item(service: Service, call: Call, id: str) -> Answer:
    """Note where the insured person has handed the billing in; nothing else can be patched."""
    item = _found(service, id)
    _check_insured(call, item)
    flags = _flags(body_root(call.request))
    marked = _changed(
        service, item, lambda stored: replace(stored, flags={**stored.flags, **flags})
    )
    return _answer(200, marked)


def delete_charge_item(service: Service, call: Call, id: str) -> Answer:
    """Delete a billing of the caller."""
    item = _found(service, id)
    _check_insured(call, item)
    with service.records.store.atomic():
        forget_charge_item(service.records, item)
    return Answer(204, prescription_id=id, insured=item.kvnr)


def _changed(
    service: Service, item: ChargeItem, step: Callable[[ChargeItem], ChargeItem]
) -> ChargeItem:
    try:
        return service.records.charge_items.change(item.prescription_id, step)
    except KeyError:  # deleted since it was found
        raise Refused("charge-not-found") from None


def _answer(status: int, item: ChargeItem, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    return Answer(
        status,
        charge_resource(item),
        headers=headers,
        flow_type=int(item.prescription_id[:3]),
        prescription_id=item.prescription_id,
        insured=item.kvnr,
    )


def _found(service: Service, id: str) -> ChargeItem:
    item = service.records.charge_items.get(charge_id(id))
    if item is None:
        raise Refused("charge-not-found")
    return item


def _check_insured(call: Call, item: ChargeItem) -> None:
    if call.caller.id_number != item.kvnr:
        raise Refused("charge-kvnr")


def _check_pharmacy(call: Call, item: ChargeItem) -> None:
    if call.caller.id_number != item.pharmacy:
        raise Refused("charge-pharmacy")
    if not same(call.access_code, item.access_code):
        raise Refused("access-code")


def _flags(root: Element) -> dict[str, bool]:
    found = parameters(root)
    if [name for name, _ in found] != ["markingFlag"]:
        raise Refused("charge-invalid", diagnostics="expected one parameter markingFlag")
    flags = {_NAME(part): _BOOLEAN(part) for part in _PARTS(found[0][1])}
    if not flags or not flags.keys() <= set(FLAGS) or not set(flags.values()) <= {"true", "false"}:
        raise Refused("charge-invalid", diagnostics="Parameters.parameter.part: error")
    return {name: text == "true" for name, text in flags.items()}
