"""Subscription: a pharmacy or cost bearer is told over a WebSocket that a message waits."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.parameters import body_root
from mocks.erezept.records import Subscription
from mocks.erezept.service import Answer, Call, Service
from pruefstand.crypto import jws
from pruefstand.fhir.plain import to_json
from pruefstand.fhir.xpath import text_of

LIFE = timedelta(hours=12)
KEY = "erezept-subscription"
_STATUS = text_of("/f:Subscription/f:status/@value")
_CRITERIA = text_of("/f:Subscription/f:criteria/@value")


def subscribe(service: Service, call: Call) -> Answer:
    """Open a subscription to the caller's unread messages: recipient, status, own id."""
    root = body_root(call.request)
    criteria = parse_qs(_CRITERIA(root).partition("?")[2])
    recipients = criteria.get("recipient", [])
    if not recipients:
        raise Refused("subscription-recipient")
    if _STATUS(root) != "requested":
        raise Refused("subscription-status")
    caller = call.caller.id_number
    if recipients != [caller]:
        raise Refused("subscription-id")
    now = service.ctx.clock.now()
    found = Subscription(service.ctx.rng.token_hex(16), caller, now + LIFE)
    service.records.subscriptions.add(found.id, found)
    token = {
        "subscriptionId": found.id,
        "iat": int(now.timestamp()),
        "exp": int(found.ends.timestamp()),
    }
    key = service.ctx.pki.signing_key(KEY)
    header = f"Authorization: Bearer {jws.sign(token, key, {'typ': 'JWT'}, alg='ES256')}"
    sent = to_json(root)
    return Answer(
        200,
        {
            "resourceType": "Subscription",
            "id": found.id,
            "status": "active",
            "end": resources.instant(found.ends),
            "reason": sent.get("reason", "unread messages"),
            "criteria": _CRITERIA(root),
            "channel": {"type": "websocket", "header": [header]},
        },
    )
