"""Asking the user at the terminal to insert or take out a card (CardTerminalService 1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.messages import card_handle, context
from pruefstand.clients.konnektor.values import Card, read_card
from pruefstand.soap.envelope import child, element, text


@dataclass(frozen=True, slots=True)
class Inserted:
    """The card of a RequestCard; `already` tells that it was in the slot before."""

    card: Card | None
    already: bool


class CardSlots:
    """The slots in reach of the client's workplace; methods raise KonnektorFault on refusal."""

    def __init__(self, client: KonnektorClient) -> None:
        self._client = client

    def request(
        self, terminal: str, slot: int, card_type: str | None = None, message: str | None = None
    ) -> Inserted:
        """Return the card in a slot; where it is empty, the user is asked to insert one."""
        request = element(
            "CT:RequestCard",
            context(self._client.context),
            element(
                "CT:Slot",
                element("CARDCMN:CtId", terminal),
                element("CARDCMN:SlotId", str(slot)),
            ),
            element("CARDCMN:CardType", card_type) if card_type else None,
            element("CT:DisplayMsg", message) if message else None,
        )
        body = self._client.call("CardTerminalService", "1.1", request).body
        node = child(body, "CARD:Card")
        card = None if node is None else read_card(node)
        return Inserted(card, text(body, "CT:AlreadyInserted") == "true")

    def eject(self, handle: str) -> None:
        """Ask the user to take out the card behind `handle`."""
        request = element("CT:EjectCard", context(self._client.context), card_handle(handle))
        self._client.call("CardTerminalService", "1.1", request, card=handle)
