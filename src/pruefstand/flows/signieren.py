"""Signieren: what a practice system does when the Konnektor refuses for the moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pruefstand.clients.konnektor import KonnektorClient, KonnektorFault
from pruefstand.flows.anmelden import card_handle

BUSY = (4039, 4060, 4093)
"""Somebody else uses card or terminal: wait and try again."""

GONE = (4008, 4101)
"""The card was pulled or plugged anew: read its handle again."""

JOB_TAKEN = 4252
LOCKED = 4085
_TRIES = 3
_PINS = {"HBA": "PIN.CH", "SMC-B": "PIN.SMC"}


def sign_with_patience(
    konnektor: KonnektorClient,
    card_type: str,
    documents: Sequence[bytes],
    *,
    handle: str | None = None,
    job_number: str | None = None,
    pause: Callable[[float], None],
) -> list[bytes]:
    """Sign with the card of `card_type`; each refusal that passes leads to its next step.

    A busy card is asked again after 1 and 2 seconds of `pause`, a handle that has died is read
    anew, a job number in use is replaced, a locked card is unlocked. Other refusals, and the last
    one, are raised as KonnektorFault.
    """
    card = handle or card_handle(konnektor, card_type)
    for attempt in range(1, _TRIES + 1):
        try:
            return konnektor.sign_document(card, documents, job_number=job_number)
        except KonnektorFault as fault:
            if attempt == _TRIES:
                raise
            if fault.code in BUSY:
                pause(float(attempt))
            elif fault.code in GONE:
                card = card_handle(konnektor, card_type)
            elif fault.code == JOB_TAKEN:
                job_number = None
            elif fault.code == LOCKED:
                konnektor.verify_pin(card, _PINS[card_type])
            else:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")
