"""What an expression is evaluated against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from pruefstand.fhir.path.tree import Node


class Services(Protocol):
    """What FHIRPath cannot answer from the tree alone."""

    def resolve(self, item: Any) -> Node | None:
        """Return the resource a reference or address points to."""

    def conforms_to(self, node: Node, profile: str) -> bool:
        """Return whether `node` conforms to `profile`."""

    def member_of(self, node: Node, value_set: str) -> bool:
        """Return whether the code in `node` is in `value_set`."""

    def now(self) -> datetime:
        """Return the time of day the validation counts with."""


@dataclass(slots=True)
class Focus:
    """The surroundings of one evaluation."""

    resource: Node
    root_resource: Node
    context: Node
    services: Services
    index: int = 0
    total: list[Any] = field(default_factory=list)


Items = list[Any]
Step = Callable[[Items, Focus], Items]
Test = Callable[[Items, Focus], bool | None]
"""An expression for its truth: None stands for the empty collection."""
