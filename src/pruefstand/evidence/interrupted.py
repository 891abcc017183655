"""Interrupted runs: give a killed one its end, and follow the links from a run to those before."""

from __future__ import annotations

from pathlib import Path

from pruefstand.clock import Clock
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.run_folder import EVENTS, Run, RunWriter, read_run


def conclude(folder: Path, clock: Clock) -> Run:
    """Write the verdicts of a killed run, up to its last complete case, and return the run.

    Only for a run whose process is gone: what it wrote after its last complete line is cut off.
    """
    run = read_run(folder)
    if run.finished:
        return run
    try:
        _cut(folder / EVENTS)
        for draft in folder.rglob(".*"):
            draft.unlink()
        writer = RunWriter(folder, clock)
        writer.adopt(run)
        ended = {"finished": clock.now().isoformat(), "exit_code": int(ExitCode.INTERRUPTED)}
        writer.finish({**run.info, **ended, "killed": True}, run.cases)
    except OSError as error:
        raise OperatorError(
            f"{folder}: nicht schreibbar ({error.strerror})", hint="Speicherplatz und Rechte prüfen"
        ) from error
    return read_run(folder)


def _cut(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as log:
            log.truncate(whole)


def lineage(folder: Path) -> tuple[Run, ...]:
    """Return the run in `folder` after those it continues, the oldest first.

    Raises OperatorError when one of them is missing or was changed.
    """
    found: list[Run] = []
    following: Path | None = folder
    while following is not None:
        run = read_run(following)
        found.insert(0, run)
        name = run.info.get("resumes")
        following = folder.parent / name if isinstance(name, str) and name else None
        if following is not None and following.name in {known.folder.name for known in found}:
            raise OperatorError(f"{folder}: die Läufe setzen einander im Kreis fort")
    return tuple(found)
