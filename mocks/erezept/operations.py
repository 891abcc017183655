"""The inner route table: which handler answers what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mocks.erezept import abroad
from mocks.erezept.activate import activate
from mocks.erezept.audit import read_audit, search_audit
from mocks.erezept.capability import capability_statement, device_resource
from mocks.erezept.charge_items import (
    create_charge_item,
    delete_charge_item,
    mark_charge_item,
    read_charge_item,
    replace_charge_item,
    search_charge_items,
)
from mocks.erezept.closing import close
from mocks.erezept.consents import give_consent, search_consents, withdraw_consent
from mocks.erezept.create import create
from mocks.erezept.dispense_reading import search_dispenses
from mocks.erezept.dispensing import dispense
from mocks.erezept.message_reading import delete_message, read_message, search_messages
from mocks.erezept.messages import send_message
from mocks.erezept.reading import read_task, search_tasks
from mocks.erezept.redeem import abort, accept, reject
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.subscriptions import subscribe

ACCEPT = "POST /Task/$accept"
_SPEC = "gemSpec_FD_eRp"
_GRANT, _READ = "/$grant-eu-access-permission", "/$read-eu-access-permission"
_REVOKE, _FETCH = "/$revoke-eu-access-permission", "/$get-eu-prescriptions"


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the inner route table; `name` is the key of the role table."""

    method: str
    path: str
    name: str
    run: Callable[..., Answer]
    source: str
    flag: str = ""
    """The setting without which the service does not know the call."""


def _device(service: Service, call: Call) -> Answer:
    return Answer(200, device_resource())


def _metadata(service: Service, call: Call) -> Answer:
    calls = ((row.method, row.path) for row in OPERATIONS if not row.flag or service.flag(row.flag))
    return Answer(200, capability_statement(calls, service.ctx.clock.now()))


_EU = "gematik api-erp, EU Prescriptions"
ABROAD = tuple(
    Operation(method, path, name, run, _EU, "eu")
    for method, path, name, run in (
        ("POST", _GRANT, f"POST {_GRANT}", abroad.grant),
        ("GET", _READ, f"GET {_READ}", abroad.read_permission),
        ("DELETE", _REVOKE, f"DELETE {_REVOKE}", abroad.revoke),
        ("PATCH", "/Task/{id}", "PATCH /Task/{id}", abroad.mark_task),
        ("POST", _FETCH, f"POST {_FETCH}", abroad.prescriptions_abroad),
        ("POST", "/Task/{id}/$eu-close", "POST /Task/$eu-close", abroad.close_abroad),
    )
)
OPERATIONS = (
    Operation("POST", "/Task/$create", "POST /Task/$create", create, "A_19018-01"),
    Operation("POST", "/Task/{id}/$activate", "POST /Task/$activate", activate, "A_19022-01"),
    Operation("POST", "/Task/{id}/$accept", ACCEPT, accept, "A_19166"),
    Operation("POST", "/Task/{id}/$reject", "POST /Task/$reject", reject, "A_19170"),
    Operation("POST", "/Task/{id}/$dispense", "POST /Task/$dispense", dispense, _SPEC),
    Operation("POST", "/Task/{id}/$close", "POST /Task/$close", close, "A_19230"),
    Operation("POST", "/Task/{id}/$abort", "POST /Task/$abort", abort, "A_19026-01"),
    Operation("GET", "/Task", "GET /Task", search_tasks, "A_21558"),
    Operation("GET", "/Task/{id}", "GET /Task/{id}", read_task, "A_19113"),
    Operation("GET", "/MedicationDispense", "GET /MedicationDispense", search_dispenses, _SPEC),
    Operation("POST", "/Communication", "POST /Communication", send_message, _SPEC),
    Operation("GET", "/Communication", "GET /Communication", search_messages, _SPEC),
    Operation("GET", "/Communication/{id}", "GET /Communication", read_message, _SPEC),
    Operation("DELETE", "/Communication/{id}", "DELETE /Communication", delete_message, _SPEC),
    Operation("GET", "/AuditEvent", "GET /AuditEvent", search_audit, _SPEC),
    Operation("GET", "/AuditEvent/{id}", "GET /AuditEvent", read_audit, _SPEC),
    Operation("POST", "/Subscription", "POST /Subscription", subscribe, _SPEC),
    Operation("GET", "/Consent", "GET /Consent", search_consents, _SPEC),
    Operation("POST", "/Consent", "POST /Consent", give_consent, _SPEC),
    Operation("DELETE", "/Consent", "DELETE /Consent", withdraw_consent, _SPEC),
    Operation("GET", "/ChargeItem", "GET /ChargeItem", search_charge_items, _SPEC),
    Operation("POST", "/ChargeItem", "POST /ChargeItem", create_charge_item, _SPEC),
    Operation("GET", "/ChargeItem/{id}", "GET /ChargeItem/{id}", read_charge_item, _SPEC),
    Operation("PUT", "/ChargeItem/{id}", "PUT /ChargeItem", replace_charge_item, _SPEC),
    Operation("PATCH", "/ChargeItem/{id}", "PATCH /ChargeItem", mark_charge_item, _SPEC),
    Operation("DELETE", "/ChargeItem/{id}", "DELETE /ChargeItem", delete_charge_item, _SPEC),
    Operation("GET", "/Device", "GET /Device", _device, _SPEC),
    Operation("GET", "/metadata", "GET /metadata", _metadata, _SPEC),
    *ABROAD,
)
