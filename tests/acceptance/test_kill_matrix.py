"""Every fault of every mock and every carelessness turns exactly its requirements red."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

TIMEOUT = 1800
"""Seconds; four minutes of processor time, more on a machine that is shared."""


def mutate(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `pruefstand mutate` in a process of its own, as the session is built anew there."""
    command = [sys.executable, "-m", "pruefstand", "mutate", "--out", str(folder), *options]
    # Validating against the official packages would take as long again; what needs them is spared.
    left_out = {"PYTEST_ADDOPTS", "PRUEFSTAND_SPECS"}
    environment = {name: text for name, text in os.environ.items() if name not in left_out}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
        env={**environment, "COLUMNS": "200"},
        cwd=folder,
    )


def test_every_fault_breaks_exactly_what_it_names(tmp_path: Path) -> None:
    done = mutate(tmp_path, "--lean")
    assert done.returncode == 0, done.stdout + done.stderr
    whole = json.loads((tmp_path / "kill-matrix.json").read_text(encoding="utf-8"))
    judgements = Counter(entry["judgement"] for entry in whole["faults"])
    assert set(judgements) == {"genau", "Köder"}
    assert judgements["genau"] > 200
    assert whole["problems"] == []
    for role in ("idp", "konnektor", "erezept", "pvs", "avs", "versicherte", "kim_clientmodul"):
        assert any(entry["fault"].startswith(f"{role}/") for entry in whole["faults"])


def test_an_unknown_fault_or_role_is_the_operators_mistake(tmp_path: Path) -> None:
    done = mutate(tmp_path, "--fault", "erezept/gibt_es_nicht", "--role", "kein_mock")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "unbekannt: erezept/gibt_es_nicht, kein_mock" in done.stdout + done.stderr
    assert not (tmp_path / "kill-matrix.json").exists()
