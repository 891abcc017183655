"""Signieren: an order that gets over what passes, each refusal with its next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.flows.anmelden import PIN_OF, card_handle
from pruefstand.flows.geduld import Pause, with_patience
from pruefstand.flows.komfortsignatur import renew_card

GONE = (4008, 4101)
"""The card was pulled or plugged anew: read its handle again."""

SILENT = 4094
"""The card does not answer: it must be plugged anew."""

JOB_TAKEN = 4252
LOCKED = 4085


def sign_with_patience(
    konnektor: KonnektorClient,
    card_type: str,
    documents: Sequence[bytes],
    *,
    handle: str | None = None,
    job_number: str | None = None,
    pause: Pause,
    renew: Callable[[KonnektorClient, str, Pause], str] = renew_card,
) -> list[bytes]:
    """Sign with the card of `card_type`; each refusal that passes leads to its next step.

    A busy card is asked again after `pause`, a handle that has died is read anew, a silent card is
    plugged anew by `renew`, a job number in use is replaced, a locked card is unlocked. Other
    refusals, and the last one, are raised as KonnektorFault.
    """
    card, job = handle or card_handle(konnektor, card_type), job_number

    def read_again() -> None:
        nonlocal card
        card = card_handle(konnektor, card_type)

    def plug_anew() -> None:
        nonlocal card
        card = renew(konnektor, card, pause)

    def replace_job() -> None:
        nonlocal job
        job = None

    return with_patience(
        lambda: konnektor.sign_document(card, documents, job_number=job),
        pause,
        {
            **dict.fromkeys(GONE, read_again),
            SILENT: plug_anew,
            JOB_TAKEN: replace_job,
            LOCKED: lambda: konnektor.verify_pin(card, PIN_OF[card_type]),
        },
    )
