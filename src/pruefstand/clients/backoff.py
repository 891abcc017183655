"""Patience after failed connections: the next attempt waits, longer each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST, LONGEST = timedelta(seconds=5), timedelta(minutes=5)
"""The waits a client of the directory has by default (A_27749)."""


@dataclass(slots=True)
class Backoff:
    """When the next attempt is due; a success makes the next failure the first one again."""

    _wait: timedelta = timedelta()
    _due: datetime | None = None

    def failed(self, now: datetime) -> None:
        """Note a failed attempt at `now`."""
        self._wait = min(max(FIRST, 2 * self._wait), LONGEST)
        self._due = now + self._wait

    def succeeded(self) -> None:
        """Note a connection that came about."""
        self._wait, self._due = timedelta(), None

    def due(self, now: datetime) -> bool:
        """Tell whether an attempt may be made; a clock put back does not block it for long."""
        return self._due is None or not timedelta() < self._due - now <= self._wait
