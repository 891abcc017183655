"""Binds every feature to pytest, but the file scenario, which needs files."""

from __future__ import annotations

from pathlib import Path

from pytest_bdd import scenarios

FEATURES = Path(__file__).parents[2] / "features"
NEEDS_FILES = "erezept/verordnung_aus_datei.feature"

scenarios(
    *(
        name
        for path in sorted(FEATURES.rglob("*.feature"))
        if (name := path.relative_to(FEATURES).as_posix()) != NEEDS_FILES
    )
)
