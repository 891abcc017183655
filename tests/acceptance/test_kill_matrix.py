"""Every fault of every mock and every carelessness turns exactly its requirements red.

What is not so yet stands in `kill_matrix_open.json`; whatever is not listed there fails here. Who
mends an entry removes it. `pruefstand mutate` itself knows no such list.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

OPEN = json.loads(Path(__file__).with_name("kill_matrix_open.json").read_text(encoding="utf-8"))
TIMEOUT = 900
"""Seconds; about one minute of processor time, more on a machine that is shared."""


def mutate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `pruefstand mutate` in a process of its own, as the session is built anew there."""
    command = [sys.executable, "-m", "pruefstand", "mutate", "--out", str(folder), *options]
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_ADDOPTS"}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**environment, "COLUMNS": "200"},
        cwd=folder,
    )


def test_every_fault_breaks_exactly_what_it_names_but_the_listed(tmp_path: Path) -> None:
    done = mutate(tmp_path, "--lean")
    assert done.returncode in ({0, 3} if any(OPEN.values()) else {0}), done.stdout + done.stderr
    whole = json.loads((tmp_path / "kill-matrix.json").read_text(encoding="utf-8"))
    exact = {"genau", "Köder"}
    inexact = {entry["fault"] for entry in whole["faults"] if entry["judgement"] not in exact}
    assert inexact - set(OPEN["faults"]) == set()
    assert set(whole["problems"]) - set(OPEN["problems"]) == set()
    assert len(whole["faults"]) - len(inexact) > 90
    for role in ("idp", "konnektor", "erezept", "pvs", "avs", "versicherte", "kim_clientmodul"):
        assert any(entry["fault"].startswith(f"{role}/") for entry in whole["faults"])


def test_an_unknown_fault_or_role_is_the_operators_mistake(tmp_path: Path) -> None:
    done = mutate(tmp_path, "--fault", "erezept/gibt_es_nicht", "--role", "kein_mock")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "unbekannt: erezept/gibt_es_nicht, kein_mock" in done.stdout + done.stderr
    assert not (tmp_path / "kill-matrix.json").exists()
