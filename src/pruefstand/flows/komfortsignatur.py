"""Comfort signature from switching on to switching off, and cards that are asked for anew."""

from __future__ import annotations

from collections.abc import Sequence

from pruefstand.clients.konnektor import (
    CardSlots,
    ComfortSignature,
    KonnektorClient,
    KonnektorFault,
    Verifier,
)
from pruefstand.errors import SutError
from pruefstand.flows.geduld import Pause, with_patience

UNREADABLE = 4115
"""The code of a signature that cannot be read."""

STACK = 50
"""Documents per call that every Konnektor takes."""


def sign_in_comfort(
    konnektor: KonnektorClient, hba: str, user: str, documents: Sequence[bytes]
) -> list[bytes]:
    """Sign all `documents` with one PIN entry for the fresh UUID `user`, then switch off.

    Raises KonnektorFault when the Konnektor refuses, also where its limit is reached.
    """
    own = konnektor.as_user(user)
    mode = ComfortSignature(own, hba)
    mode.mode()
    mode.activate()
    try:
        signed: list[bytes] = []
        for start in range(0, len(documents), STACK):
            signed += own.sign_document(hba, documents[start : start + STACK])
        return signed
    finally:
        mode.deactivate()


def renew_card(konnektor: KonnektorClient, handle: str, pause: Pause) -> str:
    """Have a card taken out and put in again; return its new handle.

    A display that shows something else is waited for with `pause`.
    """
    card = next((card for card in konnektor.cards() if card.handle == handle), None)
    if card is None:
        raise SutError(f"Karte {handle} steckt nicht", hint="Karten neu mit GetCards lesen.")
    slots = CardSlots(konnektor)
    with_patience(lambda: slots.eject(handle), pause)
    again = with_patience(lambda: slots.request(card.terminal, card.slot), pause).card
    if again is None:
        raise SutError("Konnektor nennt nach RequestCard keine Karte")
    return again.handle


def judge_signature(konnektor: KonnektorClient, signed: bytes) -> str:
    """Return VALID, INVALID or INCONCLUSIVE; a signature that cannot be read is INVALID.

    Raises KonnektorFault when the Konnektor cannot judge.
    """
    try:
        return Verifier(konnektor).document(signed).result
    except KonnektorFault as fault:
        if fault.code != UNREADABLE:
            raise
        return "INVALID"
