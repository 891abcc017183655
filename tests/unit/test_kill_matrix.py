"""The kill matrix: what counts as a kill, and what makes the build fail."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pruefstand.model.case import CaseRecord
from pruefstand.model.fault import Fault, FaultSet
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.kill_matrix import csv_text, html_text, json_text
from pruefstand.requirements.kill_matrix import (
    BESIDE,
    Judgement,
    Matrix,
    Observation,
    lean_choice,
    matrix,
    relevant,
    row,
    unkilled,
)

FAULT = Fault("kurz", "zu kurz", ("A_1",))
ADDRESS = "erezept/kurz"


def finding(identifier: str, verdict: Verdict = Verdict.PASSED, check: str = "a:b") -> Finding:
    """Return a finding of `check`."""
    return Finding(identifier, "b", verdict, "soll", "ist", judged_by=check)


def case(name: str, *findings: Finding, verdict: Verdict = Verdict.PASSED) -> CaseRecord:
    """Return a finished scenario."""
    return CaseRecord(name, name, "f.feature", (), verdict, findings=findings)


def observed(*cases: CaseRecord, asked: str = ADDRESS) -> list[Observation]:
    """Return what was seen without a fault."""
    return [Observation(one, frozenset({asked})) for one in cases]


BEFORE = observed(case("T-1", finding("A_1"), finding("A_2")))


def judged(*findings: Finding, fault: Fault = FAULT) -> Judgement:
    """Return the judgement of a fault under which T-1 leaves `findings`."""
    return row(ADDRESS, fault, BEFORE, [case("T-1", *findings)]).judgement


def test_a_fault_must_break_exactly_its_ids() -> None:
    red, also = finding("A_1", Verdict.FAILED), finding("A_2", Verdict.FAILED)
    both = replace(FAULT, breaks=("A_1", "A_2"))
    assert judged(red, finding("A_2")) is Judgement.EXACT
    assert judged(finding("A_1"), finding("A_2")) is Judgement.NOTHING
    assert judged(red, also) is Judgement.OTHERS
    assert judged(finding("A_1"), also) is Judgement.OTHERS
    assert judged(red, fault=both) is Judgement.INCOMPLETE
    assert judged(red, also, fault=both) is Judgement.EXACT


def test_a_missed_recommendation_is_a_kill() -> None:
    assert judged(finding("A_1", Verdict.HINT)) is Judgement.EXACT


def test_what_was_red_before_is_no_kill() -> None:
    before = observed(case("T-1", finding("A_1", Verdict.FAILED)))
    after = [case("T-1", finding("A_1", Verdict.FAILED))]
    assert row(ADDRESS, FAULT, before, after).judgement is Judgement.NOTHING


def test_a_scenario_that_dies_is_no_kill() -> None:
    after = [case("T-1", finding("A_1"), verdict=Verdict.FAILED)]
    found = row(ADDRESS, FAULT, BEFORE, after)
    assert (found.judgement, found.died) == (Judgement.NOTHING, 1)


def test_only_scenarios_that_asked_about_a_fault_are_run() -> None:
    seen = [*observed(case("T-1")), *observed(case("T-2"), asked="idp/anders")]
    assert [one.case.id for one in relevant(FAULT, ADDRESS, seen)] == ["T-1"]
    assert relevant(Fault("köder", "zeigt etwas"), ADDRESS, seen) == []


def test_a_lean_choice_keeps_every_question_and_every_check() -> None:
    asked_twice = replace(finding("A_1"), arguments=("anders",))
    seen = observed(
        case("T-1", finding("A_1")),
        case("T-2", finding("A_1")),
        case("T-3", asked_twice),
        case("T-4", finding("A_9", check="c:d")),
        case("T-5", finding("A_8", check="c:d")),
    )
    kept = [one.case.id for one in lean_choice(FAULT, seen)]
    assert kept == ["T-1", "T-3", "T-4"]


def test_a_lean_choice_looks_at_the_richest_scenarios_beside() -> None:
    beside = [case(f"T-{n}", finding(f"B_{n}", check=f"c:{n}")) for n in range(2, 3 + BESIDE)]
    rich = case("T-9", *(finding(f"C_{n}", check=f"rich:{n}") for n in range(2)))
    seen = observed(case("T-1", finding("A_1")), *beside, rich)
    kept = [one.case.id for one in lean_choice(FAULT, seen)]
    assert kept == ["T-1", "T-9", *(one.id for one in beside[: BESIDE - 1])]


def test_a_lean_choice_leaves_out_what_takes_long_unless_it_must_break() -> None:
    slow = [replace(seen, seconds=2.0) for seen in observed(case("T-1", finding("A_1")))]
    beside = observed(case("T-2", finding("A_9", check="c:d")))
    slow_beside = [replace(seen, seconds=2.0) for seen in beside]
    assert [one.case.id for one in lean_choice(FAULT, slow + beside)] == ["T-1", "T-2"]
    assert [one.case.id for one in lean_choice(FAULT, slow + slow_beside)] == ["T-1"]


def test_a_baseline_that_is_not_green_is_a_problem() -> None:
    seen = observed(case("T-1", finding("A_1", Verdict.FAILED), verdict=Verdict.FAILED))
    assert "T-1 ist schon ohne Fehler" in matrix([], seen, {}).problems[0]
    assert matrix([], BEFORE, {}).holds


def test_what_cannot_be_decided_here_is_left_out() -> None:
    seen = observed(case("T-1", verdict=Verdict.UNDECIDED))
    assert matrix([], seen, {}).holds
    assert relevant(FAULT, ADDRESS, seen) == []


def test_a_lure_must_be_shown_or_needed() -> None:
    lure = Fault("köder", "zeigt etwas")
    found = row("idp/köder", lure, (), ())
    offered = {"idp/köder": lure}
    assert not matrix([found], BEFORE, offered).holds
    needed = {**offered, "pvs/x": Fault("x", "prüft nicht", ("A_1",), "idp/köder")}
    assert matrix([found], BEFORE, needed).holds
    shown = observed(replace(case("T-1"), tags=("fehler:idp/köder",)))
    assert matrix([found], shown, offered).holds


def test_an_unknown_lure_is_a_problem() -> None:
    offered = {"pvs/x": Fault("x", "prüft nicht", ("A_1",), "idp/fort")}
    assert "idp/fort gibt es nicht" in matrix([], BEFORE, offered).problems[0]


def test_every_check_and_every_lure_scenario_must_be_able_to_turn_red() -> None:
    rows = [row(ADDRESS, FAULT, BEFORE, [case("T-1", finding("A_1", Verdict.FAILED))])]
    assert unkilled(rows, BEFORE, {"a:b"}, {}) == []
    assert "c:d wird von keinem Fehler rot" in unkilled(rows, BEFORE, {"a:b", "c:d"}, {})[0]
    assert unkilled(rows, BEFORE, {"a:b", "c:d"}, {"c:d": "Grund"}) == []
    assert "ist ausgenommen" in unkilled(rows, BEFORE, {"a:b"}, {"a:b": "Grund"})[0]
    shown = observed(replace(case("T-2"), tags=("fehler:idp/köder",)))
    assert "T-2 zeigt einen Köder" in unkilled(rows, shown, {"a:b"}, {})[0]


def test_the_forms_name_every_row_and_escape_what_they_print() -> None:
    hostile = Fault("x", "<script>alert(1)</script>", ("A_1",))
    whole = Matrix((row("pvs/x", hostile, BEFORE, []),), ("<b>",))
    assert csv_text(whole).splitlines()[1].startswith("pvs,x,<script>")
    assert json.loads(json_text(whole))["faults"][0]["judgement"] == "bricht nichts"
    assert "<script>" not in html_text(whole)
    assert "<b>" not in html_text(whole)


def test_a_fault_set_switches_and_remembers_what_was_asked() -> None:
    faults = FaultSet({"kurz": FAULT})
    assert "kurz" not in faults
    faults.switch("kurz", True)
    assert "kurz" in faults
    assert faults.asked == {"kurz"}
    with pytest.raises(KeyError, match="unknown fault"):
        faults.switch("lang", True)
