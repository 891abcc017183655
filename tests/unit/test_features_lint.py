"""The feature files of this project: in German, all bound, clean under `requirements lint`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pruefstand.requirements.lint import lint
from pruefstand.requirements.project import Project, read_project

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "features").rglob("*.feature"))
NEEDS_FILES = "erezept/verordnung_aus_datei.feature"


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(ROOT)


def test_there_are_features(project: Project) -> None:
    assert len(FILES) >= 6
    assert len(project.scenarios) >= 80


def test_features_are_in_german() -> None:
    assert all(path.read_text("utf-8").startswith("# language: de\n") for path in FILES)


def test_the_features_keep_every_rule_of_the_lint(project: Project) -> None:
    findings = [str(finding) for finding in lint(project)]
    assert findings == [], "\n".join(findings)


def test_the_only_feature_bound_by_name_exists() -> None:
    # All other files are found by their folder; a renamed one would fall out of both modules.
    bound = (ROOT / "tests/acceptance/test_verordnung_aus_datei.py").read_text("utf-8")
    assert f'"{NEEDS_FILES}"' in bound
    assert (ROOT / "features" / NEEDS_FILES).is_file()


def test_the_checklists_hold_the_customers_go_live(project: Project) -> None:
    manual = {point for item in project.scenarios if item.manual for point in item.values("punkt")}
    wanted = {item.id for item in project.catalogue.checklist if item.list == "Go-live"}
    assert len(wanted) == 21
    assert wanted <= manual


def test_the_coverage_of_the_prescription_names_scenarios_that_exist(project: Project) -> None:
    text = (ROOT / "docs/erezept-abdeckung.md").read_text("utf-8")
    named = set(re.findall(r"\bERP-\d{4}\b", text))
    existing = {name for item in project.scenarios for name in item.values("tc")}
    assert len(named) > 50
    assert named <= existing
    rows = re.findall(r"^\| (\d+) \|.*\| (ERP-\d{4}.*) \|$", text, re.MULTILINE)
    assert [int(number) for number, _ in rows] == list(range(1, 23))
