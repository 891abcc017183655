"""Subscribing to the Konnektor's events, and asking for its state and its terminals."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.messages import context
from pruefstand.clients.konnektor.values import Card, read_card
from pruefstand.soap.envelope import Element, child, children, element, text


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription; `ends` is xs:dateTime as delivered."""

    id: str
    ends: str
    topic: str = ""
    event_to: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A card terminal as the workplace sees it."""

    id: str
    mac_address: str
    workplaces: tuple[str, ...]
    is_connected: bool


class EventService:
    """EventService in the client's context; methods raise KonnektorFault on refusal."""

    def __init__(self, client: KonnektorClient) -> None:
        self._client = client

    def subscribe(self, event_to: str, topic: str, sieve: str | None = None) -> Subscribed:
        """Have events below `topic` sent to `event_to` (`cetp://host:port`) for 25 hours."""
        wish = element(
            "EVT:Subscription",
            element("EVT:EventTo", event_to),
            element("EVT:Topic", topic),
            element("EVT:Filter", sieve) if sieve else None,
        )
        return _subscribed(self._call("Subscribe", wish))

    def renew(self, *names: str) -> tuple[Subscribed, ...]:
        """Let subscriptions last another 25 hours; return those that were renewed."""
        body = self._call("RenewSubscriptions", *(_name(name) for name in names))
        path = "EVT:SubscribeRenewals/EVT:SubscriptionRenewal"
        return tuple(_subscribed(node) for node in children(body, path))

    def unsubscribe(self, name: str) -> None:
        """End subscription `name`."""
        self._call("Unsubscribe", _name(name))

    def unsubscribe_address(self, event_to: str) -> None:
        """End all subscriptions to `event_to`."""
        self._call("Unsubscribe", element("EVT:EventTo", event_to))

    def subscriptions(self, name: str | None = None) -> tuple[Subscribed, ...]:
        """Return the subscriptions of this workplace."""
        body = self._call("GetSubscription", _name(name) if name else None)
        return tuple(
            _subscribed(node) for node in children(body, "EVT:Subscriptions/EVT:Subscription")
        )

    def terminals(self) -> tuple[Terminal, ...]:
        """Return the terminals in reach of the workplace."""
        body = self._call("GetCardTerminals")
        return tuple(
            Terminal(
                text(node, "CARDCMN:CtId") or "",
                text(node, "CTI:MacAddress") or "",
                tuple(p.text or "" for p in children(node, "CONN:WorkplaceIds/CONN:WorkplaceId")),
                text(node, "CTI:Connected") == "true",
            )
            for node in children(body, "CTI:CardTerminals/CTI:CardTerminal")
        )

    def is_online(self) -> bool:
        """Tell whether the Konnektor is connected with the TI."""
        body = self._call("GetResourceInformation")
        return text(body, "CONN:Connector/CONN:VPNTIStatus/CONN:ConnectionStatus") == "Online"

    def conditions(self) -> dict[str, str]:
        """Return the operating conditions by name, each "true" or "false" as delivered."""
        body = self._call("GetResourceInformation")
        return {
            text(node, "CONN:ErrorCondition") or "": text(node, "CONN:Value") or ""
            for node in children(body, "CONN:Connector/CONN:OperatingState/CONN:ErrorState")
        }

    def card_in_slot(self, terminal: str, slot: int) -> Card | None:
        """Return the card in a slot."""
        where = (element("CARDCMN:CtId", terminal), element("CARDCMN:SlotId", str(slot)))
        return self._card(self._call("GetResourceInformation", *where))

    def card_with_iccsn(self, iccsn: str) -> Card | None:
        """Return the plugged card that bears `iccsn`."""
        return self._card(self._call("GetResourceInformation", element("CARDCMN:Iccsn", iccsn)))

    @staticmethod
    def _card(body: Element) -> Card | None:
        node = child(body, "CARD:Card")
        return None if node is None else read_card(node)

    def _call(self, operation: str, *content: Element | None) -> Element:
        request = element(f"EVT:{operation}", context(self._client.context), *content)
        return self._client.call("EventService", "7.2", request).body


def _name(name: str) -> Element:
    return element("EVT:SubscriptionID", name)


def _subscribed(node: Element) -> Subscribed:
    return Subscribed(
        text(node, "EVT:SubscriptionID") or "",
        text(node, "EVT:TerminationTime") or "",
        text(node, "EVT:Topic") or "",
        text(node, "EVT:EventTo") or "",
    )
