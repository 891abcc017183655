"""A load run from a notebook."""

from __future__ import annotations

import os
from pathlib import Path

from pruefstand.analysis.command import new_run

ENVIRONMENT_VARIABLE = "PRUEFSTAND_LASTLAUF"


def last(
    scenario: str = "prescribe",
    *,
    rate: float = 20.0,
    duration: float = 30.0,
    seed: int = 1,
    runs: Path | None = None,
) -> Path:
    """Run a load scenario in its own processes and return its run folder, held or not.

    Raises HarnessError when there is no run to show.
    """
    numbers = ["--rate", str(rate), "--duration", str(duration), "--seed", str(seed)]
    return new_run(["load", scenario, *numbers], runs)


def given_run() -> Path | None:
    """Return the load run that the environment names in PRUEFSTAND_LASTLAUF."""
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    return Path(named) if named else None
