"""Anmelden: unlock the practice card and log in to the IDP; tokens are cached and renewed."""

from __future__ import annotations

from pruefstand.clients.konnektor import KonnektorClient, SmcbCard
from pruefstand.errors import SutError

PIN_OF = {"HBA": "PIN.CH", "SMC-B": "PIN.SMC"}
"""Card type → the PIN that unlocks its session."""


def unlocked_practice_card(konnektor: KonnektorClient) -> SmcbCard:
    """Return the first SMC-B of the practice, its PIN.SMC verified.

    Raises SutError when no SMC-B is plugged in.
    """
    handle, pin = card_handle(konnektor, "SMC-B"), PIN_OF["SMC-B"]
    if konnektor.pin_status(handle, pin) != "VERIFIED":
        konnektor.verify_pin(handle, pin)
    return SmcbCard(konnektor, handle)


def card_handle(konnektor: KonnektorClient, card_type: str) -> str:
    """Return the handle of the first card of `card_type`; raises SutError when there is none."""
    for card in konnektor.cards(card_type):
        return card.handle
    raise SutError(
        f"Am Konnektor steckt keine Karte vom Typ {card_type}",
        hint="Karte stecken oder Informationsmodell des Konnektors prüfen.",
    )
