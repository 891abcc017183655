"""Collects exchanges of all layers, each with the scenario and step that caused it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from pruefstand.clock import Clock, SystemClock, stopwatch
from pruefstand.model.exchange import Exchange, Layer, Message, Side


class Recorder:
    """A thread-safe list of exchanges in the order of their completion."""

    def __init__(self, clock: Clock | None = None, *, side: Side = Side.CLIENT) -> None:
        self._clock = clock or SystemClock()
        self._side = side
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []
        self._serial = 0
        self._case: str | None = None
        self._step: int | None = None

    @contextmanager
    def case(self, name: str) -> Iterator[None]:
        """Attribute everything recorded inside to the scenario `name`, and drop it afterwards."""
        self.start_case(name)
        try:
            yield
        finally:
            self._case = self._step = None

    def start_case(self, name: str) -> None:
        """Forget the last scenario's exchanges and attribute the next ones to `name`."""
        with self._lock:
            self._exchanges = []
        self._case, self._step = name, None

    def start_step(self, number: int) -> None:
        """Attribute the next exchanges to step `number` (from 0)."""
        self._step = number

    def add(
        self,
        layer: Layer,
        *,
        actor: str,
        peer: str,
        operation: str,
        request: Message,
        response: Message | None,
        duration: float = 0.0,
        parent: str | None = None,
        facts: Mapping[str, str] | None = None,
        error: str | None = None,
    ) -> str:
        """Record a completed exchange of `duration` seconds and return its id."""
        with self._lock:
            self._serial += 1
            exchange = Exchange(
                id=f"x{self._serial:05d}",
                parent=parent or None,
                layer=layer,
                side=self._side,
                actor=actor,
                peer=peer,
                operation=operation,
                started=self._clock.now() - timedelta(seconds=duration),
                duration=duration,
                request=request,
                response=response,
                facts=dict(facts or {}),
                error=error,
                case=self._case,
                step=self._step,
            )
            self._exchanges.append(exchange)
            return exchange.id

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Everything recorded since the scenario began."""
        with self._lock:
            return tuple(self._exchanges)


class _NullRecorder(Recorder):
    """Records nothing: load runs measure, they do not prove."""

    def add(self, layer: Layer, **_: object) -> str:
        """Drop the exchange."""
        return ""


NULL_RECORDER: Recorder = _NullRecorder()


class Timer:
    """Seconds since construction."""

    def __init__(self) -> None:
        self._start = stopwatch()

    @property
    def seconds(self) -> float:
        """Elapsed seconds."""
        return stopwatch() - self._start
