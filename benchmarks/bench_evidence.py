"""Evidence: 100,000 events verified within 5 s and 200 MB; sealing within 15 % of a run's time.

The pack has the proportions of an acceptance run: 860 bytes an event, 43 bodies of 7 kB per 100.
Building it takes longer than verifying it; both are bounded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

from pruefstand.clock import SystemClock, VirtualClock, stopwatch
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.operator_key import operator_key
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.verdict import Finding, Verdict

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


def sealing_share(folder: Path) -> float:
    """Return the share of an acceptance run's time that manifest and signature take."""
    environ = {**os.environ, "XDG_CONFIG_HOME": str(folder)}
    start = stopwatch()
    subprocess.run(  # noqa: S603
        [sys.executable, "-m", "pruefstand", "accept", "--runs", str(folder / "runs")],
        check=True,
        capture_output=True,
        timeout=TIMEOUT,
        env=environ,
    )
    whole = stopwatch() - start
    (pack,) = (folder / "runs").iterdir()
    start = stopwatch()
    write_manifest(pack, {}, operator_key(folder / "key.pem", SystemClock().now()))
    return (stopwatch() - start) / whole


def measure() -> dict[str, float]:
    """Return events, seconds, megabytes and share."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        events, seconds, megabytes = verified(large_pack(folder))
        share = sealing_share(folder)
    return {
        "events": events,
        "verify_seconds": round(seconds, 2),
        "verify_peak_mb": round(megabytes, 1),
        "sealing_share_of_run": round(share, 4),
    }


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result))
    met = (
        result["events"] == EVENTS
        and result["verify_seconds"] <= MAX_SECONDS
        and result["verify_peak_mb"] <= MAX_MB
        and result["sealing_share_of_run"] <= MAX_SHARE
    )
    sys.exit(0 if met else 1)
