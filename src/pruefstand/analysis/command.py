"""Starts `pruefstand` in a process of its own: neither pytest nor Locust may run in a kernel."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pruefstand.config.project import project_root
from pruefstand.errors import ExitCode, HarnessError

JUDGED = {ExitCode.GREEN, ExitCode.SUT_FAILED, ExitCode.UNDECIDED, ExitCode.THRESHOLD}
"""Exit codes of runs that left a result behind; others ended before."""


def new_run(arguments: Sequence[str], runs: Path | None = None) -> Path:
    """Run the command line with `arguments` and return the run folder it wrote.

    Raises HarnessError with the command's own words when there is no result.
    """
    runs = (runs or project_root() / "runs").absolute()
    before = _folders(runs)
    command = [sys.executable, "-m", "pruefstand", *arguments, "--runs", str(runs)]
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        command, capture_output=True, text=True, check=False, cwd=project_root()
    )
    created = sorted(_folders(runs) - before)
    if done.returncode not in JUDGED or not created:
        words = (done.stderr.strip() or done.stdout.strip() or "keine Ausgabe")[-2000:]
        raise HarnessError(
            f"`pruefstand {' '.join(arguments)}` endete mit {done.returncode}: {words}",
            hint="denselben Befehl in der Konsole ausführen",
        )
    return created[-1]


def _folders(runs: Path) -> set[Path]:
    return set(runs.iterdir()) if runs.is_dir() else set()
