"""Named faults: each turns exactly the requirements it names red."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """A deliberate misbehaviour of a mock; `breaks` lists the requirement ids it must turn red."""

    name: str
    text: str
    breaks: tuple[str, ...]


@dataclass(slots=True)
class FaultSet:
    """The faults a mock offers and those switched on."""

    offered: Mapping[str, Fault] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)

    def switch(self, name: str, on: bool) -> None:
        """Switch the fault `name`; raises KeyError for a fault the mock does not offer."""
        if name not in self.offered:
            raise KeyError(f"unknown fault {name!r}; offered: {', '.join(sorted(self.offered))}")
        (self.active.add if on else self.active.discard)(name)

    def __contains__(self, name: str) -> bool:
        return name in self.active
