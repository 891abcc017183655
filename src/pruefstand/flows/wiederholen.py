"""Wiederholen: what a client does when the Fachdienst cannot answer now (A_25460, A_20884)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from pruefstand.errors import ServiceRefusal

T = TypeVar("T")
MOST_TRIES = 10
GROWTH = 2.0
HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait before the second try (seconds), and by which factor pauses grow."""

    first: float
    growth: float = GROWTH

    def pause(self, tries: int) -> float:
        """Return the seconds to wait after so many tries."""
        return self.first * self.growth ** (tries - 1)


RETRIED: Mapping[int, Patience] = MappingProxyType(
    {
        **dict.fromkeys((408, 500, 503, 504, 507, 512), Patience(1.0)),
        429: Patience(HOUR),
    }
)
"""Statuses that pass by themselves; any other is final. 502 and 506 ask for the other site, which
a client finds by name resolution: there is one site here, so they are final as well."""


def patiently(
    call: Callable[[], T],
    pause: Callable[[float], None],
    retried: Mapping[int, Patience] = RETRIED,
) -> T:
    """Return what `call` returns; a refusal that may pass is waited for, ten tries at most.

    Raises the last ServiceRefusal.
    """
    for tries in range(1, MOST_TRIES + 1):
        try:
            return call()
        except ServiceRefusal as refusal:
            patience = retried.get(refusal.status)
            if patience is None or tries == MOST_TRIES:
                raise
            pause(patience.pause(tries))
    raise AssertionError("unreachable: the last try returns or raises")
