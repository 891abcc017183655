"""The record of one executed scenario: its steps, findings and exchanges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pruefstand.model.verdict import Finding, Verdict

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One Gherkin step; `status` is `passed`, `failed`, `skipped` or `undefined`."""

    keyword: str
    text: str
    status: str
    duration: float = 0.0
    """Seconds."""
    error: str = ""

    def to_json(self) -> Json:
        """Return the step as a JSON object."""
        return {name: getattr(self, name) for name in _STEP_FIELDS}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> StepRecord:
        """Read what `to_json` wrote."""
        return cls(**data)


# All members are plain values; `dataclasses.asdict` copies each deeply and takes ten times as long.
_STEP_FIELDS = tuple(member.name for member in fields(StepRecord))
_FINDING_FIELDS = tuple(member.name for member in fields(Finding))


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One scenario; `id` is its test case tag, `exchanges` are in JSON form with body hashes."""

    id: str
    title: str
    feature: str
    tags: tuple[str, ...]
    verdict: Verdict
    steps: tuple[StepRecord, ...] = ()
    findings: tuple[Finding, ...] = ()
    exchanges: Sequence[Json] = ()
    duration: float = 0.0
    """Seconds."""
    message: str = ""
    hint: str = ""
    blame: str = ""

    def summary_json(self) -> Json:
        """Return everything but the exchanges as a JSON object."""
        return {
            "id": self.id,
            "title": self.title,
            "feature": self.feature,
            "tags": list(self.tags),
            "verdict": self.verdict.value,
            "steps": [step.to_json() for step in self.steps],
            "findings": [finding_to_json(finding) for finding in self.findings],
            "duration": self.duration,
            "message": self.message,
            "hint": self.hint,
            "blame": self.blame,
        }

    def to_json(self) -> Json:
        """Return the whole case as a JSON object."""
        return {**self.summary_json(), "exchanges": list(self.exchanges)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CaseRecord:
        """Read what `to_json` or `summary_json` wrote; raises KeyError, TypeError, ValueError."""
        return cls(
            id=data["id"],
            title=data["title"],
            feature=data["feature"],
            tags=tuple(data["tags"]),
            verdict=Verdict(data["verdict"]),
            steps=tuple(StepRecord.from_json(step) for step in data["steps"]),
            findings=tuple(finding_from_json(finding) for finding in data["findings"]),
            exchanges=tuple(data.get("exchanges", ())),
            duration=data["duration"],
            message=data["message"],
            hint=data["hint"],
            blame=data["blame"],
        )


_REFERENCE = frozenset({"judged_by", "arguments", "seen"})


def finding_to_json(finding: Finding) -> Json:
    """Return `finding` as a JSON object; without a reference it has the form of older runs."""
    data = {name: getattr(finding, name) for name in _FINDING_FIELDS}
    data["verdict"] = finding.verdict.value
    if finding.judged_by:
        return {**data, "arguments": list(finding.arguments)}
    return {name: value for name, value in data.items() if name not in _REFERENCE}


def finding_from_json(data: Mapping[str, Any]) -> Finding:
    """Read what `finding_to_json` wrote."""
    arguments = tuple(data.get("arguments", ()))
    return Finding(**{**data, "verdict": Verdict(data["verdict"]), "arguments": arguments})
