"""Verdicts and findings (DESIGN section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The German word is the value: it is what reports print."""

    PASSED = "bestanden"
    HINT = "Hinweis"
    FAILED = "nicht bestanden"
    UNDECIDED = "nicht entscheidbar"
    NOT_APPLICABLE = "nicht anwendbar"
    ATTESTED = "bestätigt"
    OPEN = "offen"
    HARNESS_ERROR = "Prüfstandfehler"

    @property
    def green(self) -> bool:
        """Say whether it asks nobody to act."""
        return self in _GREEN

    @property
    def rank(self) -> int:
        """Severity for roll-up: the highest rank wins."""
        return _ORDER.index(self)


_ORDER = (
    Verdict.NOT_APPLICABLE,
    Verdict.PASSED,
    Verdict.ATTESTED,
    Verdict.HINT,
    Verdict.OPEN,
    Verdict.UNDECIDED,
    Verdict.FAILED,
    Verdict.HARNESS_ERROR,
)


_GREEN = frozenset({Verdict.NOT_APPLICABLE, Verdict.PASSED, Verdict.ATTESTED, Verdict.HINT})
BY_BLAME: Mapping[str, Verdict] = {
    "sut": Verdict.FAILED,
    "config": Verdict.UNDECIDED,
    "operator": Verdict.UNDECIDED,
    "environment": Verdict.UNDECIDED,
    "harness": Verdict.HARNESS_ERROR,
}
"""What an error says about the scenario it ended, by whose move it is (`errors.Blame`)."""


def roll_up(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the most severe verdict; nothing executed proves nothing: *nicht entscheidbar*."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says about one requirement, with the exchange it was seen in."""

    requirement: str
    check: str
    verdict: Verdict
    expected: str
    actual: str
    exchange: str | None = None
    judged_by: str = ""
    """The check's name in `pruefstand.checks`, `module:function`; empty where it has none."""
    arguments: tuple[Any, ...] = ()
    """What a check with parameters was made from, as JSON values."""
    seen: int = 0
    """How many exchanges the check saw: those recorded when it ran, in order."""

    @property
    def line(self) -> str:
        """What the message of a failed step says about it."""
        return f"{self.requirement} {self.check}: erwartet {self.expected}; gesehen {self.actual}"
