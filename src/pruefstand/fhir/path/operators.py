"""Binary operators of FHIRPath as closures."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pruefstand.fhir.path.focus import Focus, Items, Step
from pruefstand.fhir.path.values import equal, identity, order, scalar, text, truth


def both(left: Step, right: Step) -> Step:
    """`and` in three-valued logic."""

    def run(items: Items, focus: Focus) -> Items:
        a = truth(left(items, focus))
        if a is False:
            return [False]
        b = truth(right(items, focus))
        if b is False:
            return [False]
        return [True] if a and b else []

    return run


def either(left: Step, right: Step) -> Step:
    """`or` in three-valued logic."""

    def run(items: Items, focus: Focus) -> Items:
        a = truth(left(items, focus))
        if a:
            return [True]
        b = truth(right(items, focus))
        if b:
            return [True]
        return [False] if a is False and b is False else []

    return run


def implies(left: Step, right: Step) -> Step:
    """`implies` in three-valued logic."""

    def run(items: Items, focus: Focus) -> Items:
        a = truth(left(items, focus))
        if a is False:
            return [True]
        b = truth(right(items, focus))
        if b or a is None:
            return [True] if b else []
        return [] if b is None else [False]

    return run


def one_of_two(left: Step, right: Step) -> Step:
    """`xor` in three-valued logic."""

    def run(items: Items, focus: Focus) -> Items:
        a, b = truth(left(items, focus)), truth(right(items, focus))
        return [] if a is None or b is None else [a != b]

    return run


def _equality(*, negated: bool, loosely: bool) -> Callable[[Step, Step], Step]:
    def build(left: Step, right: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            a, b = left(items, focus), right(items, focus)
            if not a or not b:
                return [(not a and not b) != negated] if loosely else []
            if len(a) != len(b):
                return [negated]
            same = all(equal(x, y, loosely=loosely) for x, y in zip(a, b, strict=True))
            return [same != negated]

        return run

    return build


def _comparison(wanted: Callable[[int], bool]) -> Callable[[Step, Step], Step]:
    def build(left: Step, right: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            a, b = left(items, focus), right(items, focus)
            if len(a) != 1 or len(b) != 1:
                return []
            result = order(a[0], b[0])
            return [] if result is None else [wanted(result)]

        return run

    return build


def united(left: Step, right: Step) -> Step:
    """`|`: both collections without duplicates."""
    return lambda items, focus: unique([*left(items, focus), *right(items, focus)])


def unique(items: Items) -> Items:
    """Return the items without later duplicates."""
    return list({identity(item): item for item in reversed(items)}.values())[::-1]


def within(left: Step, right: Step) -> Step:
    """`in`: the left item is in the right collection."""

    def run(items: Items, focus: Focus) -> Items:
        a = left(items, focus)
        return [any(equal(a[0], b) for b in right(items, focus))] if a else []

    return run


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


BINARY: dict[str, Callable[[Step, Step], Step]] = {
    "and": both,
    "or": either,
    "implies": implies,
    "xor": one_of_two,
    "=": _equality(negated=False, loosely=False),
    "!=": _equality(negated=True, loosely=False),
    "~": _equality(negated=False, loosely=True),
    "!~": _equality(negated=True, loosely=True),
    "<": _comparison(lambda r: r < 0),
    ">": _comparison(lambda r: r > 0),
    "<=": _comparison(lambda r: r <= 0),
    ">=": _comparison(lambda r: r >= 0),
    "|": united,
    "in": within,
    "contains": lambda left, right: within(right, left),
    "&": joined,
    "+": _arithmetic(lambda a, b: a + b),
    "-": _arithmetic(lambda a, b: a - b),
    "*": _arithmetic(lambda a, b: a * b),
    "/": _arithmetic(lambda a, b: Decimal(a) / Decimal(b)),
    "div": _arithmetic(lambda a, b: int(a // b)),
    "mod": _arithmetic(lambda a, b: a % b),
}
"""Operator → builder of its closure."""
