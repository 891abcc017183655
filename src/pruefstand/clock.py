"""Time as an argument: one clock drives mocks, certificates and profile validity together."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as day_time
from typing import Protocol
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")


class Clock(Protocol):
    """What everything in the harness asks for the time."""

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the machine's instant in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that runs at normal speed from a chosen instant and can be moved."""

    def __init__(self, start: datetime) -> None:
        self._stopped: datetime | None = None
        self._offset = start.astimezone(UTC) - datetime.now(UTC)

    @classmethod
    def at_day(cls, day: date) -> VirtualClock:
        """Start at 10:00 Berlin time on `day`: no day boundary is near."""
        return cls(datetime.combine(day, day_time(10), BERLIN))

    def now(self) -> datetime:
        """Return the virtual instant in UTC."""
        return self._actual() + self._offset

    def move_to(self, instant: datetime) -> None:
        """Jump to `instant`, forwards or backwards."""
        self._offset = instant.astimezone(UTC) - self._actual()

    def advance(self, step: timedelta) -> None:
        """Jump by `step`."""
        self._offset += step

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Stand still, however long it takes: what is done meanwhile is done in one moment."""
        if self._stopped is not None:
            yield
            return
        self._stopped = datetime.now(UTC)
        try:
            yield
        finally:
            self._offset -= datetime.now(UTC) - self._stopped
            self._stopped = None

    def _actual(self) -> datetime:
        return self._stopped or datetime.now(UTC)


def berlin_day(instant: datetime) -> date:
    """Return the calendar day in Germany; the Fachdienst counts in these days."""
    return instant.astimezone(BERLIN).date()


def stopwatch() -> float:
    """Return monotonic seconds, for durations only."""
    return time.perf_counter()
