"""Freischalten: a card's PIN at the terminal, also when the terminal is busy or was disturbed."""

from __future__ import annotations

from pruefstand.clients.konnektor import EventService, KonnektorClient, PinResult
from pruefstand.flows.anmelden import PIN_OF, card_handle
from pruefstand.flows.geduld import Pause, with_patience

TERMINAL_DISTURBED = 4044
_RETURN = 1.0
"""Seconds that a terminal gets to come back."""


def unlock_with_patience(konnektor: KonnektorClient, card_type: str, pause: Pause) -> PinResult:
    """Have the PIN of the card of `card_type` typed; a busy PIN pad is waited for.

    After a disturbance of the terminal its connection is looked at and the cards are read anew.
    Without a PIN pad, or without the remote terminal, only a person can help: KonnektorFault.
    """
    card = card_handle(konnektor, card_type)

    def look() -> None:
        nonlocal card
        pause(_RETURN)
        EventService(konnektor).terminals()
        card = card_handle(konnektor, card_type)

    return with_patience(
        lambda: konnektor.verify_pin(card, PIN_OF[card_type]), pause, {TERMINAL_DISTURBED: look}
    )
