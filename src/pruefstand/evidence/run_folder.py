"""The run folder: `run.json`, `events.ndjson`, `blobs/`, `verdicts.json`.

A case is one block: its exchanges, steps and findings, closed by a `case` event that carries the
rest of the case, the length of the block and the SHA-256 of the case's summary. `verdicts.json`
names that event, so that a changed verdict is found by the same chain as a changed message;
`run.json` holds the chain's head, so that a cut tail is found too.

A run that was killed has no `verdicts.json` and no head in `run.json`; its cases are those whose
block is complete.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, overload

from pruefstand.clock import BERLIN, Clock, SystemClock
from pruefstand.errors import OperatorError
from pruefstand.evidence.blobs import BlobStore
from pruefstand.evidence.event_log import FIRST, Event, EventLog, EventWriter, read_events
from pruefstand.model.case import CaseRecord, Json, finding_to_json
from pruefstand.model.verdict import Verdict
from pruefstand.rng import Rng

EVENTS, RUN, VERDICTS, BLOBS = "events.ndjson", "run.json", "verdicts.json", "blobs"


@dataclass(frozen=True, slots=True)
class Run:
    """A verified run folder; `info` is the content of `run.json`."""

    folder: Path
    info: Mapping[str, Any]
    cases: tuple[CaseRecord, ...]
    log: EventLog

    @property
    def finished(self) -> bool:
        """Tell whether the run came to its end; the cases of a killed run are not all."""
        return "events" in self.info

    def blob(self, digest: str) -> bytes:
        """Return a message body by its SHA-256; raises OperatorError when missing or changed."""
        return BlobStore(self.folder / BLOBS).read(digest)


class StoredExchanges(Sequence[Json]):
    """The exchanges of one case, read from the event log whenever they are asked for."""

    def __init__(self, block: Sequence[Event]) -> None:
        self._block = block

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @overload
    def __getitem__(self, place: int) -> Json: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Json]: ...
    def __getitem__(self, place: int | slice) -> Json | Sequence[Json]:
        return tuple(self)[place]

    def __iter__(self) -> Iterator[Json]:
        return (event.data for event in self._block if event.kind == "exchange")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def create_run_folder(root: Path, started: datetime, rng: Rng) -> Path:
    """Create `<root>/<YYYYMMDD-HHMMSS>-<6 hex>` (Berlin time) and return it."""
    stamp = started.astimezone(BERLIN).strftime("%Y%m%d-%H%M%S")
    root.mkdir(parents=True, exist_ok=True)
    attempt = 0
    while True:
        folder = root / f"{stamp}-{rng.derive('run', stamp, attempt).token_hex(3)}"
        try:
            folder.mkdir()
        except FileExistsError:
            attempt += 1
        else:
            return folder


class RunWriter:
    """Writes a run; blobs may be written by many processes, events by one."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._blobs = BlobStore(folder / BLOBS)
        self._events = EventWriter(folder / EVENTS, clock or SystemClock())
        self._written: dict[str, list[int]] = {}

    def blob(self, content: bytes) -> str:
        """Store a message body and return its SHA-256 in hex."""
        return self._blobs.write(content)

    def event(self, kind: str, data: Json) -> int:
        """Append one event of kind exchange, step, finding or case; return its number."""
        return self._events.append([(kind, data)])[0]

    def case(self, record: CaseRecord) -> int:
        """Append `record` with exchanges, steps and findings; return the number of its event."""
        digest = case_digest(record)
        block = [
            *(("exchange", exchange) for exchange in record.exchanges),
            *(("step", {"case": record.id, **step.to_json()}) for step in record.steps),
            *(("finding", {"case": record.id, **finding_to_json(f)}) for f in record.findings),
        ]
        told = {"steps", "findings"}
        rest = {name: value for name, value in record.summary_json().items() if name not in told}
        closing = {**rest, "sha256": digest, "block": len(block)}
        numbers = self._events.append([*block, ("case", closing)])
        self._written.setdefault(digest, []).append(numbers[-1])
        return numbers[-1]

    def adopt(self, run: Run) -> None:
        """Take over the cases of a killed run, so that `finish` does not write them again."""
        closings = (event.seq for event in run.log.events if event.kind == "case")
        for case, number in zip(run.cases, closings, strict=True):
            self._written.setdefault(case_digest(case), []).append(number)

    def begin(self, run: Mapping[str, Any]) -> None:
        """Write `run.json` of a run that has only begun: what a killed run leaves."""
        _write_json(self.folder / RUN, run)

    def finish(self, run: Mapping[str, Any], cases: Iterable[CaseRecord]) -> None:
        """Write `verdicts.json` and `run.json`; cases not yet in the event log are appended."""
        cases = list(cases)
        entries = [{**case.summary_json(), "event": self._event_of(case)} for case in cases]
        _write_json(self.folder / VERDICTS, {"summary": summary(cases), "cases": entries})
        chain = {"count": self._events.count, "head": self._events.head}
        _write_json(self.folder / RUN, {**run, "events": chain})

    def _event_of(self, case: CaseRecord) -> int:
        written = self._written.get(case_digest(case))
        return written.pop(0) if written else self.case(case)


