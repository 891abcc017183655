"""The lint: what claims a requirement must name a real one, and be judged by a check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pruefstand.requirements.catalogue import UNKNOWN_SUCCESSOR, Catalogue, load_catalogue
from pruefstand.requirements.check_claims import CheckClaim, CheckClaims
from pruefstand.requirements.identifiers import is_well_formed, to_tag
from pruefstand.requirements.scenarios import Scenario, Step, read_scenarios
from pruefstand.requirements.sources import Module, read_modules
from pruefstand.requirements.step_definitions import StepDefinition, step_definitions


class Rule(StrEnum):
    """The rules; the value is what the report prints."""

    MALFORMED = "id-malformed"
    UNKNOWN = "id-unknown"
    SUPERSEDED = "id-superseded"
    AMBIGUOUS_ID = "id-ambiguous"
    CLAIM_WITHOUT_CHECK = "claim-without-check"
    CHECK_WITHOUT_CLAIM = "check-without-claim"
    CASE_ID_MISSING = "tc-missing"
    CASE_ID_MALFORMED = "tc-malformed"
    CASE_ID_DUPLICATE = "tc-duplicate"
    NAME_DUPLICATE = "name-duplicate"
    TAG = "tag-unknown"
    STEP_UNDEFINED = "step-undefined"
    STEP_AMBIGUOUS = "step-ambiguous"
    STEP_UNUSED = "step-unused"


CASE_ID = re.compile(r"[A-Z]{3}-\d{4}")
PLAIN_TAGS = frozenset({"manuell", "nur-lesend"})
TAG_VALUES: dict[str, frozenset[str]] = {
    "art": frozenset({"positiv", "negativ", "grenzwert"}),
    "rolle": frozenset({"pvs", "avs", "kasse", "doctolib", "praxis", "terminserver"}),
    "modus": frozenset({"client", "server"}),
    "risiko": frozenset({"hoch", "mittel", "niedrig"}),
    # Any value; the rules below and the mocks judge these.
    "tc": frozenset(),
    "req": frozenset(),
    "braucht": frozenset(),
    "fehler": frozenset(),
}


@dataclass(frozen=True, slots=True, order=True)
class LintFinding:
    """One broken rule; `subject` is the id, tag or step that breaks it."""

    file: str
    line: int
    rule: Rule
    subject: str
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.text}"


@dataclass(frozen=True, slots=True)
class Project:
    """Everything the lint looks at; `checks` and `steps` are modules as syntax trees."""

    catalogue: Catalogue
    scenarios: Sequence[Scenario]
    checks: Sequence[Module]
    steps: Sequence[Module]

    @property
    def claims(self) -> CheckClaims:
        """Return the resolver over checks and steps."""
        return CheckClaims([*self.checks, *self.steps])

    @property
    def definitions(self) -> list[StepDefinition]:
        """Return the step definitions."""
        return step_definitions(list(self.steps))


def read_project(root: Path) -> Project:
    """Read the project in `root`; raises ConfigurationError on what cannot be parsed."""
    return Project(
        load_catalogue(root / "catalogue"),
        read_scenarios(root / "features"),
        read_modules(root, "pruefstand.checks"),
        read_modules(root, "steps"),
    )


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
        if any(tag.text == "manuell" for tag in scenario.tags):
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
        for step in scenario.steps:
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


def _case_name(scenario: Scenario) -> str:
    return next(iter(scenario.values("tc")), scenario.name)


RULES: tuple[Callable[[Project], Iterator[LintFinding]], ...] = (
    lint_ids,
    lint_claims,
    lint_case_ids,
    lint_tags,
    lint_steps,
)
