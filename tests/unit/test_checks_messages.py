"""The checks on messages hold on right traffic and break where one thing is wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pruefstand.checks import erezept_messages as checks
from pruefstand.checks.check import Check
from pruefstand.fhir.communication import message
from pruefstand.fhir.xml import to_xml
from pruefstand.model.exchange import Exchange
from tests.unit.synthetic_traffic import CODE, ID, Traffic, in_vau

ASKER, PHARMACY = "X110411675", "3-apotheke-1"
PAYLOAD = {"version": 1, "supplyOptionsType": "onPremise"}
ORDER = f"Task/{ID}/$accept?ac={CODE}"
NAME = "11111111-1111-4111-8111-111111111111"


def call(
    actor: str,
    start: str,
    status: int,
    request: bytes = b"",
    response: bytes = b"",
    *,
    operation: str = "Communication",
    location: str = "",
    minutes: int = 0,
) -> Exchange:
    made = in_vau(operation, start, status, request, response)
    assert made.response is not None
    headers = (("Location", location),) if location else ()
    return replace(
        made,
        actor=actor,
        response=replace(made.response, headers=headers),
        started=made.started + timedelta(minutes=minutes),
    )


def stored(sender: str) -> bytes:
    return to_xml({"resourceType": "Communication", "sender": {"identifier": {"value": sender}}})


def inbox(count: int) -> bytes:
    entries = [{"resource": {"resourceType": "Communication", "id": str(n)}} for n in range(count)]
    return to_xml({"resourceType": "Bundle", "entry": entries})


def order(payload: object = PAYLOAD) -> Exchange:
    body = message("DispReq", ORDER, PHARMACY, payload)  # type: ignore[arg-type]
    return call("versicherte", "POST /Communication", 201, body, stored(ASKER))


def reply(about: str = f"Task/{ID}", to: str = ASKER, payload: object = PAYLOAD) -> Exchange:
    body = message("Reply", about, to, payload)  # type: ignore[arg-type]
    return call("apotheke", "POST /Communication", 201, body, location=f"http://x/{NAME}")


def poll(count: int = 1, status: int = 200, minutes: int = 0) -> Exchange:
    start = "GET /Communication?received=NULL"
    return call("apotheke", start, status, response=inbox(count), minutes=minutes)


def delete(name: str = NAME, status: int = 204, method: str = "DELETE") -> Exchange:
    start = f"{method} /Communication/{name}"
    return call("apotheke", start, status, operation="Communication/{id}")


def subscribed(recipient: str = PHARMACY, kind: str = "websocket") -> Exchange:
    criteria = f"Communication?received=null&recipient={recipient}"
    asked = to_xml({"resourceType": "Subscription", "criteria": criteria})
    told = to_xml({"resourceType": "Subscription", "channel": {"type": kind}})
    return call("apotheke", "POST /Subscription", 200, asked, told, operation="Subscription")


CONTROLS: list[tuple[Check, list[Exchange], list[list[Exchange]]]] = [
    (checks.messages_are_fetched, [poll()], [[poll(0)], [poll(1, 403)], [order()]]),
    (
        checks.reply_refers_to_the_order,
        [order(), reply()],
        [
            [order(), reply("Task/160.000.123.456.790.34")],
            [order(), reply(to="X234567891")],
            [reply()],
            [order()],
        ],
    ),
    (checks.order_has_the_structure, [order()], [[order("hallo")], [order({"version": 2})]]),
    (
        checks.reply_has_the_structure,
        [reply(), reply(payload={"version": 3, "transactionID": "1"})],
        [[reply(payload="[1]")], [reply(payload={"version": 3})], [order()]],
    ),
    (
        checks.own_message_is_deleted,
        [reply(), delete()],
        [
            [reply(), delete("2")],
            [reply(), delete(status=404)],
            [reply(), delete(method="GET")],
            [delete()],
        ],
    ),
    (
        checks.polls_keep_their_distance,
        [poll(), poll(minutes=5)],
        [[poll(), poll(minutes=4)], [poll()]],
    ),
    (
        checks.one_subscription_per_pharmacy,
        [subscribed()],
        [[subscribed(), subscribed()], [subscribed(kind="rest-hook")], []],
    ),
]


def carried(found: list[Exchange]) -> list[Exchange]:
    """Return the exchanges with what carries them."""
    return [*in_vau_carriers(), *found]


def in_vau_carriers() -> list[Exchange]:
    return [item for item in Traffic().exchanges() if item.layer.value in ("vau", "tls")]


@pytest.mark.parametrize(("check", "good"), [(row[0], row[1]) for row in CONTROLS])
def test_right_traffic_holds(check: Check, good: list[Exchange]) -> None:
    assert check.judge(carried(good)).holds


@pytest.mark.parametrize(("check", "bad"), [(row[0], bad) for row in CONTROLS for bad in row[2]])
def test_wrong_traffic_breaks(check: Check, bad: list[Exchange]) -> None:
    assert not check.judge(carried(bad)).holds
