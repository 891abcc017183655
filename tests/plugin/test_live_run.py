"""The controller's side: cases go to the run folder as they finish, and nothing is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pruefstand.cli.accept import ONLY_OURS
from pruefstand.evidence.run_folder import read_run

CONFTEST = """
import gc
import json
import os
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from pruefstand.checks.check import Check, Judgement
from pruefstand.cli.live import LiveRun
from pruefstand.clock import VirtualClock
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.exchange import Exchange, Layer, Message
from pruefstand.transport.recorder import Recorder

os.environ["XDG_CONFIG_HOME"] = str(Path(__file__).parent / "config")
RUN = Path(__file__).with_name("run")
holds = Check("holds", ("A_1",), lambda _: Judgement(True, "soll", "ist"))


@pytest.fixture()
def recorder():
    return Recorder()


def pytest_configure(config):
    config.option.pruefstand_run = str(RUN)
    if not hasattr(config, "workerinput"):
        writer = RunWriter(RUN, VirtualClock.at_day(date(2026, 11, 24)))
        writer.begin({"id": "run"})
        config.live = LiveRun(Console(file=open("console.txt", "w")), writer.case)
        config.pluginmanager.register(config.live)


def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        alive = sum(isinstance(thing, Exchange) for thing in gc.get_objects())
        live = session.config.live
        told = {
            "alive": alive,
            "broken": live.broken,
            "cases": [case.id for case in live.cases],
            "exchanges": [len(case.exchanges) for case in live.cases],
        }
        Path(__file__).with_name("told.json").write_text(json.dumps(told))
"""

STEPS = """
import os
import signal
import time

from pytest_bdd import scenarios, then, when

import conftest
from pruefstand.model.exchange import Layer, Message

scenarios("case.feature")


@when("eine Nachricht geht hinaus")
def message(recorder):
    body = Message("POST /", (), b"x" * 100)
    recorder.add(Layer.HTTP, actor="a", peer="b", operation="o", request=body, response=body)


@when("der Prozess stirbt")
def death():
    os._exit(9)


@when("der Lauf steht")
def standstill():
    time.sleep(60)


@then("gilt die Regel")
def rule(check):
    check(conftest.holds)
"""
GOOD = ("Wenn eine Nachricht geht hinaus", "Dann gilt die Regel")


def write(pytester: pytest.Pytester, *scenarios: tuple[str, ...]) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_case=STEPS)
    blocks = [
        f"\n  @tc:T-{number}\n  Szenario: S{number}\n" + "\n".join(f"    {step}" for step in steps)
        for number, steps in enumerate(scenarios, 1)
    ]
    feature = "# language: de\nFunktionalität: F\n" + "\n".join(blocks) + "\n"
    (pytester.path / "case.feature").write_text(feature, encoding="utf-8")


def told(pytester: pytest.Pytester, *arguments: str) -> dict[str, Any]:
    pytester.runpytest_subprocess(*ONLY_OURS, *arguments)
    return dict(json.loads((pytester.path / "told.json").read_text(encoding="utf-8")))


def test_the_traffic_of_finished_scenarios_leaves_the_memory(pytester: pytest.Pytester) -> None:
    write(pytester, *[GOOD] * 6)
    seen = told(pytester)
    assert len(seen["cases"]) == 6
    assert seen["exchanges"] == [0] * 6
    # The pytest process may still hold what its last scenario left.
    assert seen["alive"] <= 1
    run = read_run(pytester.path / "run")
    assert [len(case.exchanges) for case in run.cases] == [1] * 6


def test_a_process_that_dies_is_a_harness_error_and_the_others_are_kept(
    pytester: pytest.Pytester,
) -> None:
    write(pytester, GOOD, ("Wenn der Prozess stirbt", "Dann gilt die Regel"), GOOD)
    seen = told(pytester, "-n", "2")
    assert sorted(seen["cases"]) == ["T-1", "T-3"]
    assert any("crashed" in text for text in seen["broken"])
    assert {case.id for case in read_run(pytester.path / "run").cases} == {"T-1", "T-3"}


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_ended_run_keeps_what_was_finished(
    pytester: pytest.Pytester, end: signal.Signals
) -> None:
    write(pytester, GOOD, ("Wenn der Lauf steht", "Dann gilt die Regel"))
    run = pytester.path / "run"
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:locust", "-p", "no:cacheprovider"],
        cwd=pytester.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    try:
        wait_for_case(run)
        process.send_signal(end)
        process.wait(timeout=30)
    finally:
        process.kill()
        process.wait()
    read = read_run(run)
    assert [case.id for case in read.cases] == ["T-1"]
    assert not read.finished


def wait_for_case(run: Path) -> None:
    """Return when the log holds a complete case; fails after half a minute."""
    for _ in range(600):
        log = run / "events.ndjson"
        if log.exists() and b'"kind":"case"' in log.read_bytes():
            return
        time.sleep(0.05)
    pytest.fail("no case was written")
