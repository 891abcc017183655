"""Hooks: tags become marks, steps fill a case log, the controller writes the run folder.

Only public hooks of pytest-bdd are used. The record travels in `report.user_properties`, the
only channel that survives pytest-xdist.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Generator
from pathlib import Path, PurePath
from typing import Any

import pytest

from pruefstand.errors import HarnessError
from pruefstand.model.case import CaseRecord
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.pytest_plugin.fault_board import (  # noqa: F401 - fixtures register by import
    fault_board,
    faults,
)
from pruefstand.pytest_plugin.fixtures import (  # noqa: F401 - fixtures register by import
    app_of,
    busy_pharmacy,
    busy_workplaces,
    case_rng,
    check,
    clock,
    eau,
    fhir_directory,
    insurer,
    insurers_look,
    kim,
    letters,
    operate,
    pharmacy,
    pharmacy_with_konnektor,
    pki,
    practice,
    problem_of,
    profile,
    recorder,
    second_pharmacy,
    switch_fault,
    switch_feature,
    verordnungsdatei,
    world,
)
from pruefstand.pytest_plugin.redaction import redacted
from pruefstand.pytest_plugin.ruling import ruling
from pruefstand.pytest_plugin.selection import case_id, selected

CASE = pytest.StashKey[CaseLog]()
PROPERTY = "pruefstand_case"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options `pruefstand accept` passes on."""
    group = parser.getgroup("pruefstand")
    group.addoption("--pruefstand-profile", default="mock", help="profile name or TOML file")
    group.addoption("--pruefstand-run", default=None, help="run folder to write into")
    group.addoption("--pruefstand-seed", default="1", help="seed of all test data")
    group.addoption("--pruefstand-as-of", default=None, help="virtual day, YYYY-MM-DD")
    group.addoption("--verordnung", action="append", default=[], help="existing KBV bundle")
    group.addoption("--pruefstand-fault", action="append", default=[], help="role/name, active")
    group.addoption("--pruefstand-only", default="", help="tag, test case id or part of a title")
    group.addoption("--pruefstand-keep", default=None, help="file of the only case ids to run")
    group.addoption("--pruefstand-omit", default=None, help="file of case ids not to run")


def pytest_bdd_apply_tag(tag: str, function: Callable[..., object]) -> bool | None:
    """Turn `kind:value` tags into `mark.kind(value)`; plain tags stay marks."""
    kind, separator, value = tag.partition(":")
    if not separator:
        return None
    getattr(pytest.mark, kind)(value)(function)
    return True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the file scenario once for each `--verordnung`."""
    if "verordnungsdatei" in metafunc.fixturenames:
        files = metafunc.config.getoption("--verordnung")
        metafunc.parametrize(
            "verordnungsdatei", files, ids=[Path(f).name for f in files], indirect=True
        )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep what `--pruefstand-only`, `--pruefstand-keep` and `--pruefstand-omit` leave."""
    kept = selected(config, items)
    if len(kept) < len(items):
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = kept


def pytest_bdd_before_scenario(request: pytest.FixtureRequest, feature: Any, scenario: Any) -> None:
    """Open the case log."""
    tags = tuple(sorted(set(feature.tags) | set(scenario.tags)))
    log = CaseLog(
        id=case_id(request.node, tags),
        title=scenario.name,
        feature=feature.rel_filename,
        tags=tags,
        planned=tuple((step.keyword, step.name) for step in scenario.steps),
    )
    request.node.stash[CASE] = log
    profile_of_run = request.getfixturevalue("profile")
    log.excluded = profile_of_run.applicability.exclude
    log.ruling = ruling(profile_of_run, tags, PurePath(feature.rel_filename).parent.name)
    if log.ruling is not None:
        pytest.skip(log.ruling.reason)
    request.getfixturevalue("faults")
    recorder_of_case = request.getfixturevalue("recorder")
    recorder_of_case.start_case(log.id)
    log.exchanges = lambda: recorder_of_case.exchanges


def pytest_bdd_before_step(request: pytest.FixtureRequest, step: Any) -> None:
    """Open a step; the next exchanges are its own."""
    log = request.node.stash[CASE]
    request.getfixturevalue("recorder").start_step(len(log.steps))
    log.begin_step(step.keyword, step.name)


def pytest_bdd_before_step_call(step: Any, step_func: Callable[..., object]) -> None:
    """Refuse coroutine steps: pytest-bdd would call them without awaiting, a false green."""
    if inspect.iscoroutinefunction(step_func):
        raise HarnessError(f"step {step.name!r} is async and would never run", hint="make it sync")


def pytest_bdd_after_step(request: pytest.FixtureRequest) -> None:
    """Close a step; failed checks of the step are raised here, together."""
    log = request.node.stash[CASE]
    try:
        log.raise_failures()
    except AssertionError as error:
        log.end_step("failed", error)
        raise
    log.end_step("passed")


def pytest_bdd_step_error(request: pytest.FixtureRequest, exception: Exception) -> None:
    """Close a step that raised."""
    request.node.stash[CASE].end_step("failed", exception)


def pytest_bdd_step_func_lookup_error(
    request: pytest.FixtureRequest, step: Any, exception: Exception
) -> None:
    """Note a step no definition matches."""
    log = request.node.stash[CASE]
    log.begin_step(step.keyword, step.name)
    log.end_step("undefined", HarnessError(f"kein Schritt passt auf: {step.name}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach the finished record to the teardown report, so that teardown errors count."""
    report = yield
    log = item.stash.get(CASE, None)
    if log is None:
        return report
    problem = call.excinfo.value if call.excinfo is not None else None
    if isinstance(problem, pytest.skip.Exception):
        log.skip_reason = problem.msg or ""
    elif problem is not None:
        log.error = log.error or problem
    if call.when == "call":
        item.stash[_OUTCOME] = report.outcome
    if call.when == "teardown":
        outcome = "failed" if report.failed else item.stash.get(_OUTCOME, "failed")
        record = redacted(
            item.config, log.record(outcome, log.error), tuple(log.exchanges()), log.read
        )
        # pytest keeps every item to the end, and the log leads to all bodies of the scenario.
        del item.stash[CASE]
        report.user_properties.append((PROPERTY, json.dumps(record.to_json())))
    return report


_OUTCOME = pytest.StashKey[str]()


def record_of(report: pytest.TestReport) -> CaseRecord | None:
    """Return the record that a teardown report carries, on the controller or without xdist."""
    for name, value in report.user_properties:
        if name == PROPERTY:
            return CaseRecord.from_json(json.loads(str(value)))
    return None
