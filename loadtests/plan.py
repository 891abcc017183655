"""What the command line hands to the generator process: a scenario, a seed, endpoints, a folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from pruefstand.config.load_scenario import LoadScenario
from pruefstand.drivers.endpoints import FileEndpoints

ENVIRONMENT_VARIABLE = "PRUEFSTAND_LOAD_PLAN"


@dataclass(frozen=True, slots=True)
class LoadPlan:
    """One generator run; raw samples go into `folder`."""

    scenario: LoadScenario
    seed: int
    endpoints: FileEndpoints
    folder: Path


def read_plan() -> LoadPlan:
    """Return the plan named by the environment; raises KeyError without one."""
    raw = json.loads(Path(os.environ[ENVIRONMENT_VARIABLE]).read_text(encoding="utf-8"))
    return LoadPlan(
        scenario=LoadScenario.from_json(raw["scenario"]),
        seed=int(raw["seed"]),
        endpoints=FileEndpoints.read(Path(raw["endpoints"])),
        folder=Path(raw["folder"]),
    )
