"""Binary operators of FHIRPath whose result is a collection, as builders of closures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pruefstand.fhir.path.focus import Focus, Items, Step
from pruefstand.fhir.path.values import identity, scalar, text


def united(left: Step, right: Step) -> Step:
    """`|`: both collections without duplicates."""
    return lambda items, focus: unique([*left(items, focus), *right(items, focus)])


def unique(items: Items) -> Items:
    """Return the items without later duplicates."""
    return list({identity(item): item for item in reversed(items)}.values())[::-1]


def joined(left: Step, right: Step) -> Step:
    """`&`: strings, an empty side counts as empty text."""

    def run(items: Items, focus: Focus) -> Items:
        parts = [*left(items, focus)[:1], *right(items, focus)[:1]]
        return ["".join(text(part) or "" for part in parts)]

    return run


def _arithmetic(operation: Callable[[Any, Any], Any]) -> Callable[[Step, Step], Step]:
    def build(left: Step, right: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            a, b = left(items, focus), right(items, focus)
            if not a or not b:
                return []
            try:
                return [operation(scalar(a[0]), scalar(b[0]))]
            except (ArithmeticError, ValueError):
                return []

        return run

    return build


COMBINING: dict[str, Callable[[Step, Step], Step]] = {
    "|": united,
    "&": joined,
    "+": _arithmetic(lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b),
    "*": _arithmetic(lambda a, b: a * b),
    "/": _arithmetic(lambda a, b: Decimal(a) / Decimal(b)),
    "div": _arithmetic(lambda a, b: int(a // b)),
    "mod": _arithmetic(lambda a, b: a % b),
}
"""Operator → builder of its closure."""
