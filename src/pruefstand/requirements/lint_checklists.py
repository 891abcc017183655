"""The lint of what people keep: checklists with their scenarios, the register of deviations."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pruefstand.requirements.catalogue import CHECKLISTS, ChecklistItem
from pruefstand.requirements.deviations import FILE
from pruefstand.requirements.project import LintFinding, Project, Rule
from pruefstand.requirements.scenarios import Scenario

GO_LIVE = "Go-live"
BY_PERSON = frozenset({"manual", "document"})
"""Methods that no run can carry out."""


def lint_items(project: Project) -> Iterator[LintFinding]:
    """Find tags of unknown items, and items that need a scenario and have none."""
    known = {item.id for item in project.catalogue.checklist}
    named = set()
    for scenario in project.scenarios:
        for tag in scenario.tags:
            if tag.kind != "punkt":
                continue
            named.add((tag.value, scenario.manual))
            if tag.value not in known:
                near = difflib.get_close_matches(tag.value, sorted(known), 1)
                hint = f" → meinten Sie {near[0]}?" if near else ""
                text = f"@punkt:{tag.value} steht in keiner Checkliste{hint}"
                file = f"features/{scenario.file}"
                yield LintFinding(file, tag.line, Rule.ITEM_UNKNOWN, tag.value, text)
    for item in project.catalogue.checklist:
        if missing := _missing(item, named):
            file = f"catalogue/{CHECKLISTS}"
            text = f"{item.id} „{item.title}“: kein {missing} trägt @punkt:{item.id}"
            yield LintFinding(file, 0, Rule.ITEM_WITHOUT_SCENARIO, item.id, text)


def _missing(item: ChecklistItem, named: set[tuple[str, bool]]) -> str:
    if item.method in BY_PERSON and (item.id, True) not in named:
        return "Szenario mit @manuell"
    if item.list == GO_LIVE and not {(item.id, True), (item.id, False)} & named:
        return "Szenario"
    return ""


def lint_manual(project: Project) -> Iterator[LintFinding]:
    """Find manual scenarios that cannot be attested as one thing: no item, several, rows."""
    for scenario in project.scenarios:
        if not scenario.manual:
            continue
        for text in _manual_problems(scenario):
            place = f"features/{scenario.file}", scenario.line
            whole = f"„{scenario.name}“ ist @manuell: {text}"
            yield LintFinding(*place, Rule.MANUAL_FORM, scenario.name, whole)


def _manual_problems(scenario: Scenario) -> Iterator[str]:
    points = scenario.values("punkt")
    if len(points) != 1:
        yield f"{len(points)} Tags @punkt:, verlangt ist einer"
    if scenario.outline:
        yield "ein Grundriss mit Beispielen lässt sich nicht als Ganzes bestätigen"
    if not any(step.kind == "then" for step in scenario.steps):
        yield "kein Dann sagt, was zu sehen sein muss"


def lint_deviations(project: Project) -> Iterator[LintFinding]:
    """Find deviations from requirements or test cases that do not exist."""
    cases = {value for scenario in project.scenarios for value in scenario.values("tc")}
    place = f"catalogue/{FILE}", 0
    for entry in project.deviations:
        if entry.requirement and not project.catalogue.find(entry.requirement):
            text = f"{entry.id}: {entry.requirement} steht nicht im Katalog"
            yield LintFinding(*place, Rule.DEVIATION, entry.id, text)
        if entry.case and entry.case.partition("#")[0] not in cases:
            text = f"{entry.id}: den Testfall {entry.case} gibt es nicht"
            yield LintFinding(*place, Rule.DEVIATION, entry.id, text)
