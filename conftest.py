"""Steps are plugins: their definitions must be visible to the module that binds the features."""

from __future__ import annotations

from pathlib import Path

pytest_plugins = sorted(
    f"steps.{path.stem}" for path in (Path(__file__).parent / "steps").glob("[a-z]*.py")
)
