"""What differs between two runs, as values that any form can print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

NOTHING = "–"
"""Stands for a side that has nothing there."""


class Level(StrEnum):
    """How deep a comparison goes; each level includes those before it."""

    REQUIREMENT = "anforderung"
    STEP = "schritt"
    MESSAGE = "nachricht"

    def includes(self, other: Level) -> bool:
        """Whether `other` is compared as well."""
        order = tuple(Level)
        return order.index(other) <= order.index(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same: where, and what each run has there."""

    level: Level
    place: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences between the runs `old` and `new`, named by their ids."""

    old: str
    new: str
    level: Level
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def at(self, level: Level) -> list[Difference]:
        """Return the differences of one level."""
        return [difference for difference in self.differences if difference.level is level]


def differing(level: Level, rows: Iterable[tuple[str, str, str]]) -> list[Difference]:
    """Return the rows (place, old, new) whose sides are not equal."""
    return [Difference(level, place, old, new) for place, old, new in rows if old != new]
