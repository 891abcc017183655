"""Named misbehaviour: what turns checks red on purpose, so that they are seen to work.

A mock has faults of its own, the simulated actors have carelessnesses; both are `Fault`. One that
breaks nothing by itself is a lure: something wrong that is shown to the other side, which must
notice. A scenario tagged `@fehler:<role>/<name>` shows it and expects the right reaction; a fault
that needs it names it as `lure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """A deliberate misbehaviour; `breaks` lists exactly the requirement ids it must turn red."""

    name: str
    text: str
    breaks: tuple[str, ...] = ()
    lure: str = ""
    """`role/name` of the fault that is switched on together with this one."""

    @property
    def is_lure(self) -> bool:
        """Whether it only presents something that another side must notice."""
        return not self.breaks


@dataclass(slots=True)
class FaultSet:
    """The faults a role offers and those switched on; `asked` are those its code asked about."""

    offered: Mapping[str, Fault] = field(default_factory=dict)
    active: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    watched: bool = False
    """Whether somebody wants to know what is asked, though nothing is switched on."""
    fixed: bool = False
    """Whether nothing can be switched any more, because other processes serve the mock."""

    def switch(self, name: str, on: bool) -> None:
        """Switch the fault `name`; raises KeyError for a fault the role does not offer."""
        if name not in self.offered:
            raise KeyError(f"unknown fault {name!r}; offered: {', '.join(sorted(self.offered))}")
        (self.active.add if on else self.active.discard)(name)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is switched on and nobody watches."""
        return not (self.active or self.watched)

    def matters(self, name: str) -> bool:
        """Tell whether it is worth working out what `name` would do: it is on, or watched."""
        return name in self.offered and (self.watched or name in self.active)

    def __contains__(self, name: object) -> bool:
        self.asked.add(str(name))
        return name in self.active
