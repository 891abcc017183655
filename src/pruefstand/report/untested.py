"""What a run did not test: no report may leave it to the reader to notice."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.requirements.catalogue import Requirement
from pruefstand.requirements.coverage import Coverage, Entry, State

SILENT = (
    State.UNCOVERED,
    State.NOT_TESTABLE,
    State.NOT_APPLICABLE,
    State.OPEN,
    State.CLAIMED_ONLY,
)
"""States in which a run says nothing about a requirement."""
INDEX = "index"


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements of one source with one reason."""

    source: str
    reason: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of silence; `kind` is the key of its text."""

    kind: str
    groups: tuple[Group, ...]

    @property
    def count(self) -> int:
        """Return the number of requirements."""
        return sum(len(group.requirements) for group in self.groups)


def gaps(coverage: Coverage) -> tuple[Gap, ...]:
    """Return what was not tested by kind; the last is what was tested by its title only."""
    found = [
        _gap(state.name.lower(), [entry for entry in coverage.entries if entry.state is state])
        for state in SILENT
    ]
    spoken = [entry for entry in coverage.entries if entry.state not in SILENT]
    found.append(_gap(INDEX, [entry for entry in spoken if not entry.requirement.was_read]))
    return tuple(gap for gap in found if gap.groups)


def spoken(coverage: Coverage) -> tuple[Entry, ...]:
    """Return the requirements the run says something about, the gravest state first."""
    order = {state: place for place, state in enumerate(State)}
    touched = [entry for entry in coverage.entries if entry.cases]
    return tuple(sorted(touched, key=lambda entry: (order[entry.state], entry.requirement.id)))


def _gap(kind: str, entries: list[Entry]) -> Gap:
    groups: dict[tuple[str, str], list[Requirement]] = {}
    for entry in entries:
        # Why an executed check decided as it did is no reason for silence.
        reason = entry.reason if entry.state is State.NOT_TESTABLE else ""
        key = (entry.requirement.source, reason)
        groups.setdefault(key, []).append(entry.requirement)
    return Gap(kind, tuple(Group(*key, tuple(rows)) for key, rows in sorted(groups.items())))
