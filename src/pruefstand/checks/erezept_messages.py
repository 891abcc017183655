"""Messages between insured, pharmacy and insurer, seen in their traffic."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.documents import value, values
from pruefstand.checks.select import answered, by_actor, carried_by_vau
from pruefstand.model.exchange import Exchange

PHARMACY = "apotheke"
INSURED = "versicherte"
POLL_PAUSE = timedelta(minutes=5)
_KVID = "http://fhir.de/sid/gkv/kvid-10"
_ABOUT = "/f:Communication/f:basedOn/f:reference/@value"
_PROFILE = "/f:Communication/f:meta/f:profile/@value"
_TEXT = "/f:Communication/f:payload/f:contentString/@value"
_RECIPIENT = f"/f:Communication/f:recipient/f:identifier[f:system/@value='{_KVID}']/f:value/@value"


def _sent(exchanges: Exchanges, kind: str, actor: str) -> list[Exchange]:
    calls = by_actor(carried_by_vau(exchanges, "Communication"), actor)
    posted = [item for item in calls if item.request.start.startswith("POST ")]
    return [item for item in posted if kind in (value(item.request.body, _PROFILE) or "")]


def _polls(exchanges: Exchanges) -> list[Exchange]:
    calls = by_actor(carried_by_vau(exchanges, "Communication"), PHARMACY)
    return [item for item in calls if item.request.start.startswith("GET /Communication")]


def _body(exchange: Exchange) -> bytes:
    return exchange.response.body if exchange.response else b""


@check("A_19329-01")
def messages_are_fetched(exchanges: Exchanges) -> Judgement:
    """The pharmacy gets its messages with GET /Communication."""
    return judge_all(
        _polls(exchanges),
        lambda item: item.status == 200 and bool(values(_body(item), "//f:Communication/f:id")),
        expected="GET /Communication mit mindestens einer Nachricht",
        show=lambda item: f"{item.request.start}: {item.status}",
    )


@check("A_19333-01", "A_19334")
def reply_refers_to_the_order(exchanges: Exchanges) -> Judgement:
    """The pharmacy's reply names a prescription it was asked about, and who asked."""
    asked = {
        ((value(item.request.body, _ABOUT) or "").split("/")[1], sender)
        for item in _sent(exchanges, "DispReq", INSURED)
        for sender in values(_body(item), "/f:Communication/f:sender/f:identifier/f:value/@value")
    }

    def fits(item: Exchange) -> bool:
        about = (value(item.request.body, _ABOUT) or "").removeprefix("Task/")
        return (about, value(item.request.body, _RECIPIENT)) in asked

    return judge_all(
        _sent(exchanges, "Reply", PHARMACY),
        fits,
        expected="POST /Communication mit Bezug Task/ID an die anfragende Person",
        show=lambda item: f"Bezug {value(item.request.body, _ABOUT)!r}",
    )


def _payload(item: Exchange) -> dict[str, object]:
    try:
        found = json.loads(value(item.request.body, _TEXT) or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _structured(item: Exchange) -> bool:
    payload = _payload(item)
    first = payload.get("version") == 1 and "supplyOptionsType" in payload
    return first or (payload.get("version") == 3 and "transactionID" in payload)


@check("A_23876-01")
def order_has_the_structure(exchanges: Exchanges) -> Judgement:
    """An assignment's payload is JSON of a known version."""
    return judge_all(
        _sent(exchanges, "DispReq", INSURED),
        _structured,
        expected="JSON der Version 1 oder 3",
        show=lambda item: f"{value(item.request.body, _TEXT)!r}",
    )


@check("A_23877-01")
def reply_has_the_structure(exchanges: Exchanges) -> Judgement:
    """A reply's payload is JSON of a known version."""
    return judge_all(
        _sent(exchanges, "Reply", PHARMACY),
        _structured,
        expected="JSON der Version 1 oder 3",
        show=lambda item: f"{value(item.request.body, _TEXT)!r}",
    )


@check("A_21489")
def own_message_is_deleted(exchanges: Exchanges) -> Judgement:
    """The pharmacy deletes a message it has sent itself."""
    own = {
        (item.response.header("Location") or "").rpartition("/")[2]
        for item in by_actor(carried_by_vau(exchanges, "Communication"), PHARMACY)
        if item.response is not None and item.status == 201
    }
    return judge_all(
        by_actor(carried_by_vau(exchanges, "Communication/{id}"), PHARMACY),
        lambda item: (
            item.status == 204
            and item.request.start.startswith("DELETE ")
            and item.request.start.rpartition("/")[2] in own
        ),
        expected="DELETE /Communication/ID der eigenen Nachricht, Antwort 204",
        show=lambda item: f"{item.request.start}: {item.status}",
    )


@check("A_21556")
def polls_keep_their_distance(exchanges: Exchanges) -> Judgement:
    """Between two polls of a pharmacy lie at least five minutes."""
    expected = "mindestens 300 Sekunden zwischen zwei Abrufen"
    polls = _polls(exchanges)
    for before, after in pairwise(polls):
        pause = after.started - before.started
        if pause < POLL_PAUSE:
            return Judgement(False, expected, f"{pause.total_seconds():.0f} Sekunden", after.id)
    if len(polls) < 2:
        return Judgement(False, expected, "keine zwei Abrufe aufgezeichnet")
    return Judgement(True, expected, f"{len(polls)} Abrufe entsprechen", polls[-1].id)


@check("A_22375", "A_22426")
def one_subscription_per_pharmacy(exchanges: Exchanges) -> Judgement:
    """A pharmacy asks once to be told of messages to itself, and is given a WebSocket."""
    expected = "je Telematik-ID ein Abonnement mit WebSocket"
    opened = answered(carried_by_vau(exchanges, "Subscription"), 200)
    criteria = [value(item.request.body, "/f:Subscription/f:criteria/@value") for item in opened]
    kinds = [value(_body(item), "/f:Subscription/f:channel/f:type/@value") for item in opened]
    holds = len(set(criteria)) == len(criteria) > 0 and set(kinds) == {"websocket"}
    where = opened[-1].id if opened else None
    return Judgement(holds, expected, f"{len(opened)} Abonnements, {kinds}", where)


ANSWER_CHECKS: tuple[Check, ...] = (
    messages_are_fetched,
    order_has_the_structure,
    reply_refers_to_the_order,
    reply_has_the_structure,
)
