"""GET and DELETE /Communication: only the parties see a message, only its sender deletes it."""

from __future__ import annotations

import re
from dataclasses import replace

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.message import Message
from mocks.erezept.message_kinds import KINDS
from mocks.erezept.messages import message_resource
from mocks.erezept.roles import INSURED
from mocks.erezept.search import Search, page
from mocks.erezept.service import Answer, Call, Service
from mocks.erezept.state import Resource

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_BY_INSURED = {kind.name for kind in KINDS.values() if INSURED in kind.senders}

SEARCH: Search[Message] = Search(
    dates={"sent": lambda item: item.sent, "received": lambda item: item.received},
    tokens={
        "sender": lambda item: (item.sender,),
        "recipient": lambda item: (item.recipient,),
        "identifier": lambda item: (item.prescription_id,),
    },
    default_sort="sent",
)


def search_messages(service: Service, call: Call) -> Answer:
    """List the caller's messages; those he receives count as delivered from then on."""
    query, reader = call.request.query, call.caller.id_number
    base = f"{service.ctx.base_url}/Communication"
    found = page(SEARCH.select(service.records.messages.find(reader), query), query, f"{base}/")
    matches = [(f"{base}/{item.id}", _delivered(service, call, item)) for item in found.items]
    return Answer(200, resources.searchset(found.links, matches, total=found.total))


def read_message(service: Service, call: Call, id: str) -> Answer:
    """Return one message to a party; raises Refused 400 or 404."""
    message = _found(service, id)
    if not message.is_party(call.caller.id_number):
        raise Refused("message-not-found")
    return Answer(200, _delivered(service, call, message), prescription_id=message.prescription_id)


def delete_message(service: Service, call: Call, id: str) -> Answer:
    """Delete a message of the caller; raises Refused 400, 401 or 404."""
    message = _found(service, id)
    if message.sender != call.caller.id_number:
        raise Refused("message-delete", who=call.caller.id_number, id=id)
    service.records.messages.remove(message.id)
    return Answer(204, prescription_id=message.prescription_id)


def _found(service: Service, id: str) -> Message:
    if not _UUID.fullmatch(id):
        raise Refused("message-id")
    message = service.records.messages.get(id.lower())
    if message is None:
        raise Refused("message-not-found")
    return message


def _delivered(service: Service, call: Call, message: Message) -> Resource:
    if message.recipient == call.caller.id_number and message.received is None:
        message = _received(service, message)
    return message_resource(message, message.kind in _BY_INSURED)


def _received(service: Service, message: Message) -> Message:
    """Note the first time the recipient reads a message."""
    now = service.ctx.clock.now()

    def step(stored: Message) -> Message:
        return replace(stored, received=stored.received or now)

    try:
        return service.records.messages.change(message.id, step)
    except KeyError:  # deleted since it was found
        return message
