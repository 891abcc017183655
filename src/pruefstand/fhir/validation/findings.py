"""What a validation finds, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["fatal", "error", "warning", "information"]
_REFUSING = frozenset({"fatal", "error"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One deviation: `rule` is the constraint's id or ours, `element` the definition's id.

    `line` and `column` count from 1; a column of 0 is unknown.
    """

    kind: str
    rule: str
    severity: Severity
    path: str
    line: int
    expected: str = ""
    found: str = ""
    element: str = ""
    column: int = 0

    @property
    def refuses(self) -> bool:
        """Whether this finding makes the document invalid."""
        return self.severity in _REFUSING


@dataclass(frozen=True, slots=True)
class Result:
    """All findings of one document, and the profile it was checked against."""

    profile: str
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether no finding refuses the document."""
        return not any(finding.refuses for finding in self.findings)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that refuse the document."""
        return tuple(finding for finding in self.findings if finding.refuses)
