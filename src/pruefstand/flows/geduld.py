"""Geduld: what a practice system does when the Konnektor refuses for the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pruefstand.clients.konnektor import KonnektorFault

BUSY = (4039, 4060, 4093)
"""Somebody else uses card or terminal: wait and try again."""

TRIES = 3

T = TypeVar("T")
Pause = Callable[[float], None]
"""Waits for a number of seconds."""


def with_patience(
    deed: Callable[[], T],
    pause: Pause,
    remedies: Mapping[int, Callable[[], object]] | None = None,
) -> T:
    """Do `deed`; a refusal that passes leads to its next step, and to another try.

    What is busy is asked again after 1 and 2 seconds; `remedies` tell by code what else helps.
    Other refusals, and the last one, are raised as KonnektorFault.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return deed()
        except KonnektorFault as fault:
            remedy = (remedies or {}).get(fault.code)
            if attempt == TRIES or not (remedy or fault.code in BUSY):
                raise
            if remedy:
                remedy()
            else:
                pause(float(attempt))
    raise AssertionError("unreachable: the last attempt returns or raises")
