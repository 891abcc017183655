"""Each lint rule with a positive and a negative control, on small projects made of text."""

from __future__ import annotations

import importlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pytest_bdd.steps import step_function_context_registry

from pruefstand.errors import ConfigurationError
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem
from pruefstand.requirements.deviations import Deviation
from pruefstand.requirements.lint import judged_by, lint
from pruefstand.requirements.mentions import mentions_in
from pruefstand.requirements.project import Project, Rule, read_project
from pruefstand.requirements.scenarios import parse_feature
from pruefstand.requirements.sources import parse_module
from tests.unit.catalogue_rows import requirement

ROOT = Path(__file__).resolve().parents[2]

CHECKS = """
from pruefstand.checks.check import Check, check

@check("A_10001-02")
def code_is_long(exchanges): ...

@check("P36-01")
def profile_fits(exchanges): ...

def refused(operation, status, *requirements):
    return Check(f"refused_{status}", ("A_20002", *requirements), None)

ALL = (code_is_long, profile_fits)
"""
STEPS = """
from pytest_bdd import given, parsers, then, when
from pruefstand.checks.beispiel import ALL, code_is_long, refused

BY_OPERATION = {"open": ("A_30003",), "close": ("A_40004",)}

@given("eine Verordnung")
def prescription(): ...

@then("ist der Code lang")
def code(check):
    check(code_is_long)

@then("ist alles gut")
def everything(check):
    check(*ALL)

@then(parsers.parse("wird {operation} mit {status:d} abgelehnt"))
def refusal(check, operation, status):
    check(refused(operation, status, *BY_OPERATION[operation]))
"""
FEATURE = """# language: de
@rolle:pvs
Funktionalität: F

  @tc:ERP-0001 @req:A_10001-02 @req:P36-01
  Szenario: Alles
    Angenommen eine Verordnung
    Dann ist alles gut
    Und ist der Code lang

  @tc:ERP-0002 @req:A_20002 @req:A_30003 @req:A_40004
  Szenariogrundriss: Ablehnen
    Angenommen eine Verordnung
    Dann wird <was> mit 403 abgelehnt

    Beispiele:
      | fall | was   |
      | a    | open  |
      | b    | close |
"""
ROWS = "".join(line for line in FEATURE.splitlines(keepends=True) if line.startswith("      |"))
IDS = ("A_10001-02", "A_20002", "A_30003", "A_40004", "P36-01", "P4-01")


def project(
    feature: str = FEATURE,
    checks: str = CHECKS,
    steps: str = STEPS,
    file: str = "erezept/x.feature",
) -> Project:
    """Return a project of one feature, one checks module and one steps module."""
    rows = [requirement(i) for i in IDS] + [requirement("P4-01", "andere")]
    areas = {"quelle": frozenset({"erezept"}), "andere": frozenset({"eau"})}
    return Project(
        Catalogue(tuple(rows), areas),
        parse_feature(feature, file),
        [parse_module(checks, "pruefstand.checks.beispiel", "checks.py")],
        [parse_module(steps, "steps.beispiel", "steps.py")],
    )


def found(rule: Rule, given: Project) -> list[str]:
    """Return the subjects of the findings of `rule`."""
    return [finding.subject for finding in lint(given) if finding.rule is rule]


def test_a_clean_project_has_no_findings() -> None:
    assert lint(project()) == []