def summary(cases: Iterable[CaseRecord]) -> dict[str, int]:
    """Return the number of cases per verdict, every verdict named."""
    counts = Counter(case.verdict for case in cases)
    return {verdict.value: counts[verdict] for verdict in Verdict}


def read_run(folder: Path) -> Run:
    """Read and verify the run in `folder`; raises OperatorError naming what does not fit."""
    info = _read_json(folder / RUN)
    if "events" not in info:
        return _unfinished(folder, info)
    verdicts = _read_json(folder / VERDICTS)
    log = _log(folder)
    if info["events"] != {"count": len(log.events), "head": log.head}:
        raise _changed(folder / EVENTS, "das Protokoll endet anders als run.json angibt")
    try:
        cases = tuple(_case(folder, entry, log) for entry in verdicts["cases"])
        counted = verdicts["summary"]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _changed(folder / VERDICTS, f"ein Fall ist unvollständig ({error})") from error
    if counted != summary(cases):
        raise _changed(folder / VERDICTS, "die Summen passen nicht zu den Fällen")
    return Run(folder, info, cases, log)


def _log(folder: Path, *, torn: bool = False) -> EventLog:
    path = folder / EVENTS
    return read_events(path, torn=torn) if path.exists() else EventLog((), FIRST)


def _unfinished(folder: Path, info: Json) -> Run:
    log = _log(folder, torn=True)
    try:
        cases = tuple(
            _rebuilt(event.data, log.events[event.seq - 1 - event.data["block"] : event.seq - 1])
            for event in log.events
            if event.kind == "case"
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _changed(folder / EVENTS, f"ein Fall ist unvollständig ({error})") from error
    return Run(folder, info, cases, log)


def _rebuilt(closing: Json, block: Sequence[Event]) -> CaseRecord:
    steps, findings = (
        [
            {name: value for name, value in e.data.items() if name != "case"}
            for e in block
            if e.kind == kind
        ]
        for kind in ("step", "finding")
    )
    case = CaseRecord.from_json({**closing, "steps": steps, "findings": findings})
    return replace(case, exchanges=StoredExchanges(block))


def _case(folder: Path, entry: Json, log: EventLog) -> CaseRecord:
    case = CaseRecord.from_json(entry)
    number = entry["event"]
    if not 1 <= number <= len(log.events):
        raise _changed(folder / VERDICTS, f"Fall {case.id} hat kein Ereignis")
    closing = log.events[number - 1].data
    if closing["sha256"] != case_digest(case):
        raise _changed(folder / VERDICTS, f"Fall {case.id} passt nicht zu Ereignis {number}")
    block = log.events[number - 1 - closing["block"] : number - 1]
    return replace(case, exchanges=StoredExchanges(block))


def case_digest(case: CaseRecord) -> str:
    """Return the SHA-256 of the case's summary in canonical JSON, as its event carries it."""
    canonical = json.dumps(case.summary_json(), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _changed(path: Path, reason: str) -> OperatorError:
    hint = "Der Laufordner wurde verändert und ist kein Nachweis mehr"
    return OperatorError(f"{path}: {reason}", hint=hint)


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    draft = path.with_name(f".{path.name}")
    text = json.dumps(value, ensure_ascii=False, indent=1)
    draft.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    draft.replace(path)


def _read_json(path: Path) -> Json:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperatorError(
            f"{path}: nicht lesbar ({error.strerror})",
            hint="Einen vollständigen Laufordner angeben",
        ) from error
    except (ValueError, RecursionError) as error:
        raise _changed(path, "kein JSON") from error
    if not isinstance(value, dict):
        raise _changed(path, "kein JSON-Objekt")
    return value
