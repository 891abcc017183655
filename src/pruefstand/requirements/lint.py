"""The lint: what claims a requirement must name a real one, and be judged by a check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from pruefstand.model.tags import MANUAL, to_tag
from pruefstand.requirements.catalogue import UNKNOWN_SUCCESSOR, Catalogue
from pruefstand.requirements.check_claims import CheckClaim, CheckClaims
from pruefstand.requirements.identifiers import is_well_formed
from pruefstand.requirements.lint_checklists import lint_deviations, lint_items, lint_manual
from pruefstand.requirements.project import LintFinding, Project, Rule
from pruefstand.requirements.scenarios import Scenario, Step
from pruefstand.requirements.step_definitions import StepDefinition

CASE_ID = re.compile(r"[A-Z]{3}-\d{4}")
PLAIN_TAGS = frozenset({MANUAL, "nur-lesend"})
TAG_VALUES: dict[str, frozenset[str]] = {
    "art": frozenset({"positiv", "negativ", "grenzwert"}),
    "rolle": frozenset({"pvs", "avs", "kasse", "doctolib", "praxis", "terminserver"}),
    "modus": frozenset({"client", "server"}),
    "risiko": frozenset({"hoch", "mittel", "niedrig"}),
    "braucht": frozenset({"fhir-pakete"}),
    # Any value; the rules below and the mocks judge these.
    "tc": frozenset(),
    "req": frozenset(),
    "punkt": frozenset(),
    "fehler": frozenset(),
}


def lint(project: Project) -> list[LintFinding]:
    """Return all findings of all rules, sorted by place."""
    return sorted({finding for rule in RULES for finding in rule(project)})


def lint_ids(project: Project) -> Iterator[LintFinding]:
    """Find malformed, unknown, superseded and ambiguous ids in tags and checks."""
    for scenario in project.scenarios:
        for identifier, line in scenario.claims:
            place = f"features/{scenario.file}", line
            yield from _id_findings(project.catalogue, identifier, *place)
            rows = project.catalogue.find(identifier)
            if len(rows) > 1 and project.catalogue.resolve(identifier, scenario.area) is None:
                named = ", ".join(row.key for row in rows)
                text = f"{identifier} meint mehrere: {named} → areas in documents.csv"
                yield LintFinding(*place, Rule.AMBIGUOUS_ID, identifier, text)
    for claim in project.claims.everywhere():
        yield from _id_findings(project.catalogue, claim.id, claim.file, claim.line)


def _id_findings(
    catalogue: Catalogue, identifier: str, file: str, line: int
) -> Iterator[LintFinding]:
    if not is_well_formed(identifier):
        text = f"{identifier!r} ist keine Anforderungsnummer{_meant(catalogue, identifier)}"
        yield LintFinding(file, line, Rule.MALFORMED, identifier, text)
        return
    successor = catalogue.successor(identifier)
    if successor:
        shown = "eine nicht gelesene Fassung" if successor == UNKNOWN_SUCCESSOR else successor
        text = f"{identifier} ist ersetzt durch {shown}"
        yield LintFinding(file, line, Rule.SUPERSEDED, identifier, text)
    elif not catalogue.find(identifier):
        text = f"{identifier} steht nicht im Katalog{_meant(catalogue, identifier)}"
        yield LintFinding(file, line, Rule.UNKNOWN, identifier, text)


def _meant(catalogue: Catalogue, identifier: str) -> str:
    close = catalogue.suggestions(identifier)
    return f" → meinten Sie {', '.join(close)}?" if close else ""


def lint_claims(project: Project) -> Iterator[LintFinding]:
    """Find claims none of the scenario's steps checks, and checks no scenario claims."""
    claims, definitions = project.claims, project.definitions
    claimed = {identifier for s in project.scenarios for identifier, _ in s.claims}
    for scenario in project.scenarios:
        if scenario.manual:
            continue
        judged = judged_by(scenario, claims, definitions)
        for identifier, line in scenario.claims:
            if identifier not in judged:
                text = (
                    f"{to_tag(identifier)} ({_case_name(scenario)}): kein Schritt prüft das"
                    f" → geprüft wird {', '.join(sorted(judged)) or 'nichts'}"
                )
                file = f"features/{scenario.file}"
                yield LintFinding(file, line, Rule.CLAIM_WITHOUT_CHECK, identifier, text)
    first: dict[str, CheckClaim] = {}
    for claim in claims.everywhere():
        if claim.id not in claimed:
            first.setdefault(claim.id, claim)
    for claim in first.values():
        text = f"{claim.id} wird geprüft, aber von keinem Szenario beansprucht"
        yield LintFinding(claim.file, claim.line, Rule.CHECK_WITHOUT_CLAIM, claim.id, text)


def judged_by(
    scenario: Scenario, claims: CheckClaims, definitions: Iterable[StepDefinition]
) -> set[str]:
    """Return the requirement ids that the checks in the scenario's steps judge."""
    found: set[str] = set()
    for step in scenario.steps:
        for definition, arguments in _matches(step, definitions):
            found |= claims.of_function(definition.module, definition.function, arguments)
    return found


