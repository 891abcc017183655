"""POST /Communication: a message is checked, completed and stored."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mocks.erezept import resources
from mocks.erezept.dates import german
from mocks.erezept.errors import Refused
from mocks.erezept.message import Message
from mocks.erezept.message_kinds import KINDS, MAX_REPRESENTATIVE, PREFIXES, Kind
from mocks.erezept.message_payload import check_payload
from mocks.erezept.parameters import body_root
from mocks.erezept.roles import INSURED
from mocks.erezept.service import Answer, Call, Service, same
from mocks.erezept.state import Resource, Task
from pruefstand.clock import berlin_day
from pruefstand.fhir.plain import to_json
from pruefstand.fhir.xpath import Element, text_of, texts_of
from pruefstand.ids import kvnr, rezept_id
from pruefstand.ids.rezept_id import FlowType

LOCATION = "http://prescriptionserver.telematik/Communication/"
_PROFILE = text_of("/f:Communication/f:meta/f:profile/@value")
_BASED_ON = text_of("/f:Communication/f:basedOn/f:reference/@value")
_RECIPIENT = text_of("/f:Communication/f:recipient/f:identifier/f:value/@value")
_SYSTEM = text_of("/f:Communication/f:recipient/f:identifier/f:system/@value")
_PAYLOADS = texts_of("/f:Communication/f:payload/f:contentString/@value")
_REFERENCE = re.compile(
    r"(?:.*/)?(Task|ChargeItem)/([0-9.]+)(?:/\$accept)?(?:\?ac=([0-9a-fA-F]*))?"
)
_ORDER = (
    "resourceType",
    "id",
    "meta",
    "extension",
    "basedOn",
    "status",
    "about",
    "sent",
    "received",
    "recipient",
    "sender",
    "payload",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says before it is stored."""

    kind: Kind
    sender: str
    recipient: str
    prescription_id: str
    access_code: str | None
    payloads: tuple[str, ...]
    resource: Resource


def send_message(service: Service, call: Call) -> Answer:
    """Store a message for its recipient: kind, sender, recipient, task, payload."""
    letter = _letter(body_root(call.request), call)
    _check_parties(letter, call)
    task = _task(service, letter)
    _check_task(service, letter, call, task)
    _check_charge_item(service, letter)
    _check_payload(letter, task)
    message = Message(
        id=service.ctx.rng.uuid(),
        kind=letter.kind.name,
        prescription_id=task.prescription_id,
        sender=call.caller.id_number,
        recipient=letter.recipient,
        sent=service.ctx.clock.now(),
        resource=letter.resource,
    )
    records = service.records
    with records.store.atomic():
        _check_number(letter, records.messages.find(task.prescription_id))
        records.messages.add(message.id, message)
    service.notify(message.recipient)
    return Answer(
        201,
        message_resource(message, call.caller.oid == INSURED),
        headers=(("Location", LOCATION + message.id),),
        flow_type=task.flow_type,
        prescription_id=task.prescription_id,
    )


def message_resource(message: Message, sent_by_insured: bool) -> Resource:
    """Return the Communication with what the service knows: id, sender, sent, received."""
    system = resources.KVID if sent_by_insured else resources.TELEMATIK_ID
    known: Resource = {
        **message.resource,
        "id": message.id,
        "sender": {"identifier": {"system": system, "value": message.sender}},
        "sent": resources.instant(message.sent),
    }
    if message.received is not None:
        known["received"] = resources.instant(message.received)
    return {name: known[name] for name in _ORDER if name in known}


def _letter(root: Element, call: Call) -> Letter:
    kind = KINDS.get(_PROFILE(root).partition("|")[0])
    if kind is None:
        raise _invalid(f"invalid profile {_PROFILE(root) or '(none)'}")
    found = _REFERENCE.fullmatch(_BASED_ON(root))
    if found is None or found[1] != kind.about or not rezept_id.is_valid(found[2]):
        raise _invalid(f"Communication.basedOn: error: {_BASED_ON(root) or 'missing'}")
    if _SYSTEM(root) != kind.recipient_system:
        raise _invalid("Communication.recipient: error: identifier of another system")
    return Letter(
        kind,
        call.caller.id_number,
        _RECIPIENT(root),
        found[2],
        found[3] or call.access_code,
        tuple(_PAYLOADS(root)),
        to_json(root),
    )


def _check_parties(letter: Letter, call: Call) -> None:
    if call.caller.oid not in letter.kind.senders:
        raise Refused("message-sender", kind=letter.kind.name)
    to_insured = letter.kind.recipient_system == resources.KVID
    if to_insured and not kvnr.is_valid(letter.recipient):
        raise _invalid("Communication.recipient: error: no KVNR")
    if not to_insured and "-" not in letter.recipient:
        raise _invalid("Communication.recipient: error: no Telematik-ID")
    if letter.recipient == call.caller.id_number:
        raise Refused("message-to-self")


def _task(service: Service, letter: Letter) -> Task:
    task = service.known(letter.prescription_id)
    if task is None or task.prescription is None:
        raise Refused("message-task", id=letter.prescription_id)
    return task


def _check_charge_item(service: Service, letter: Letter) -> None:
    if letter.kind.about != "ChargeItem":
        return
    item = service.records.charge_items.get(letter.prescription_id)
    insured = item.kvnr if item else None
    parties = (letter.recipient, letter.sender)
    if item is None or insured not in parties:
        raise Refused("message-charge-item", id=letter.prescription_id)


def _check_task(service: Service, letter: Letter, call: Call, task: Task) -> None:
    kind = letter.kind
    own = call.caller.id_number == task.kvnr
    if kind.with_code and not own and not same(letter.access_code, task.access_code):
        raise Refused("access-code")
    if kind.states is not None and task.status not in kind.states:
        raise Refused("message-status")
    if kind.name == "DispReq":
        _check_redeemable(service, letter, task)
    elif kind.name == "Representative" and not same(letter.access_code, task.access_code):
        raise Refused("access-code")


def _check_redeemable(service: Service, letter: Letter, task: Task) -> None:
    assert task.prescription is not None
    today = berlin_day(service.ctx.clock.now())
    if today > task.prescription.expiry:
        raise Refused("message-expired", diagnostics=german(task.prescription.expiry))
    start = task.prescription.mvo_start
    if start is not None and today < start:
        raise Refused("message-early", diagnostics=german(start))
    prefixes = PREFIXES.get(task.flow_type)
    if prefixes is not None and not letter.recipient.startswith(prefixes):
        raise Refused("message-prefix", flow=resources.FLOW_DISPLAY[task.flow_type])


def _check_payload(letter: Letter, task: Task) -> None:
    digital = task.flow_type == FlowType.DIGITAL_APPLICATION
    if letter.kind.name == "DispReq" and digital:
        if letter.payloads:
            raise _invalid("Communication.payload: error: none is allowed in flow 162")
        return
    if len(letter.payloads) != 1:
        raise _invalid("Communication.payload: error: expected exactly one contentString")
    if letter.kind.name in ("DispReq", "Reply"):
        shipping = task.flow_type != FlowType.TERATOGENIC
        check_payload(letter.kind.name, letter.payloads[0], shipping=shipping)


def _check_number(letter: Letter, others: list[Message]) -> None:
    if letter.kind.name != "Representative":
        return
    if len([item for item in others if item.kind == letter.kind.name]) >= MAX_REPRESENTATIVE:
        raise Refused("message-count")


def _invalid(diagnostics: str) -> Refused:
    return Refused("message-invalid", diagnostics=diagnostics)
