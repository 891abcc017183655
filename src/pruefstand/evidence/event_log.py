"""The event log `events.ndjson`: every line names the SHA-256 of the line before it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path

from pruefstand.clock import Clock
from pruefstand.errors import OperatorError
from pruefstand.model.case import Json

FIRST = "0" * 64
KINDS = frozenset({"exchange", "step", "finding", "case"})


class BrokenChain(OperatorError):
    """The event log was changed after it was written."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(
            f"{path}, Zeile {line}: {reason}",
            hint="Der Laufordner wurde verändert und ist kein Nachweis mehr",
        )
        self.line = line


@dataclass(frozen=True, slots=True)
class Event:
    """One line; `seq` starts at 1, `time` is ISO 8601 in UTC."""

    seq: int
    time: str
    kind: str
    data: Json


@dataclass(frozen=True, slots=True)
class EventLog:
    """A verified log; `head` is the SHA-256 of its last line."""

    events: tuple[Event, ...]
    head: str


class EventWriter:
    """Appends to one log; one process writes, its threads may share the writer."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._seq = -1
        self._head = FIRST

    @property
    def count(self) -> int:
        """The number of events in the log."""
        self._resume()
        return self._seq

    @property
    def head(self) -> str:
        """The SHA-256 of the last line in hex."""
        self._resume()
        return self._head

    def append(self, events: Iterable[tuple[str, Json]]) -> range:
        """Write `(kind, data)` pairs as one block and return their sequence numbers."""
        with self._lock:
            self._resume()
            first, seq, head = self._seq + 1, self._seq, self._head
            block = bytearray()
            for seq, (kind, data) in enumerate(events, first):
                line = self._line(seq, head, kind, data)
                head = hashlib.sha256(line).hexdigest()
                block += line + b"\n"
            with self._path.open("ab") as log:
                log.write(block)
            # Only now: an event that cannot be written must not leave a gap in the chain.
            self._seq, self._head = seq, head
            return range(first, seq + 1)

    def _resume(self) -> None:
        if self._seq < 0:
            log = read_events(self._path) if self._path.exists() else EventLog((), FIRST)
            self._seq, self._head = len(log.events), log.head

    def _line(self, seq: int, prev: str, kind: str, data: Json) -> bytes:
        if kind not in KINDS:
            raise ValueError(f"unknown event kind {kind!r}")
        time = self._clock.now().astimezone(UTC).isoformat(timespec="microseconds")
        event = {"seq": seq, "time": time, "prev": prev, "kind": kind, "data": data}
        return json.dumps(event, separators=(",", ":")).encode()


def read_events(path: Path) -> EventLog:
    """Read and verify the log at `path`; raises BrokenChain naming the first bad line."""
    head = FIRST
    events = []
    for event, digest in stream_events(path):
        events.append(event)
        head = digest
    return EventLog(tuple(events), head)


def stream_events(path: Path) -> Iterator[tuple[Event, str]]:
    """Yield each verified event with the SHA-256 of its line, holding one line at a time.

    Raises BrokenChain naming the first bad line, OperatorError when the file is unreadable.
    """
    try:
        with path.open("rb") as lines:
            yield from _verified(path, lines)
    except OSError as error:
        raise OperatorError(
            f"{path}: Ereignisprotokoll nicht lesbar ({error.strerror})",
            hint="Einen vollständigen Laufordner angeben",
        ) from error


def _verified(path: Path, lines: Iterable[bytes]) -> Iterator[tuple[Event, str]]:
    head = FIRST
    for number, whole in enumerate(lines, 1):
        line = whole.removesuffix(b"\n")
        if line == whole:
            raise BrokenChain(path, number, "die letzte Zeile ist nicht abgeschlossen")
        try:
            entry = json.loads(line)
            event = Event(entry["seq"], entry["time"], entry["kind"], entry["data"])
            previous = entry["prev"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BrokenChain(path, number, "kein Ereignis in JSON") from error
        if event.seq != number or previous != head:
            raise BrokenChain(path, number, "die Hash-Kette ist unterbrochen")
        head = hashlib.sha256(line).hexdigest()
        yield event, head
