"""The typed tree of an instance: what the validator walks and FHIRPath reads."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

INTEGERS = frozenset({"integer", "positiveInt", "unsignedInt", "integer64"})
PRIMITIVES = INTEGERS | frozenset(
    [
        "boolean",
        "string",
        "decimal",
        "uri",
        "url",
        "canonical",
        "base64Binary",
        "instant",
        "date",
        "dateTime",
        "time",
        "code",
        "oid",
        "id",
        "markdown",
        "uuid",
        "xhtml",
    ]
)
TEXTUAL = PRIMITIVES - INTEGERS - {"boolean", "decimal"}
"""The types whose value in FHIRPath is the text as written."""
Scalar = str | bool | int | Decimal


class Node:
    """An element with its FHIR type; `value` is the text of a primitive as written.

    `verdicts` and `parts` keep what invariants and shared parts of them gave here.
    """

    __slots__ = (
        "_scalar",
        "children",
        "column",
        "key",
        "line",
        "name",
        "ordered",
        "parent",
        "parts",
        "resource",
        "type",
        "value",
        "verdicts",
    )

    def __init__(
        self,
        name: str,
        type_name: str,
        key: str,
        parent: Node | None,
        line: int,
        column: int = 0,
    ) -> None:
        self.name = name
        self.type = type_name
        self.key = key
        self.parent = parent
        self.line = line
        self.column = column
        self.value: str | None = None
        self.children: dict[str, list[Node]] = {}
        self.ordered: list[Node] = []
        self.resource: Node = parent.resource if parent is not None else self
        self.verdicts: dict[str, tuple[str, str] | None] = {}
        self.parts: dict[str, list[Any]] = {}
        self._scalar: Scalar | None = None

    def first(self, name: str) -> Node | None:
        """Return the first child called `name`."""
        found = self.children.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str | None:
        """Return the value of the first child called `name`."""
        found = self.children.get(name)
        return found[0].value if found else None

    def add(self, child: Node) -> None:
        """Append `child`."""
        siblings = self.children.get(child.name)
        if siblings is None:
            self.children[child.name] = [child]
        else:
            siblings.append(child)
        self.ordered.append(child)

    def dissolve(self) -> None:
        """Cut every tie inside the tree below, so that nothing waits for a garbage search."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            waiting.extend(node.ordered)
            node.parent = None
            del node.resource, node.parts

    @property
    def scalar(self) -> Scalar | None:
        """The value in its own type; text when it does not read as that type."""
        if self._scalar is None and self.value is not None:
            self._scalar = _scalar(self.type, self.value)
        return self._scalar

    @property
    def path(self) -> str:
        """The place in the instance, e.g. `Bundle.entry[2].resource.id`."""
        parts: list[str] = []
        node: Node | None = self
        while node is not None:
            parts.append(node._step())
            node = node.parent
        return ".".join(reversed(parts))

    def _step(self) -> str:
        if self.parent is None:
            return self.type
        siblings = self.parent.children.get(self.name, [])
        if len(siblings) < 2:
            return self.name
        position = next((i for i, one in enumerate(siblings) if one is self), len(siblings))
        return f"{self.name}[{position}]"

    def profiles(self) -> list[str]:
        """Return the texts of `meta.profile` of a resource."""
        meta = self.first("meta")
        return [p.value for p in meta.children.get("profile", ()) if p.value] if meta else []


def _scalar(type_name: str, value: str) -> Scalar:
    try:
        if type_name == "boolean":
            return value == "true"
        if type_name in INTEGERS:
            return int(value)
        if type_name == "decimal":
            return Decimal(value)
    except (ValueError, InvalidOperation):
        return value
    return value
