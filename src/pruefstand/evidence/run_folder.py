"""The run folder: `run.json`, `events.ndjson`, `blobs/`, `verdicts.json`.

A case is one block: its exchanges, steps and findings, closed by a `case` event that carries the
length of the block and the SHA-256 of the case's summary. `verdicts.json` names that event, so that
a changed verdict is found by the same chain as a changed message; `run.json` holds the chain's
head, so that a cut tail is found too.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from pruefstand.clock import BERLIN, Clock, SystemClock
from pruefstand.errors import OperatorError
from pruefstand.evidence.blobs import BlobStore
from pruefstand.evidence.event_log import FIRST, EventLog, EventWriter, read_events
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

    def blob(self, digest: str) -> bytes:
        """Return a message body by its SHA-256; raises OperatorError when missing or changed."""
        return BlobStore(self.folder / BLOBS).read(digest)


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
        closing = {
            "id": record.id,
            "verdict": record.verdict.value,
            "sha256": digest,
            "block": len(block),
        }
        numbers = self._events.append([*block, ("case", closing)])
        self._written.setdefault(digest, []).append(numbers[-1])
        return numbers[-1]

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
    verdicts = _read_json(folder / VERDICTS)
    log = read_events(folder / EVENTS) if (folder / EVENTS).exists() else EventLog((), FIRST)
    if info.get("events") != {"count": len(log.events), "head": log.head}:
        raise _changed(folder / EVENTS, "das Protokoll endet anders als run.json angibt")
    try:
        cases = tuple(_case(folder, entry, log) for entry in verdicts["cases"])
        counted = verdicts["summary"]
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _changed(folder / VERDICTS, f"ein Fall ist unvollständig ({error})") from error
    if counted != summary(cases):
        raise _changed(folder / VERDICTS, "die Summen passen nicht zu den Fällen")
    return Run(folder, info, cases, log)


def _case(folder: Path, entry: Json, log: EventLog) -> CaseRecord:
    case = CaseRecord.from_json(entry)
    number = entry["event"]
    if not 1 <= number <= len(log.events):
        raise _changed(folder / VERDICTS, f"Fall {case.id} hat kein Ereignis")
    closing = log.events[number - 1].data
    if closing["sha256"] != case_digest(case):
        raise _changed(folder / VERDICTS, f"Fall {case.id} passt nicht zu Ereignis {number}")
    block = log.events[number - 1 - closing["block"] : number - 1]
    return replace(case, exchanges=tuple(e.data for e in block if e.kind == "exchange"))


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