@pytest.mark.parametrize(
    ("old", "new", "rule", "subject"),
    [
        ("@req:P36-01", "@req:P36-01 @req:A_1", Rule.MALFORMED, "A_1"),
        ("@req:P36-01", "@req:P36-01 @req:A_77777", Rule.UNKNOWN, "A_77777"),
        ("@req:P36-01", "@req:P36-01 @req:A_10001-03", Rule.UNKNOWN, "A_10001-03"),
        ("@req:P36-01", "@req:P36-01 @req:A_10001-01", Rule.SUPERSEDED, "A_10001-01"),
        ("@req:P36-01", "@req:P36-01 @req:A_10001", Rule.SUPERSEDED, "A_10001"),
        ("@req:P36-01", "@req:P36-01 @req:A_20002", Rule.CLAIM_WITHOUT_CHECK, "A_20002"),
        (" @req:P36-01", "", Rule.CHECK_WITHOUT_CLAIM, "P36-01"),
        (" @req:A_40004", "", Rule.CHECK_WITHOUT_CLAIM, "A_40004"),
        ("@tc:ERP-0001 ", "", Rule.CASE_ID_MISSING, "Alles"),
        ("@tc:ERP-0001 ", "@tc:ERP-0001 @tc:ERP-0009 ", Rule.CASE_ID_MISSING, "Alles"),
        ("ERP-0002", "ERP-2", Rule.CASE_ID_MALFORMED, "ERP-2"),
        ("ERP-0002", "ERP-0001", Rule.CASE_ID_DUPLICATE, "ERP-0001"),
        ("Ablehnen", "Alles", Rule.NAME_DUPLICATE, "Alles"),
        ("@rolle:pvs", "@rolle:arzt", Rule.TAG, "rolle:arzt"),
        ("@rolle:pvs", "@role:pvs", Rule.TAG, "role:pvs"),
        ("@rolle:pvs", "@rolle", Rule.TAG, "rolle"),
        ("Und ist der Code lang", "Und ist er kurz", Rule.STEP_UNDEFINED, "ist er kurz"),
        ("@rolle:pvs", "@rolle:pvs @punkt:CL-9", Rule.ITEM_UNKNOWN, "CL-9"),
        ("      | b    |", "      | a    |", Rule.OUTLINE_ROW, "a"),
        ("      | fall |", "      | fehl |", Rule.OUTLINE_ROW, ""),
        ("wird <was> mit", "wird <wie> mit", Rule.OUTLINE_ROW, "wie"),
        (ROWS, "      | fall | was |\n", Rule.OUTLINE_EMPTY, "Ablehnen"),
        ("    Und ist der Code lang\n", "", Rule.STEP_UNUSED, "ist der Code lang"),
    ],
)
def test_a_broken_feature_is_found(old: str, new: str, rule: Rule, subject: str) -> None:
    assert old in FEATURE
    assert subject not in found(rule, project())
    assert subject in found(rule, project(FEATURE.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "rule", "subject"),
    [
        ('"P36-01"', '"P36-1"', Rule.MALFORMED, "P36-1"),
        ('"P36-01"', '"P36-02"', Rule.UNKNOWN, "P36-02"),
        ('"A_10001-02"', '"A_10001-01"', Rule.SUPERSEDED, "A_10001-01"),
        ('("A_20002", ', '("A_20002", "P4-01", ', Rule.CHECK_WITHOUT_CLAIM, "P4-01"),
        ('@check("P36-01")', "", Rule.CLAIM_WITHOUT_CHECK, "P36-01"),
    ],
)
def test_a_broken_check_is_found(old: str, new: str, rule: Rule, subject: str) -> None:
    assert old in CHECKS
    assert subject not in found(rule, project())
    assert subject in found(rule, project(checks=CHECKS.replace(old, new, 1)))


def test_ids_in_a_table_of_the_steps_are_found() -> None:
    steps = STEPS.replace('"A_30003"', '"A_30003x"')
    assert found(Rule.MALFORMED, project(steps=steps)) == ["A_30003x"]


def test_two_matching_definitions_are_ambiguous() -> None:
    more = STEPS + '\n@then(parsers.re("ist der .* lang"))\ndef again(): ...\n'
    assert found(Rule.STEP_AMBIGUOUS, project(steps=more)) == ["ist der Code lang"]


def test_the_same_text_of_another_kind_is_not_ambiguous() -> None:
    more = STEPS + '\n@when(parsers.re("ist der .* lang"))\ndef again(): ...\n'
    assert found(Rule.STEP_AMBIGUOUS, project(steps=more)) == []
    assert found(Rule.STEP_UNUSED, project(steps=more)) == ["ist der .* lang"]


def test_an_id_of_two_documents_needs_a_folder() -> None:
    feature = FEATURE.replace("@req:P36-01", "@req:P36-01 @req:P4-01")
    assert found(Rule.AMBIGUOUS_ID, project(feature)) == []
    assert found(Rule.AMBIGUOUS_ID, project(feature, file="video/x.feature")) == ["P4-01"]


def test_a_table_picks_only_the_row_of_the_step() -> None:
    one = FEATURE.replace("      | b    | close |\n", "")
    assert found(Rule.CLAIM_WITHOUT_CHECK, project(one)) == ["A_40004"]


def test_a_manual_scenario_needs_no_check() -> None:
    feature = FEATURE.replace("@tc:ERP-0001", "@tc:ERP-0001 @manuell @req:P4-01")
    assert found(Rule.CLAIM_WITHOUT_CHECK, project(feature)) == []


POINT = ChecklistItem("CL-1", "Go-live", "Karten", "T", "E", (), "manual", "Mensch")
MANUAL = """# language: de
Funktionalität: F

  @tc:CHK-0001 @manuell @punkt:CL-1
  Szenario: Von Hand
    Angenommen niemand kennt diesen Schritt
    Dann sieht es eine Person
"""


def with_point(item: ChecklistItem = POINT, feature: str = MANUAL) -> Project:
    """Return a project with one checklist item and a manual scenario for it."""
    given = project()
    catalogue = replace(given.catalogue, checklist=(item,))
    manual = parse_feature(feature, "checklisten/x.feature")
    return replace(given, catalogue=catalogue, scenarios=[*given.scenarios, *manual])


def test_a_manual_scenario_for_each_item_is_clean() -> None:
    assert lint(with_point()) == []


