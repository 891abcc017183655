"""The event log `events.ndjson`: every line names the SHA-256 of the line before it."""

from __future__ import annotations

import hashlib
import json
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import overload

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


class StoredEvents(Sequence[Event]):
    """The events of a verified log, read when asked for: 8 bytes of memory each."""

    def __init__(self, path: Path, starts: Sequence[int]) -> None:
        """`starts` are the positions of the lines, followed by the end of the last one."""
        self._path = path
        self._starts = starts

    def __len__(self) -> int:
        return max(len(self._starts) - 1, 0)

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Event]: ...
    def __getitem__(self, place: int | slice) -> Event | Sequence[Event]:
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            if step != 1:
                raise ValueError("events are read forwards")
            return StoredEvents(self._path, self._starts[first : max(last, first) + 1])
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        place %= len(self)
        return next(iter(self[place : place + 1]))

    def __iter__(self) -> Iterator[Event]:
        if len(self):
            with self._path.open("rb") as log:
                log.seek(self._starts[0])
                for line, _ in zip(log, range(len(self)), strict=False):
                    yield _event(json.loads(line))


@dataclass(frozen=True, slots=True)
class EventLog:
    """A verified log; `head` is the SHA-256 of its last line."""

    events: Sequence[Event]
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


def read_events(path: Path, *, torn: bool = False) -> EventLog:
    """Verify the log at `path` line by line; raises BrokenChain naming the first bad line.

    `torn` forgives an unfinished last line: what a writer leaves when it is killed.
    """
    starts, head = array("Q", [0]), FIRST
    with _opened(path) as lines:
        for _, digest in _verified(path, _whole_lines(lines, starts, torn=torn)):
            head = digest
    return EventLog(StoredEvents(path, starts), head)


def _whole_lines(lines: Iterable[bytes], starts: array[int], *, torn: bool) -> Iterator[bytes]:
    for line in lines:
        if torn and not line.endswith(b"\n"):
            return
        starts.append(starts[-1] + len(line))
        yield line


def stream_events(path: Path) -> Iterator[tuple[Event, str]]:
    """Yield each verified event with the SHA-256 of its line, holding one line at a time.

    Raises BrokenChain naming the first bad line, OperatorError when the file is unreadable.
    """
    with _opened(path) as lines:
        yield from _verified(path, lines)


@contextmanager
def _opened(path: Path) -> Iterator[Iterable[bytes]]:
    try:
        with path.open("rb") as lines:
            yield lines
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
            event = _event(entry)
            previous = entry["prev"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BrokenChain(path, number, "kein Ereignis in JSON") from error
        if event.seq != number or previous != head:
            raise BrokenChain(path, number, "die Hash-Kette ist unterbrochen")
        head = hashlib.sha256(line).hexdigest()
        yield event, head


def _event(entry: Json) -> Event:
    return Event(entry["seq"], entry["time"], entry["kind"], entry["data"])
