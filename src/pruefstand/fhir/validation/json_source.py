"""FHIR JSON to the typed tree, by the tables of R4; what does not fit becomes a finding."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from pruefstand.fhir.json import Located, Number, parse
from pruefstand.fhir.path.tree import INTEGERS, PRIMITIVES, Node
from pruefstand.fhir.syntax import FhirSyntaxProblem
from pruefstand.fhir.validation.catalogue import Catalogue, ChildType
from pruefstand.fhir.validation.narrative import narrative_problem
from pruefstand.fhir.validation.reader import Report, TreeBuilder, by_order
from pruefstand.fhir.xml_tags import tags_of

_KIND = "resourceType"
_NUMBERS = INTEGERS | {"decimal"}
Pair = tuple[Located | None, Located | None]
"""A value and its companion (`_name`), which has id and extensions of a primitive."""


class JsonSource:
    """A well-formed JSON document."""

    def __init__(self, data: bytes) -> None:
        self._root = parse(data)

    def claims(self) -> list[str]:
        """Return `meta.profile` of the outermost resource, in order."""
        meta = _member(self._root, "meta")
        profiles = _member(meta, "profile") if meta else None
        found = profiles.value if profiles and isinstance(profiles.value, list) else ()
        return [one.value for one in found if isinstance(one.value, str) and one.value]

    def read(self, catalogue: Catalogue, report: Report) -> Node:
        """Return the typed tree; raises FhirSyntaxProblem when it is no resource."""
        builder = _JsonBuilder(catalogue, report)
        at, name = self._root, _kind_of(self._root)
        if not builder.is_resource(name):
            raise FhirSyntaxProblem(
                f"{name or 'JSON'} ist keine FHIR-Ressource", line=at.line, column=at.column
            )
        root = Node(name, name, name, None, at.line, at.column)
        builder.fill(root, at)
        return root


def _member(at: Located, name: str) -> Located | None:
    found = at.value.get(name) if isinstance(at.value, dict) else None
    return found if isinstance(found, Located) else None


def _kind_of(at: Located) -> str:
    kind = _member(at, _KIND)
    return kind.value if kind and type(kind.value) is str else ""


class _JsonBuilder(TreeBuilder):
    def fill(self, node: Node, *parts: Located | None) -> None:
        """Give `node` the content of the given objects."""
        table = self.catalogue.children_of(node.key)
        children: list[tuple[int, Node]] = []
        for part in parts:
            for name, kind, pairs in self._members(node, part, table):
                children += [
                    (kind.order, child)
                    for value, companion in pairs
                    for child in self._child(node, name, kind, value, companion)
                ]
        for child in by_order(children):
            node.add(child)
        for child in node.ordered:
            if child.resource is not child and child.type != "xhtml":
                self.finish(child)
        own = node.text("id") if node.resource is not node else None
        if own:
            self.note_id(node, own)

    def _members(
        self, node: Node, at: Located | None, table: dict[str, ChildType]
    ) -> Iterator[tuple[str, ChildType, list[Pair]]]:
        members: dict[str, Located] = at.value if at else {}
        for key, value in members.items():
            name = key.removeprefix("_")
            if key == _KIND and node.resource is node:
                continue
            kind = table.get(name)
            if kind is None or (key != name and kind.type not in PRIMITIVES):
                self.complain("unknown-element", node, key, at=value)
            elif key == name:
                yield name, kind, self._pairs(node, name, kind, value, members.get("_" + name))
            elif name not in members:
                yield name, kind, self._pairs(node, name, kind, None, value)

    def _pairs(
        self,
        node: Node,
        name: str,
        kind: ChildType,
        value: Located | None,
        companion: Located | None,
    ) -> list[Pair]:
        values = self._items(node, name, kind, value)
        companions = self._items(node, name, kind, companion)
        if values and companions and len(values) != len(companions):
            self.complain("json", node, name, at=companion, expected=f"{len(values)}")
        return list(zip_longest(values, companions))

    def _items(
        self, node: Node, name: str, kind: ChildType, at: Located | None
    ) -> list[Located | None]:
        if at is None:
            return []
        is_list = isinstance(at.value, list)
        if is_list != kind.many:
            self.complain("json", node, name, at=at, expected="[…]" if kind.many else "kein […]")
        items = at.value if is_list else [at]
        if is_list and not items:
            self.complain("empty", node, name, at=at)
        if not is_list and at.value is None:
            self.complain("json", node, f"{name}: null", at=at)
        return [None if item.value is None else item for item in items]

    def _child(
        self,
        node: Node,
        name: str,
        kind: ChildType,
        value: Located | None,
        companion: Located | None,
    ) -> Iterator[Node]:
        at = value or companion
        if at is None:
            self.complain("empty", node, name)
        elif kind.type == "Resource":
            yield from self._inner_resource(node, name, kind, at)
        else:
            child = Node(kind.name, kind.type, kind.key, node, at.line, at.column)
            if kind.type == "xhtml":
                self._narrative(child, at)
            elif kind.type in PRIMITIVES:
                self._primitive(child, value, companion)
            elif isinstance(at.value, dict):
                self.fill(child, at)
            else:
                self.complain("json", node, name, at=at, expected="{…}")
            yield child

    def _primitive(self, node: Node, value: Located | None, companion: Located | None) -> None:
        if value is not None:
            node.value = _text(value.value)
            if not _has_form(node.type, value.value):
                self.complain("json", node, node.value, at=value, expected=node.type)
        if companion is not None:
            if companion.value == {}:
                self.complain("empty", node, "_" + node.name, at=companion)
            elif isinstance(companion.value, dict):
                self.fill(node, companion)
            else:
                self.complain("json", node, "_" + node.name, at=companion, expected="{…}")

    def _narrative(self, node: Node, at: Located) -> None:
        node.value = _text(at.value)
        try:
            problem = narrative_problem(tags_of(node.value.encode("utf-8")).children[0])
        except FhirSyntaxProblem as error:
            problem = "narrative", str(error)
        if problem:
            self.complain("narrative", node, problem[1], rule=problem[0])

    def _inner_resource(
        self, node: Node, name: str, kind: ChildType, at: Located
    ) -> Iterator[Node]:
        inside = _kind_of(at)
        if not self.is_resource(inside):
            self.complain("unknown-element", node, inside or name, at=at)
            return
        child = Node(kind.name, inside, inside, node, at.line, at.column)
        child.resource = child
        self.fill(child, at)
        if not child.ordered:
            self.complain("empty", child)
        self.finish_contained(child)
        yield child


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def _has_form(type_name: str, value: Any) -> bool:
    if type_name == "boolean":
        return isinstance(value, bool)
    if type_name in _NUMBERS:
        return isinstance(value, Number)
    return type(value) is str
