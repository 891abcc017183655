"""The typed tree as a mapping that the writers of FHIR XML and JSON take."""

from __future__ import annotations

from typing import Any

from pruefstand.fhir.json import Number
from pruefstand.fhir.path.tree import INTEGERS, PRIMITIVES, Node
from pruefstand.fhir.validation.catalogue import Catalogue, ChildType

_NUMBERS = INTEGERS | {"decimal"}


def mapping_of(catalogue: Catalogue, node: Node) -> dict[str, Any]:
    """Return a resource or complex value; `_name` has id and extensions of a primitive `name`."""
    found: dict[str, Any] = {"resourceType": node.type} if node.resource is node else {}
    table = {
        (kind.name, kind.type): (name, kind)
        for name, kind in catalogue.children_of(node.key).items()
    }
    for children in node.children.values():
        first = children[0]
        kind_of_resource = "Resource" if first.resource is first else first.type
        name, kind = table[first.name, kind_of_resource]
        _add(found, name, kind, [_pair(catalogue, child) for child in children])
    return found


def _add(found: dict[str, Any], name: str, kind: ChildType, pairs: list[tuple[Any, Any]]) -> None:
    values, companions = [list(column) for column in zip(*pairs, strict=True)]
    if any(value is not None for value in values):
        found[name] = values if kind.many else values[0]
    if any(companions):
        found[f"_{name}"] = companions if kind.many else companions[0]


def _pair(catalogue: Catalogue, node: Node) -> tuple[Any, Any]:
    if node.type not in PRIMITIVES:
        return mapping_of(catalogue, node), None
    return _plain(node), mapping_of(catalogue, node) if node.ordered else None


def _plain(node: Node) -> Any:
    if node.type == "boolean":
        return node.value == "true" if node.value is not None else None
    return Number(node.value) if node.value is not None and node.type in _NUMBERS else node.value
