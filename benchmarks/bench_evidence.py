"""Evidence: 100,000 events verified within 5 s and 200 MB; all of it within 15 % of a run's time.

The share is redaction, vault, blobs, event log, manifest and signature of an acceptance run, done
again with its own traffic: processor time against the processor time of that run.

The pack has the proportions of an acceptance run: 860 bytes an event, 43 bodies of 7 kB per 100.
Building it takes longer than verifying it; both are bounded.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

from pruefstand.clock import SystemClock, VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.operator_key import operator_key
from pruefstand.evidence.run_folder import RunWriter, read_run
from pruefstand.evidence.vault import open_vault
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.secret_kind import REDACTABLE
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.pytest_plugin.redaction import RunRedaction

EVENTS = 100_000
BLOCK = 50
BODIES_PER_CASE = 21
BODY = 7000
MAX_SECONDS, MAX_MB, MAX_SHARE = 5.0, 200.0, 0.15
TIMEOUT = 300
FILL = "x" * 520
VERIFY = (
    "import sys, json, resource; from pathlib import Path; from pruefstand.clock import stopwatch;"
    "from pruefstand.evidence.verify import verify_run; s = stopwatch();"
    "r = verify_run(Path(sys.argv[1])); t = stopwatch() - s; assert not r.defects, r.defects[:3];"
    "m = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
    "print(json.dumps([r.events, t, m / 1024]))"
)


def case(writer: RunWriter, number: int) -> CaseRecord:
    """Return a case of BLOCK events: exchanges, 8 steps, 6 findings and the closing one."""
    exchanges = BLOCK - 15
    stored = [
        writer.blob(f"{number}/{index}".encode().ljust(BODY, b"."))
        for index in range(BODIES_PER_CASE)
    ]
    return CaseRecord(
        id=f"T{number}",
        title="Eine Verordnung wird geschrieben, signiert, eingestellt und eingelöst",
        feature="features/erezept/verordnen.feature",
        tags=("req:A_19021-02",),
        verdict=Verdict.PASSED,
        steps=tuple(StepRecord("Wenn", "die Praxis verordnet", "passed") for _ in range(8)),
        findings=tuple(
            Finding("A_19021-02", "status", Verdict.PASSED, "201", "201") for _ in range(6)
        ),
        exchanges=tuple(
            {
                "id": f"{number}-{index}",
                "facts": {"fill": FILL},
                "request": {"body": stored[index % BODIES_PER_CASE]},
                "response": {"body": stored[(index + 1) % BODIES_PER_CASE]},
            }
            for index in range(exchanges)
        ),
    )


def large_pack(folder: Path) -> Path:
    """Write and seal a run of EVENTS events."""
    pack = folder / "run"
    writer = RunWriter(pack, VirtualClock.at_day(date(2026, 11, 24)))
    records = []
    for number in range(EVENTS // BLOCK):
        record = case(writer, number)
        writer.case(record)
        records.append(record)
    writer.finish({"id": "run"}, records)
    write_manifest(pack, {}, operator_key(folder / "key.pem", SystemClock().now()))
    return pack


def verified(pack: Path) -> tuple[int, float, float]:
    """Return events, seconds and peak megabytes of a process that only verifies."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", VERIFY, str(pack)],
        check=True,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    events, seconds, megabytes = json.loads(done.stdout)
    return events, seconds, megabytes


def evidence_share(folder: Path) -> float:
    """Return the share of an acceptance run's processor time that its evidence takes."""
    environ = {**os.environ, "XDG_CONFIG_HOME": str(folder)}
    before = children_seconds()
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pruefstand", "accept", "--runs", str(folder / "runs")],
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
        env=environ,
    )
    whole = children_seconds() - before
    (pack,) = (folder / "runs").iterdir()
    run = read_run(pack)
    vault = open_vault(run.folder.name, environ)
    cases = [(replace(case, exchanges=()), vault.exchanges(run, case)) for case in run.cases]
    os.environ["XDG_CONFIG_HOME"] = str(folder / "again")
    start = time.process_time()
    again = folder / "again" / "run"
    redaction = RunRedaction(again, REDACTABLE)
    pki = Pki(1, SystemClock())
    pki.hba(), pki.smcb(), pki.smcb("Apotheke am Markt", role="apotheke")
    writer, kept = RunWriter(again, SystemClock()), []
    for case, exchanges in cases:
        record = redaction.redact(case, exchanges, pki)
        writer.case(record)
        kept.append(replace(record, exchanges=()))
    redaction.close()
    writer.finish(run.info, kept)
    write_manifest(again, {}, operator_key(folder / "key.pem", SystemClock().now()))
    return (time.process_time() - start) / whole


def children_seconds() -> float:
    """Return the processor time of all child processes so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure() -> dict[str, float]:
    """Return events, seconds, megabytes and share."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events, seconds, megabytes = verified(large_pack(folder))
        share = evidence_share(folder)
    return {
        "events": events,
        "verify_seconds": round(seconds, 2),
        "verify_peak_mb": round(megabytes, 1),
        "evidence_share_of_run": round(share, 4),
    }


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result))
    met = (
        result["events"] == EVENTS
        and result["verify_seconds"] <= MAX_SECONDS
        and result["verify_peak_mb"] <= MAX_MB
        and result["evidence_share_of_run"] <= MAX_SHARE
    )
    sys.exit(0 if met else 1)