@pytest.mark.parametrize(
    ("list_name", "method", "tags", "findings"),
    [
        ("Go-live", "manual", "", 1),
        ("Go-live", "automatic", "", 1),
        ("Zone", "document", "", 1),
        ("Zone", "automatic", "", 0),
        ("Go-live", "automatic", "@punkt:CL-1", 0),
        ("Go-live", "manual", "@punkt:CL-1", 1),
        ("Go-live", "manual", "@punkt:CL-1 @manuell", 0),
    ],
)
def test_an_item_without_its_scenario_is_found(
    list_name: str, method: str, tags: str, findings: int
) -> None:
    item = replace(POINT, list=list_name, method=method)
    feature = MANUAL.replace("@manuell @punkt:CL-1", tags)
    assert len(found(Rule.ITEM_WITHOUT_SCENARIO, with_point(item, feature))) == findings


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" @punkt:CL-1", ""),
        ("@punkt:CL-1", "@punkt:CL-1 @punkt:CL-1x"),
        ("    Dann sieht es eine Person\n", ""),
        ("Szenario: Von Hand", "Szenariogrundriss: Von Hand <a>"),
    ],
)
def test_a_manual_scenario_that_cannot_be_attested_is_found(old: str, new: str) -> None:
    feature = MANUAL.replace(old, new)
    if "grundriss" in new:
        feature += "\n    Beispiele:\n      | fall | a |\n      | x | y |\n"
    assert found(Rule.MANUAL_FORM, with_point(feature=feature)) == [
        "Von Hand <a>" if "grundriss" in new else "Von Hand"
    ]


def test_ids_the_mocks_mention_must_be_known() -> None:
    text = '"""As A_10001-02 says, A_20002 ff, A_10001 and A_77777; not A_123456."""\n'
    given = replace(project(), mentions=list(mentions_in(text, "mocks/x.py")))
    assert [mention.id for mention in given.mentions] == [
        "A_10001-02", "A_20002", "A_10001", "A_77777"
    ]  # fmt: skip
    assert found(Rule.MENTION_UNKNOWN, given) == ["A_77777"]


@pytest.mark.parametrize(
    ("requirement_id", "case_id", "subjects"),
    [
        ("A_10001-02", "ERP-0001", []),
        ("", "ERP-0002#a", []),
        ("A_77777", "", ["ABW-1"]),
        ("A_10001-02", "ERP-0009", ["ABW-1"]),
    ],
)
def test_a_deviation_from_something_unknown_is_found(
    requirement_id: str, case_id: str, subjects: list[str]
) -> None:
    entry = Deviation("ABW-1", "Ada", "Grund", date(2027, 1, 1), requirement_id, case_id)
    assert found(Rule.DEVIATION, replace(project(), deviations=(entry,))) == subjects


def test_the_mocks_mention_ids(ours: Project) -> None:
    assert {mention.file for mention in ours.mentions} >= {"mocks/erezept/operations.py"}


def test_tags_of_feature_and_examples_count() -> None:
    moved = FEATURE.replace(" @req:P36-01", "").replace("@rolle:pvs", "@rolle:pvs @req:P36-01")
    assert found(Rule.CHECK_WITHOUT_CLAIM, project(moved)) == []
    tagged = FEATURE.replace("    Beispiele:", "    @art:falsch\n    Beispiele:")
    assert found(Rule.TAG, project(tagged)) == ["art:falsch"]


def test_a_finding_names_file_line_and_rule() -> None:
    (finding,) = lint(project(FEATURE.replace("@rolle:pvs", "@role:pvs")))[:1]
    assert str(finding).startswith("features/erezept/x.feature:2: tag-unknown: @role:pvs")


def test_broken_gherkin_and_broken_python_are_named() -> None:
    with pytest.raises(ConfigurationError, match=r"x\.feature: kein gültiges Gherkin"):
        parse_feature("Unsinn", "x.feature")
    with pytest.raises(ConfigurationError, match=r"x\.py:1: kein gültiges Python"):
        parse_module("def", "x", "x.py")


@pytest.fixture(scope="module")
def ours() -> Project:
    return read_project(ROOT)


def test_the_lint_sees_steps_as_pytest_bdd_does(ours: Project) -> None:
    for name in {definition.module.name for definition in ours.definitions}:
        importlib.import_module(name)
    contexts = [
        context
        for context in step_function_context_registry.values()
        if context.step_func.__module__.startswith("steps.")
    ]
    steps = {step for scenario in ours.scenarios for step in scenario.steps}
    assert len(steps) > 30
    for step in steps:
        theirs = any(
            context.type in (step.kind, None) and context.parser.is_matching(step.text)
            for context in contexts
        )
        assert theirs == any(d.match(step) is not None for d in ours.definitions), step.text


def test_the_checks_behind_our_scenarios_are_seen(ours: Project) -> None:
    by_case = {s.values("tc")[0]: s for s in ours.scenarios}
    judged = judged_by(by_case["ERP-0001"], ours.claims, ours.definitions)
    assert {"A_19275", "A_19281-03", "P36-31", "A_19900", "K36-23"} <= judged
