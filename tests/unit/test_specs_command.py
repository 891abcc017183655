"""`pruefstand specs`: every package of the sets is pinned, and a wrong one is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pruefstand.cli.specs import State, app, state_of
from pruefstand.errors import ExitCode
from pruefstand.fhir.packages.pins import SHA256, UNPINNED
from pruefstand.fhir.packages.sets import BASE, SETS

RUN = CliRunner()


def test_every_package_of_a_set_is_pinned() -> None:
    assert set(SHA256) | UNPINNED == {BASE, *(name for one in SETS for name in one.names)}


def test_a_missing_and_a_different_package_are_told(tmp_path: Path) -> None:
    name = SETS[0].names[0]
    assert state_of(name, tmp_path, compare=True) is State.MISSING
    (tmp_path / f"{name}.tgz").write_bytes(b"something else")
    assert state_of(name, tmp_path) is State.PRESENT
    assert state_of(name, tmp_path, compare=True) is State.DIFFERENT


def test_verify_leaves_an_empty_folder_undecided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path))
    done = RUN.invoke(app, ["verify"])
    assert done.exit_code == ExitCode.UNDECIDED
    assert done.output.count("fehlt") == len(SHA256)


def test_verify_accepts_the_official_folder() -> None:
    if not os.environ.get("PRUEFSTAND_SPECS"):
        pytest.skip("PRUEFSTAND_SPECS is not set")
    done = RUN.invoke(app, ["verify"])
    assert done.exit_code == ExitCode.GREEN, done.output
    shown = RUN.invoke(app, ["list"]).output
    # Each set shows its own packages and the base.
    assert shown.count("vorhanden") == sum(len(s.names) + 1 for s in SETS) - len(UNPINNED)
    assert shown.count("fehlt") == len(UNPINNED)
