"""An acceptance run from a notebook."""

from __future__ import annotations

from pathlib import Path

from pruefstand.analysis.command import new_run
from pruefstand.evidence.run_folder import Run, read_run


def abnahme(
    only: str = "",
    *,
    profile: str = "mock",
    seed: int = 1,
    as_of: str | None = None,
    runs: Path | None = None,
) -> Run:
    """Run the acceptance in its own process and return the verified run, green or not.

    Raises HarnessError when there is no run to show.
    """
    arguments = ["accept", "--profile", profile, "--seed", str(seed)]
    if only:
        arguments += ["--only", only]
    if as_of:
        arguments += ["--as-of", as_of]
    return read_run(new_run(arguments, runs))
