"""`pruefstand specs`: every package of the sets is pinned, and a wrong one is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pruefstand.cli.specs import State, app, state_of
from pruefstand.errors import ExitCode
from pruefstand.fhir.packages.pins import BY_HAND, SHA256
from pruefstand.fhir.packages.sets import BASE, SETS

RUN = CliRunner()


def test_every_package_of_a_set_is_pinned() -> None:
    assert set(SHA256) == {BASE, *(name for one in SETS for name in one.names)}


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
    # What no publisher's address gives may be missing, and then it is told.
    folder = Path(os.environ["PRUEFSTAND_SPECS"]) / "fhir-packages"
    missing = {name for name in BY_HAND if name != BASE and not (folder / f"{name}.tgz").exists()}
    done = RUN.invoke(app, ["verify"])
    assert done.exit_code == (ExitCode.UNDECIDED if missing else ExitCode.GREEN), done.output
    assert done.output.count("fehlt") == len(missing)
    shown = RUN.invoke(app, ["list"]).output
    # Each set shows its own packages and the base.
    assert shown.count("vorhanden") == sum(len(s.names) + 1 for s in SETS) - len(missing)
    assert shown.count("fehlt") == len(missing)
