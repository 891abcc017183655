"""A small load run in its own processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pruefstand.config.project import project_root
from pruefstand.evidence.sample_log import read_samples
from pruefstand.model.sample import SampleKind

pytestmark = pytest.mark.load
TIMEOUT_SECONDS = 120


def load(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `pruefstand load` to its end."""
    command = [sys.executable, "-m", "pruefstand", "load", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS,
        cwd=project_root(),
    )  # fmt: skip


@pytest.mark.parametrize(("scenario", "flow"), [("prescribe", "verordnen"), ("sign", "signieren")])
def test_a_small_load_ends_without_failure_and_keeps_raw_samples(
    scenario: str, flow: str, tmp_path: Path
) -> None:
    done = load(
        scenario, "--rate", "5", "--duration", "5", "--warmup", "1", "--runs", str(tmp_path)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = tmp_path.glob("*-last")
    flows = [sample for sample in read_samples(folder) if sample.kind is SampleKind.FLOW]
    assert {sample.name for sample in flows} == {flow}
    assert len(flows) >= 10
    assert all(sample.ok for sample in flows)
    result = json.loads((folder / "load.json").read_text(encoding="utf-8"))
    assert all(threshold["held"] for threshold in result["thresholds"])
    assert 0 < result["generator"]["cpu_share"] < 1
    assert not list(folder.glob("*.pem"))


def test_a_missed_threshold_ends_with_7(tmp_path: Path) -> None:
    # At the pace of the specification 60 starts a second soon fill the 50 places: starts drop.
    profile = tmp_path / "langsam.toml"
    base = project_root() / "profiles" / "mock.toml"
    slow = '\n[targets.konnektor.settings]\ntiming = "spec"\n'
    text = base.read_text(encoding="utf-8").replace('extends = "base"', "")
    profile.write_text(text + slow, encoding="utf-8")
    done = load(
        "sign", "--rate", "60", "--duration", "3", "--warmup", "0",
        "--profile", str(profile), "--runs", str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 7, done.stdout + done.stderr
    assert "verfehlt" in done.stdout


def test_load_against_a_profile_that_forbids_it_ends_with_4(tmp_path: Path) -> None:
    profile = tmp_path / "ohne.toml"
    profile.write_text('[targets.erezept]\nkind = "mock"\n', encoding="utf-8")
    done = load("prescribe", "--profile", str(profile), "--runs", str(tmp_path))
    assert done.returncode == 4
    assert "load = true" in done.stderr
    assert not list(tmp_path.glob("*-last"))
