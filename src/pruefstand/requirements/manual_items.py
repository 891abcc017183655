"""What a person can attest: the manual scenarios, each with the checklist item it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pruefstand.model.case import CaseRecord
from pruefstand.model.tags import from_tag, values
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem
from pruefstand.requirements.scenarios import Scenario

_WORDS = {"given": "Angenommen", "when": "Wenn", "then": "Dann"}


@dataclass(frozen=True, slots=True)
class ManualItem:
    """One manual scenario; `requirements` are the ids it claims."""

    case: str
    title: str
    file: str
    area: str
    tags: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    item: ChecklistItem

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirement ids it claims."""
        return tuple(from_tag(value) for value in values(self.tags, "req"))

    @property
    def text(self) -> str:
        """The item word by word: an attestation holds for exactly this text."""
        lines = [f"{self.item.id} {self.item.title}", self.item.expectation, self.title]
        return "\n".join([*lines, *(f"{word} {text}" for word, text in self.steps)])

    def record(self, verdict: Verdict, message: str) -> CaseRecord:
        """Return the case as a run would report it that did not execute it."""
        return CaseRecord(self.case, self.title, self.file, self.tags, verdict, message=message)


def manual_items(catalogue: Catalogue, scenarios: Iterable[Scenario]) -> list[ManualItem]:
    """Return the manual scenarios whose checklist item is known, by their test case id."""
    by_id = {item.id: item for item in catalogue.checklist}
    found = [
        _manual_item(scenario, by_id[point])
        for scenario in scenarios
        if scenario.manual
        for point in scenario.values("punkt")[:1]
        if point in by_id
    ]
    return sorted(found, key=lambda item: item.case)


def _manual_item(scenario: Scenario, item: ChecklistItem) -> ManualItem:
    return ManualItem(
        case="".join(scenario.values("tc")[:1]),
        title=scenario.name,
        file=scenario.file,
        area=scenario.area,
        tags=tuple(sorted(tag.text for tag in scenario.tags)),
        steps=_worded(scenario),
        item=item,
    )


def _worded(scenario: Scenario) -> tuple[tuple[str, str], ...]:
    kinds = [step.kind for step in scenario.steps]
    words = (
        "Und" if index and kinds[index - 1] == kind else _WORDS[kind]
        for index, kind in enumerate(kinds)
    )
    return tuple(zip(words, (step.text for step in scenario.steps), strict=True))
