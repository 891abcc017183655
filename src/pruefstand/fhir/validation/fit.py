"""Whether an instance carries a fixed value or fits a pattern."""

from __future__ import annotations

from typing import Any

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.elements import Element


def fits(node: Node, wanted: Any, *, exactly: bool) -> bool:
    """Return whether `node` equals `wanted` (`exactly`), or contains it as a pattern."""
    if not isinstance(wanted, dict):
        return node.value == text_of(wanted)
    for name, part in wanted.items():
        found = _named(node, name)
        if not found:
            return False
        if isinstance(part, list):
            if not _list_fits(found, part, exactly=exactly):
                return False
        elif not fits(found[0], part, exactly=exactly):
            return False
    return not exactly or len(wanted) == len(node.children)


def text_of(value: Any) -> str:
    """Return a JSON primitive as FHIR writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _list_fits(found: list[Node], wanted: list[Any], *, exactly: bool) -> bool:
    if not exactly:
        return all(any(fits(node, one, exactly=False) for node in found) for one in wanted)
    pairs = zip(found, wanted, strict=False)
    return len(found) == len(wanted) and all(fits(n, w, exactly=True) for n, w in pairs)


def _named(node: Node, name: str) -> list[Node]:
    found = node.children.get(name)
    if found is not None:
        return found
    for base, children in node.children.items():
        kind = children[0].type
        if name == base + kind[0].upper() + kind[1:]:
            return children
    return []


def has_shape(node: Node, element: Element) -> bool:
    """Return whether the constants below `element` are met; nothing else is looked at."""
    for child in element.children:
        found = node.children.get(child.name, ())
        if child.constant:
            exactly = child.fixed is not None
            wanted = child.fixed if exactly else child.pattern
            if not found and child.minimum:
                return False
            if not all(fits(one, wanted, exactly=exactly) for one in found):
                return False
        elif child.children and not all(has_shape(one, child) for one in found):
            return False
    return True


def written(node: Node) -> str:
    """Return a node's content in short form, for messages."""
    if node.value is not None:
        return node.value
    codes = node.children.get("coding", [node])
    if any("code" in one.children or "system" in one.children for one in codes):
        return ", ".join(f"{c.text('system') or ''}|{c.text('code') or ''}" for c in codes)
    return ", ".join(f"{one.name}={one.value}" for one in node.ordered if one.value is not None)
