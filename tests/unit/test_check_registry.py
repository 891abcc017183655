"""A finding names the check that left it, so that it can be found again; nothing else can be."""

from __future__ import annotations

import json

import pytest

from pruefstand.checks.check import Check, Factory, Judgement, Reference
from pruefstand.checks.erezept_practice import UPLOAD_CHECKS, task_becomes_ready
from pruefstand.checks.refusal import refused
from pruefstand.checks.registry import CheckGone, all_checks, find_check
from pruefstand.model.case import finding_from_json, finding_to_json
from pruefstand.model.verdict import Finding, Verdict


def test_a_check_is_found_by_module_and_name() -> None:
    assert find_check(task_becomes_ready.reference) is task_becomes_ready
    assert task_becomes_ready.reference == Reference("erezept_practice:task_becomes_ready")


def test_a_made_check_is_made_again_from_its_arguments() -> None:
    made = refused("Task/$create", 403, "nein", "A_1", "A_2")
    found = find_check(Reference(made.reference.name, tuple(json.loads(_stored(made)))))
    assert (found.name, found.requirements) == (made.name, made.requirements)
    assert found.reference == made.reference
    assert isinstance(refused, Factory)


def _stored(made: Check) -> str:
    return json.dumps(made.reference.arguments)


@pytest.mark.parametrize(
    "reference",
    [
        Reference(""),
        Reference("erezept_practice:fort"),
        Reference("fort:refused"),
        Reference("os:system", ("true",)),
        Reference("check:check", ("A_1",)),
        Reference("check:Check", ("a",)),
        Reference("registry:find_check", ("a",)),
        Reference("erezept_practice:task_becomes_ready", ("A_1",)),
        Reference("refusal:refused"),
        Reference("refusal:refused", ("Task/$create", 403, "nein")),
        Reference("../model:case"),
    ],
)
def test_nothing_but_a_check_of_today_is_found(reference: Reference) -> None:
    with pytest.raises(CheckGone):
        find_check(reference)


def test_all_checks_can_be_named() -> None:
    names = all_checks()
    assert {check.reference.name for check in UPLOAD_CHECKS} <= names
    assert "refusal:refused" in names
    assert "" not in names


def test_parameters_of_a_made_check_go_by_position() -> None:
    with pytest.raises(TypeError, match="by position"):
        refused("Task/$create", 403, text="nein")


def test_the_finding_carries_reference_arguments_and_how_much_was_seen() -> None:
    (found,) = refused("Task/$create", 403, "nein", "A_1").findings([])
    assert (found.judged_by, found.seen) == ("refusal:refused", 0)
    assert found.arguments == ("Task/$create", 403, "nein", "A_1")
    assert finding_from_json(json.loads(json.dumps(finding_to_json(found)))) == found


def test_a_finding_of_an_older_run_keeps_its_form() -> None:
    old = Finding("A_1", "a", Verdict.PASSED, "1", "1")
    assert set(finding_to_json(old)) == {
        "requirement",
        "check",
        "verdict",
        "expected",
        "actual",
        "exchange",
    }
    assert finding_from_json(finding_to_json(old)) == old


def test_a_check_without_reference_leaves_none() -> None:
    (found,) = Check("x", ("A_1",), lambda _: Judgement(True, "a", "b")).findings([])
    assert found.judged_by == ""
