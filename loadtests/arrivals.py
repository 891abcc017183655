"""Open arrivals: starts follow a Poisson process, whether or not earlier ones have finished.

A closed model waits for the answer before it starts again, and so hides every stall of the target.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Protocol

from pruefstand.model.sample import Sample, SampleKind
from pruefstand.rng import Rng

_STEPS = 2**53
DROPPED = "Start verworfen: zu viele Abläufe sind noch nicht beendet"
ABANDONED = "nach dem Ende der Messung nicht fertig geworden"

Action = Callable[[int], None]
"""Runs the flow of the arrival with this number; any exception is a failure."""


def poisson_starts(rate: float, duration: float, rng: Rng) -> Iterator[float]:
    """Yield intended starts in seconds below `duration`, `rate` per second on average."""
    instant = 0.0
    while True:
        # Never 0, so that the logarithm exists.
        instant -= math.log(rng.integer(1, _STEPS) / _STEPS) / rate
        if instant >= duration:
            return
        yield instant


class Pool(Protocol):
    """Where started flows run; `gevent.pool.Pool` is one."""

    def full(self) -> bool:
        """Tell whether no further flow can start."""
        ...

    def spawn(self, function: Callable[[int, float], None], number: int, intended: float) -> object:
        """Start `function` beside the caller."""
        ...


class OpenArrivals:
    """Starts a flow at every intended instant; what finds no room is a failed sample."""

    def __init__(
        self,
        name: str,
        action: Action,
        *,
        pool: Pool,
        now: Callable[[], float],
        sleep: Callable[[float], object],
        record: Callable[[Sample], None],
    ) -> None:
        """`now` gives seconds since the generator began, the time base of all samples."""
        self._name = name
        self._action = action
        self._pool = pool
        self._now = now
        self._sleep = sleep
        self._record = record

    def run(self, starts: Iterator[float]) -> None:
        """Start flows until `starts` ends; a start that comes late keeps its intended instant."""
        for number, intended in enumerate(starts):
            self._sleep(max(0.0, intended - self._now()))
            if self._pool.full():
                self._add(intended, None, None, DROPPED)
            else:
                self._pool.spawn(self._one, number, intended)

    def _one(self, number: int, intended: float) -> None:
        start = self._now()
        end, error = None, ABANDONED
        try:
            self._action(number)
            end, error = self._now(), ""
        except Exception as problem:  # noqa: BLE001 - every failure of a flow is a sample
            end, error = self._now(), f"{type(problem).__name__}: {problem}"
        finally:
            # Also reached when the pool is killed: an unfinished flow must not vanish.
            self._add(intended, start, end, error)

    def _add(self, intended: float, start: float | None, end: float | None, error: str) -> None:
        self._record(Sample(SampleKind.FLOW, self._name, intended, start, end, not error, error))
