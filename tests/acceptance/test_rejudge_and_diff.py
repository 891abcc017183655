"""One whole run with some faults switched on, judged anew and compared, without a live system."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from pruefstand.checks.check import Check, Reference
from pruefstand.checks.registry import CheckGone, find_check
from pruefstand.cli.rejudge import changes
from pruefstand.evidence.run_folder import Run, read_run
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict
from pruefstand.rejudge.judging import Find
from pruefstand.rejudge.originals import Judge, judge_of

ROOT = Path(__file__).resolve().parents[2]
FAULTS = (
    "erezept/fristen_einen_tag_spaeter",
    "konnektor/pruefung_immer_gueltig",
    "konnektor/komfortsignatur_gestoert",
)


@dataclass(frozen=True)
class Bench:
    """A folder with one recorded run, and the operator's key beside it."""

    folder: Path
    run: Run
    judge: Judge

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run `pruefstand` in a process of its own."""
        command = [sys.executable, "-m", "pruefstand", *map(str, arguments)]
        environment = {**os.environ, "XDG_CONFIG_HOME": str(self.folder / "config")}
        return subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=environment,
        )


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A run of all scenarios in which some fail and some are aborted."""
    folder = tmp_path_factory.mktemp("runs")
    options = " ".join(f"--pruefstand-fault={fault}" for fault in FAULTS)
    command = [sys.executable, "-m", "pruefstand", "accept", "--runs", str(folder / "runs")]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    done = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env={**environment, "PYTEST_ADDOPTS": options},
    )
    assert done.returncode == 1, done.stdout + done.stderr
    (run,) = (folder / "runs").iterdir()
    recorded = read_run(run)
    judge = judge_of(recorded, {"XDG_CONFIG_HOME": str(folder / "config")})
    return Bench(folder, recorded, judge)


def judged_anew(bench: Bench, find: Find = find_check) -> list[CaseRecord]:
    """Return all cases of the run judged by the checks that `find` knows."""
    assert not bench.judge.blind
    judge = replace(bench.judge, find=find)
    return [judge(case) for case in bench.run.cases]


def digest(folder: Path) -> str:
    """Return one hash over all files of `folder`."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return whole.hexdigest()


def test_unchanged_checks_reproduce_every_finding_and_verdict(bench: Bench) -> None:
    verdicts = {case.verdict for case in bench.run.cases}
    assert {Verdict.PASSED, Verdict.FAILED} <= verdicts
    assert len(bench.run.cases) > 100
    different = [
        was.id for was, now in zip(bench.run.cases, judged_anew(bench), strict=True) if was != now
    ]
    assert different == []


def corrected(name: str) -> Find:
    """Return a registry in which the check `name` accepts everything."""

    def find(reference: Reference) -> Check:
        check = find_check(reference)
        if reference.name != name:
            return check
        return replace(check, judge=lambda exchanges: replace(check.judge(exchanges), holds=True))

    return find


def test_after_a_check_is_corrected_only_its_requirements_change(bench: Bench) -> None:
    after = judged_anew(bench, corrected("answers:task_date"))
    changed = changes(bench.run.cases, after)
    assert [now.requirement.id for _, now in changed] == ["A_19128"]
    moved = {
        was.id.partition("#")[0]
        for was, now in zip(bench.run.cases, after, strict=True)
        if was.verdict is not now.verdict
    }
    assert moved == {"ERP-0320"}


def test_a_scenario_its_check_had_ended_is_not_green_for_what_never_ran(bench: Bench) -> None:
    after = {case.id: case for case in judged_anew(bench, corrected("answers:task_date"))}
    case = after["ERP-0320#gewöhnlich"]
    assert case.steps[-1].status == "skipped"
    assert case.verdict is Verdict.UNDECIDED


def test_an_aborted_scenario_stays_as_recorded(bench: Bench) -> None:
    def nothing(reference: Reference) -> Check:
        raise CheckGone("Prüfung gibt es nicht mehr")

    for find in (find_check, nothing):
        after = {case.id: case for case in judged_anew(bench, find)}
        assert after["KON-0001#eins"].verdict is Verdict.FAILED


def test_a_check_that_is_gone_decides_nothing(bench: Bench) -> None:
    def find(reference: Reference) -> Check:
        if reference.name == "erezept_practice:task_becomes_ready":
            raise CheckGone("Prüfung gibt es nicht mehr")
        return find_check(reference)

    after = {case.id: case for case in judged_anew(bench, find)}
    case = after["ERP-0001#pzn-160-gkv"]
    assert case.verdict is Verdict.UNDECIDED
    gone = {f.requirement for f in case.findings if f.verdict is Verdict.UNDECIDED}
    assert gone == {"A_19272", "A_19274", "A_19128"}


def test_the_command_writes_a_linked_result_and_leaves_the_run_alone(bench: Bench) -> None:
    before = digest(bench.run.folder)
    done = bench.call("rejudge", bench.run.folder, "--runs", bench.folder / "again")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "alle Urteile wie zuvor" in done.stdout
    assert digest(bench.run.folder) == before
    (folder,) = (bench.folder / "again").iterdir()
    result = read_run(folder)
    assert result.info["rejudged"]["run"] == bench.run.info["id"]
    assert result.info["rejudged"]["events"] == bench.run.log.head
    assert [case.verdict for case in result.cases] == [case.verdict for case in bench.run.cases]
    verified = bench.call("evidence", "verify", folder)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    same = bench.call("diff", bench.run.folder, folder, "--level", "schritt")
    assert same.returncode == 0, same.stdout + same.stderr
    again = bench.call("rejudge", folder)
    assert again.returncode == 4
    assert bench.run.info["id"] in again.stdout + again.stderr


@pytest.mark.parametrize("only", [("ERP-0003", 1, 0), ("gibt-es-nicht", 0, 5)])
def test_only_some_scenarios_can_be_judged(bench: Bench, only: tuple[str, int, int]) -> None:
    name, count, code = only
    done = bench.call("rejudge", bench.run.folder, "--only", name, "--runs", bench.folder / name)
    assert done.returncode == code, done.stdout + done.stderr
    assert f"{count} Szenarien neu beurteilt" in done.stdout


def test_a_run_is_the_same_as_itself_down_to_the_messages(bench: Bench) -> None:
    folder = bench.run.folder
    done = bench.call("diff", folder, folder, "--level", "nachricht", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["same"] is True


def damaged(bench: Bench, tmp_path: Path, name: str, change: Sequence[bytes]) -> Path:
    """Return a copy of the run with one file changed."""
    copy = tmp_path / "run"
    shutil.copytree(bench.run.folder, copy)
    path = copy / name
    path.write_bytes(path.read_bytes().replace(*change, 1))
    return copy


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("verdicts.json", (b"nicht bestanden", b"bestanden")),
        ("run.json", (b"{", b"[")),
        ("events.ndjson", (b'"kind"', b'"kinD"')),
    ],
)
def test_a_damaged_run_is_refused(
    bench: Bench, tmp_path: Path, name: str, change: Sequence[bytes]
) -> None:
    broken = damaged(bench, tmp_path, name, change)
    for arguments in (("rejudge", broken), ("diff", bench.run.folder, broken)):
        done = bench.call(*arguments)
        assert done.returncode == 4, done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_folder_that_is_no_run_is_refused(bench: Bench, tmp_path: Path) -> None:
    done = bench.call("rejudge", tmp_path)
    assert done.returncode == 4
    assert "run.json: nicht lesbar" in done.stdout + done.stderr
