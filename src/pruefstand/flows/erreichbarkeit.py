"""Erreichbarkeit: how seldom a client probes the E-Rezept-Fachdienst (A_23214 to A_23223)."""

from __future__ import annotations

from collections.abc import Callable

from pruefstand.rng import Rng

IDLE_SECONDS = 600.0
"""Without a call for so long a client may probe."""
MOST_EXTRA_MILLISECONDS = 10_000
"""A random extra, so that clients do not probe together."""


def watch(
    probe: Callable[[], object], periods: int, pause: Callable[[float], None], rng: Rng
) -> None:
    """Let `periods` idle times pass, each followed by one probe of the root."""
    for _ in range(periods):
        pause(IDLE_SECONDS + rng.integer(1, MOST_EXTRA_MILLISECONDS) / 1000)
        probe()
