"""Values in FHIRPath: truth, equality, order and type, with the tolerances of the oracle."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from pruefstand.fhir.path.lexer import FhirPathProblem
from pruefstand.fhir.path.tree import Node

_STRING_KINDS = frozenset({"code", "id", "markdown"})
_URI_KINDS = frozenset({"url", "canonical", "uuid", "oid"})
_SYSTEM_TYPES = frozenset({"Boolean", "Integer", "Decimal", "Date", "DateTime", "Time", "String"})
_MOMENT = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}(T|\Z)")
_NOT_DOMAIN = frozenset({"Bundle", "Binary", "Parameters"})


def scalar(item: Any) -> Any:
    """Return the value of a primitive node, any other item as it is."""
    if type(item) is Node:
        value = item.scalar
        return item if value is None else value
    return item


def truth(items: list[Any]) -> bool | None:
    """Return a collection as a boolean; None when empty; raises FhirPathProblem on several."""
    if not items:
        return None
    if len(items) > 1:
        raise FhirPathProblem("several items where one boolean is expected")
    value = scalar(items[0])
    return value if isinstance(value, bool) else True


def holds(items: list[Any]) -> bool:
    """Return whether a criterion or rule is met: not by an empty collection, but by several."""
    if len(items) != 1:
        return bool(items)
    value = scalar(items[0])
    return value if isinstance(value, bool) else True


def text(item: Any) -> str | None:
    """Return an item as string, a primitive as written; None for a complex one."""
    if type(item) is Node and item.value is not None:
        return item.value
    value = scalar(item)
    if type(value) is Node:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def equal(left: Any, right: Any, *, loosely: bool = False) -> bool:
    """Return whether two items are equal; `loosely` ignores case (equivalence)."""
    a, b = scalar(left), scalar(right)
    if type(a) is Node or type(b) is Node:
        return type(a) is Node and type(b) is Node and identity(a) == identity(b)
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b or (str in (type(a), type(b)) and text(a) == text(b))
    if isinstance(a, str) != isinstance(b, str):
        return str(a) == str(b)
    if loosely and isinstance(a, str):
        return bool(a.lower() == b.lower())
    return bool(a == b)


def identity(item: Any) -> Hashable:
    """Return what makes two items the same in a set."""
    value = scalar(item)
    if type(value) is not Node:
        return value if isinstance(value, bool) else str(value)
    children = sorted(value.children.items())
    return (value.value, tuple((n, tuple(identity(c) for c in cs)) for n, cs in children))


def order(left: Any, right: Any) -> int | None:
    """Return -1, 0 or 1; None when the two cannot be compared."""
    a, b = _magnitude(left), _magnitude(right)
    if isinstance(a, str) and isinstance(b, str):
        return _text_order(a, b)
    if isinstance(a, str) or isinstance(b, str):
        try:
            a, b = Decimal(a), Decimal(b)
        except (InvalidOperation, TypeError):
            return None
    if isinstance(a, Node) or isinstance(b, Node):
        return None
    return int(a > b) - int(a < b)


def _magnitude(item: Any) -> Any:
    value = scalar(item)
    if type(value) is Node:
        number = value.first("value")
        return scalar(number) if number is not None else value
    return value


def _text_order(a: str, b: str) -> int | None:
    if len(a) != len(b) and _MOMENT.match(a) and _MOMENT.match(b):
        shorter, longer = sorted((a, b), key=len)
        if longer.startswith(shorter):
            # Equal as far as both are told: nobody knows which is earlier.
            return None
    if "T" in a and "T" in b:
        try:
            x, y = datetime.fromisoformat(a), datetime.fromisoformat(b)
            return (x > y) - (x < y)
        except (ValueError, TypeError):
            pass
    return (a > b) - (a < b)


def has_type(item: Any, name: str) -> bool:
    """Return whether an item is of the type `name`, FHIR or System."""
    if type(item) is Node:
        return item.type == name or _related(item, name)
    kinds = {"boolean": bool, "string": str, "integer": int, "decimal": Decimal}
    return type(item) is kinds.get(name.lower())


def _related(node: Node, name: str) -> bool:
    if name in ("Resource", "DomainResource"):
        whole = node.resource is node
        return whole and (name == "Resource" or node.type not in _NOT_DOMAIN)
    if name in _SYSTEM_TYPES:
        return node.type == name[0].lower() + name[1:]
    if name == "string":
        return node.type in _STRING_KINDS
    return name == "uri" and node.type in _URI_KINDS
