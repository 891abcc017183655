"""EventService 7.2: subscribe, renew, list, end."""

from __future__ import annotations

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.context import Call
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import compile_filter
from mocks.konnektor.state import State
from mocks.konnektor.subscriptions import Subscription, Wish
from pruefstand.soap.cetp import address
from pruefstand.soap.envelope import Element, child, children, element, text
from pruefstand.soap.fault import xml_time

_LONGEST = 1024
"""Characters of a topic and of a filter."""


def subscribe(node: Element, call: Call, state: State) -> Answer:
    """Subscribe for 25 hours; the same wish again keeps its id."""
    inner = "EVT:Subscription"
    for forbidden in ("SubscriptionID", "TerminationTime"):
        if child(node, f"{inner}/EVT:{forbidden}") is not None:
            raise KonnektorError(4000, f"{forbidden} in der Anfrage", faultcode="Client")
    event_to, topic, sieve = (
        text(node, f"{inner}/EVT:{name}") or "" for name in ("EventTo", "Topic", "Filter")
    )
    if address(event_to) is None or max(len(topic), len(sieve)) > _LONGEST:
        raise KonnektorError(4000, f"EventTo {event_to}", faultcode="Client")
    if sieve:
        compile_filter(sieve)
    wish = Wish(call.mandant, call.client_system, call.workplace, event_to, topic, sieve)
    held = state.subscriptions.add(wish, state.ctx.rng.uuid(), state.ctx.clock.now())
    return Answer(
        element(
            "EVT:SubscribeResponse",
            status(state),
            element("EVT:SubscriptionID", held.id),
            element("EVT:TerminationTime", xml_time(held.ends)),
        )
    )


def unsubscribe(node: Element, call: Call, state: State) -> Answer:
    """End one subscription, or all to one address; 4102 when there is none."""
    name, event_to = text(node, "EVT:SubscriptionID"), text(node, "EVT:EventTo")
    found = [
        held
        for held in _own(call, state, everywhere=True)
        if (held.id == name if name is not None else held.wish.event_to == event_to)
    ]
    if not found:
        raise KonnektorError(4102, name or event_to or "")
    for held in found:
        state.subscriptions.drop(held.id)
    return Answer(element("EVT:UnsubscribeResponse", status(state)))


def renew(node: Element, call: Call, state: State) -> Answer:
    """Renew subscriptions; unknown ids among others give a warning, alone a fault."""
    names = [(part.text or "").strip() for part in children(node, "EVT:SubscriptionID")]
    now, owner = state.ctx.clock.now(), (call.mandant, call.client_system)
    found = [held for name in names if (held := state.subscriptions.find(name, owner, now))]
    if not found:
        raise KonnektorError(4102)
    renewals = [
        element(
            "EVT:SubscriptionRenewal",
            element("EVT:SubscriptionID", held.id),
            element("EVT:TerminationTime", xml_time(state.subscriptions.renew(held, now).ends)),
        )
        for held in found
    ]
    warning = 4102 if len(found) < len(names) else 0
    return Answer(
        element(
            "EVT:RenewSubscriptionsResponse",
            status(state, warning),
            element("EVT:SubscribeRenewals", *renewals),
        )
    )


def get_subscription(node: Element, call: Call, state: State) -> Answer:
    """List the caller's subscriptions, of all workplaces when `mandant-wide`."""
    name = text(node, "EVT:SubscriptionID")
    everywhere = node.get("mandant-wide") in ("true", "1")
    found = [
        held for held in _own(call, state, everywhere=everywhere) if name is None or held.id == name
    ]
    if name is not None and not found:
        raise KonnektorError(4102, name)
    listed = element("EVT:Subscriptions", *(_subscription(held) for held in found))
    return Answer(element("EVT:GetSubscriptionResponse", status(state), listed))


def _own(call: Call, state: State, *, everywhere: bool) -> list[Subscription]:
    return [
        held
        for held in state.subscriptions.active(state.ctx.clock.now())
        if (held.wish.mandant, held.wish.client_system) == (call.mandant, call.client_system)
        and (everywhere or held.wish.workplace == call.workplace)
    ]


def _subscription(held: Subscription) -> Element:
    wish = held.wish
    return element(
        "EVT:Subscription",
        element("EVT:SubscriptionID", held.id),
        element("EVT:TerminationTime", xml_time(held.ends)),
        element("EVT:EventTo", wish.event_to),
        element("EVT:Topic", wish.topic),
        element("EVT:Filter", wish.filter) if wish.filter else None,
    )
