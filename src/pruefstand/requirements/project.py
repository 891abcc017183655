"""What the lint looks at, and the form of what it finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pruefstand.requirements.catalogue import Catalogue, load_catalogue
from pruefstand.requirements.check_claims import CheckClaims
from pruefstand.requirements.deviations import FILE, Deviation, read_deviations
from pruefstand.requirements.mentions import Mention, read_mentions
from pruefstand.requirements.scenarios import Scenario, read_scenarios
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
    OUTLINE_EMPTY = "outline-empty"
    OUTLINE_ROW = "outline-row"
    ITEM_UNKNOWN = "item-unknown"
    ITEM_WITHOUT_SCENARIO = "item-without-scenario"
    MANUAL_FORM = "manual-form"
    MENTION_UNKNOWN = "mention-unknown"
    DEVIATION = "deviation"


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
    """Everything the lint looks at; `checks` and `steps` are modules as syntax trees.

    `mentions` are ids that documentation names without claiming them.
    """

    catalogue: Catalogue
    scenarios: Sequence[Scenario]
    checks: Sequence[Module]
    steps: Sequence[Module]
    mentions: Sequence[Mention] = ()
    deviations: Sequence[Deviation] = ()

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
        read_mentions(root, "mocks"),
        read_deviations(root / "catalogue" / FILE),
    )
