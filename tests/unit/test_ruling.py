"""Scenarios that are not executed: verdict and reason; nothing acts under a product's name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pruefstand.checks.check import Check, Judgement
from pruefstand.config.profile import Target, load_profile
from pruefstand.model.verdict import Verdict
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.pytest_plugin.ruling import CAPABILITIES, Ruling, ruling
from pruefstand.requirements.lint import TAG_VALUES

PROFILES = Path(__file__).resolve().parents[2] / "profiles"
MOCK, PRACTICE = (load_profile(name, PROFILES) for name in ("mock", "beispiel-praxis"))
MANUAL = ("tc:CHK-0101", "manuell", "rolle:praxis", "punkt:CL-GOL-01a")
AUTOMATIC = ("tc:ERP-0001", "rolle:pvs", "req:A_1")


def verdict(found: Ruling | None) -> Verdict | None:
    return found.verdict if found else None


def test_a_manual_scenario_is_open_in_a_practice_and_does_not_apply_in_the_selftest() -> None:
    assert verdict(ruling(PRACTICE, MANUAL, "checklisten")) is Verdict.OPEN
    assert verdict(ruling(MOCK, MANUAL, "checklisten")) is Verdict.NOT_APPLICABLE


def test_an_automatic_scenario_is_executed_only_when_the_built_in_pvs_may_act() -> None:
    assert ruling(MOCK, AUTOMATIC, "erezept") is None
    everything = replace(PRACTICE, applicability=MOCK.applicability)
    found = ruling(everything, AUTOMATIC, "erezept")
    assert verdict(found) is Verdict.UNDECIDED
    assert found is not None
    assert "niemand handelt für Gemeinschaftspraxis Beispiel" in found.reason


def test_without_its_packages_a_scenario_decides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    needy = (*AUTOMATIC, "braucht:fhir-pakete")
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path))
    assert ruling(MOCK, needy, "erezept") is None
    monkeypatch.setenv("PRUEFSTAND_SPECS", str(tmp_path / "none"))
    assert verdict(ruling(MOCK, needy, "erezept")) is Verdict.NOT_APPLICABLE
    foreign = replace(MOCK, targets={"erezept": Target(kind="http")})
    found = ruling(foreign, needy, "erezept")
    assert verdict(found) is Verdict.UNDECIDED
    assert found is not None
    assert "pruefstand specs install" in found.reason


def test_the_lint_knows_every_capability() -> None:
    assert TAG_VALUES["braucht"] == set(CAPABILITIES)


def log(found: Ruling | None = None, excluded: str = "") -> CaseLog:
    return CaseLog(
        "T-1", "T", "f", (), (("Dann", "x"),), ruling=found, excluded={excluded: "Vertrag"}
    )


def test_a_ruling_is_the_verdict_of_the_record() -> None:
    case = log(Ruling(Verdict.OPEN, "warum", "was tun"))
    case.skip_reason = "warum"
    record = case.record("skipped", None)
    assert (record.verdict, record.message, record.hint) == (Verdict.OPEN, "warum", "was tun")
    assert [step.status for step in record.steps] == ["skipped"]


def broken(*requirements: str) -> Check:
    return Check("bricht", requirements, lambda _: Judgement(False, "soll", "ist"))


def test_findings_about_an_excluded_requirement_do_not_count() -> None:
    case = log(excluded="A_1")
    case(broken("A_1"))
    case.raise_failures()
    record = case.record("passed", None)
    assert record.verdict is Verdict.NOT_APPLICABLE
    assert record.findings[0].actual == "ausgenommen: Vertrag"


def test_the_other_requirements_of_the_check_still_count() -> None:
    case = log(excluded="A_1")
    case(broken("A_1", "A_2"))
    assert case.record("failed", AssertionError()).verdict is Verdict.FAILED
    assert [f.verdict for f in case.findings] == [Verdict.NOT_APPLICABLE, Verdict.FAILED]