def _matches(
    step: Step, definitions: Iterable[StepDefinition]
) -> list[tuple[StepDefinition, dict[str, str]]]:
    tried = ((definition, definition.match(step)) for definition in definitions)
    return [(definition, found) for definition, found in tried if found is not None]


def lint_case_ids(project: Project) -> Iterator[LintFinding]:
    """Find scenarios without exactly one well-formed `@tc:`, and ids and names used twice."""
    ids = Counter(value for scenario in project.scenarios for value in scenario.values("tc"))
    names = Counter((scenario.file, scenario.name) for scenario in project.scenarios)
    for scenario in project.scenarios:
        place = f"features/{scenario.file}", scenario.line
        own = [value for value in scenario.values("tc") if value]
        if len(own) != 1:
            text = f"„{scenario.name}“ hat {len(own)} Tags @tc:, verlangt ist eines"
            yield LintFinding(*place, Rule.CASE_ID_MISSING, scenario.name, text)
        for value in own:
            if not CASE_ID.fullmatch(value):
                text = f"@tc:{value} ist keine Testfall-Id wie ERP-0001"
                yield LintFinding(*place, Rule.CASE_ID_MALFORMED, value, text)
            if ids[value] > 1:
                text = f"@tc:{value} ist mehrfach vergeben"
                yield LintFinding(*place, Rule.CASE_ID_DUPLICATE, value, text)
        if names[scenario.file, scenario.name] > 1:
            text = f"„{scenario.name}“ heißen mehrere Szenarien der Datei"
            yield LintFinding(*place, Rule.NAME_DUPLICATE, scenario.name, text)


def lint_tags(project: Project) -> Iterator[LintFinding]:
    """Find tags of an unknown kind or value."""
    for scenario in project.scenarios:
        for tag in scenario.tags:
            allowed = TAG_VALUES.get(tag.kind)
            if tag.text in PLAIN_TAGS or (
                allowed is not None and tag.value and (not allowed or tag.value in allowed)
            ):
                continue
            hint = ", ".join(sorted(allowed or PLAIN_TAGS | TAG_VALUES.keys()))
            text = f"@{tag.text} ist kein bekannter Tag → erlaubt: {hint}"
            file = f"features/{scenario.file}"
            yield LintFinding(file, tag.line, Rule.TAG, tag.text, text)


def lint_steps(project: Project) -> Iterator[LintFinding]:
    """Find steps with no or several definitions, and definitions without a step."""
    definitions = project.definitions
    used: set[StepDefinition] = set()
    for scenario in project.scenarios:
        for step in () if scenario.manual else scenario.steps:
            found = [definition for definition, _ in _matches(step, definitions)]
            used.update(found)
            place = f"features/{scenario.file}", step.line
            if not found:
                text = f"kein Schritt passt auf: {step.text}"
                yield LintFinding(*place, Rule.STEP_UNDEFINED, step.text, text)
            elif len(found) > 1:
                places = ", ".join(definition.place for definition in found)
                text = f"mehrere Schritte passen auf: {step.text} ({places})"
                yield LintFinding(*place, Rule.STEP_AMBIGUOUS, step.text, text)
    for definition in definitions:
        if definition not in used:
            text = f"kein Szenario nutzt den Schritt: {definition.pattern}"
            file, line = definition.module.file, definition.line
            yield LintFinding(file, line, Rule.STEP_UNUSED, definition.pattern, text)


def lint_outlines(project: Project) -> Iterator[LintFinding]:
    """Find outlines without rows, rows without a name of their own, placeholders without column."""
    for scenario in project.scenarios:
        place = f"features/{scenario.file}", scenario.line
        if scenario.outline and not scenario.rows:
            text = f"„{scenario.name}“ hat keine Beispiele"
            yield LintFinding(*place, Rule.OUTLINE_EMPTY, scenario.name, text)
        for name, times in Counter(row.get("fall", "") for row in scenario.rows).items():
            if not name or times > 1:
                text = f"„{scenario.name}“: {times} Zeilen heißen in der Spalte fall {name!r}"
                yield LintFinding(*place, Rule.OUTLINE_ROW, name, text)
        columns = [set(row) for row in scenario.rows]
        for name in sorted(scenario.placeholders):
            if any(name not in given for given in columns):
                text = f"„{scenario.name}“: <{name}> hat keine Spalte"
                yield LintFinding(*place, Rule.OUTLINE_ROW, name, text)


def lint_mentions(project: Project) -> Iterator[LintFinding]:
    """Find ids that the documentation of the mocks names and the catalogue does not have.

    Without a suffix a mention means the requirement in whichever version is in force.
    """
    for mention in project.mentions:
        if not project.catalogue.find(mention.id) and not project.catalogue.versions(mention.id):
            text = f"{mention.id} steht nicht im Katalog{_meant(project.catalogue, mention.id)}"
            yield LintFinding(mention.file, mention.line, Rule.MENTION_UNKNOWN, mention.id, text)


def _case_name(scenario: Scenario) -> str:
    return next(iter(scenario.values("tc")), scenario.name)


RULES: tuple[Callable[[Project], Iterator[LintFinding]], ...] = (
    lint_ids,
    lint_claims,
    lint_case_ids,
    lint_tags,
    lint_steps,
    lint_outlines,
    lint_mentions,
    lint_items,
    lint_manual,
    lint_deviations,
)
