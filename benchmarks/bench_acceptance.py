"""The whole acceptance run: wall time and peak memory, against a calibration of the machine.

Run: `python benchmarks/bench_acceptance.py`. Exits 1 when a goal is missed.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

GOAL_SECONDS = 30.0
GOAL_MEGABYTES = 400.0
ROOT = Path(__file__).resolve().parents[1]


def brainpool_signatures_per_second() -> float:
    """Return the machine's raw signature rate, so that seconds can be compared across machines."""
    key, scheme = ec.generate_private_key(ec.BrainpoolP256R1()), ec.ECDSA(hashes.SHA256())
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < 1:
        key.sign(b"x", scheme)
        count += 1
    return count / (time.perf_counter() - started)


def main() -> int:
    """Measure once and print one JSON line."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-m", "pruefstand", "accept", "--runs", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603
        seconds = time.perf_counter() - started
        (run,) = Path(folder).iterdir()
        cases = json.loads((run / "verdicts.json").read_text(encoding="utf-8"))["cases"]
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    result = {
        "scenarios": len(cases),
        "exit_code": done.returncode,
        "seconds": round(seconds, 2),
        "goal_seconds": GOAL_SECONDS,
        "peak_megabytes": round(megabytes),
        "goal_megabytes": GOAL_MEGABYTES,
        "raw_signatures_per_second": round(brainpool_signatures_per_second()),
    }
    print(json.dumps(result))
    kept = seconds <= GOAL_SECONDS and megabytes <= GOAL_MEGABYTES and done.returncode == 0
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
