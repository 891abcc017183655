"""What FHIRPath answers with true, false or nothing, as builders of closures.

Such closures give the answer itself, so that rules make no collections of one truth value.
"""

from __future__ import annotations

from collections.abc import Callable

from pruefstand.fhir.path.focus import Focus, Items, Step, Test
from pruefstand.fhir.path.text_functions import TEXT_TESTS
from pruefstand.fhir.path.tree import TEXTUAL, Node
from pruefstand.fhir.path.values import equal, has_type, order


def both(left: Test, right: Test) -> Test:
    """`and` in three-valued logic."""

    def test(items: Items, focus: Focus) -> bool | None:
        a = left(items, focus)
        if a is False:
            return False
        b = right(items, focus)
        if b is False:
            return False
        return True if a and b else None

    return test


def either(left: Test, right: Test) -> Test:
    """`or` in three-valued logic."""

    def test(items: Items, focus: Focus) -> bool | None:
        a = left(items, focus)
        if a:
            return True
        b = right(items, focus)
        if b:
            return True
        return False if a is False and b is False else None

    return test


def implies(left: Test, right: Test) -> Test:
    """`implies` in three-valued logic."""

    def test(items: Items, focus: Focus) -> bool | None:
        a = left(items, focus)
        if a is False:
            return True
        b = right(items, focus)
        if b or a is None:
            return True if b else None
        return None if b is None else False

    return test


def one_of_two(left: Test, right: Test) -> Test:
    """`xor` in three-valued logic."""

    def test(items: Items, focus: Focus) -> bool | None:
        a, b = left(items, focus), right(items, focus)
        return None if a is None or b is None else a != b

    return test


def negation(base: Test) -> Test:
    """`not()`: empty stays empty."""

    def test(items: Items, focus: Focus) -> bool | None:
        value = base(items, focus)
        return None if value is None else not value

    return test


def exists(base: Step, criteria: Test | None = None) -> Test:
    """`exists([criteria])`."""
    if criteria is None:
        return lambda items, focus: bool(base(items, focus))
    return lambda items, focus: any(criteria([item], focus) for item in base(items, focus))


def empty(base: Step) -> Test:
    """`empty()`."""
    return lambda items, focus: not base(items, focus)


def every(base: Step, criteria: Test) -> Test:
    """`all(criteria)`."""
    return lambda items, focus: all(criteria([item], focus) for item in base(items, focus))


def typed(base: Step, name: str) -> Test:
    """`is`: whether the first item is of a type."""

    def test(items: Items, focus: Focus) -> bool | None:
        found = base(items, focus)
        return has_type(found[0], name) if found else None

    return test


def equals_text(base: Step, wanted: str, *, negated: bool) -> Test:
    """`=` or `!=` with a text on the right."""

    def test(items: Items, focus: Focus) -> bool | None:
        found = base(items, focus)
        if len(found) != 1:
            return negated if found else None
        item = found[0]
        if type(item) is Node and item.type in TEXTUAL:
            return (item.value == wanted) != negated
        return equal(item, wanted) != negated

    return test


def same(left: Test, right: Test, *, negated: bool) -> Test:
    """`=` or `!=` between truth values."""

    def test(items: Items, focus: Focus) -> bool | None:
        a, b = left(items, focus), right(items, focus)
        return None if a is None or b is None else (a == b) != negated

    return test


def _equality(*, negated: bool, loosely: bool) -> Callable[[Step, Step], Test]:
    def build(left: Step, right: Step) -> Test:
        def test(items: Items, focus: Focus) -> bool | None:
            a, b = left(items, focus), right(items, focus)
            if not a or not b:
                return (not a and not b) != negated if loosely else None
            if len(a) != len(b):
                return negated
            same = all(equal(x, y, loosely=loosely) for x, y in zip(a, b, strict=True))
            return same != negated

        return test

    return build


def _comparison(wanted: Callable[[int], bool]) -> Callable[[Step, Step], Test]:
    def build(left: Step, right: Step) -> Test:
        def test(items: Items, focus: Focus) -> bool | None:
            a, b = left(items, focus), right(items, focus)
            if len(a) != 1 or len(b) != 1:
                return None
            result = order(a[0], b[0])
            return None if result is None else wanted(result)

        return test

    return build


def within(left: Step, right: Step) -> Test:
    """`in`: the left item is in the right collection."""

    def test(items: Items, focus: Focus) -> bool | None:
        a = left(items, focus)
        return any(equal(a[0], b) for b in right(items, focus)) if a else None

    return test


PREDICATES: dict[str, Callable[..., Test]] = {
    "exists": exists,
    "empty": empty,
    "not": negation,
    "all": every,
    **TEXT_TESTS,
}
"""Function name → builder taking the base and the arguments."""

LOGICAL: dict[str, Callable[[Test, Test], Test]] = {
    "and": both,
    "or": either,
    "implies": implies,
    "xor": one_of_two,
}
"""Operator between truth values → builder of its closure."""

COMPARING: dict[str, Callable[[Step, Step], Test]] = {
    "=": _equality(negated=False, loosely=False),
    "!=": _equality(negated=True, loosely=False),
    "~": _equality(negated=False, loosely=True),
    "!~": _equality(negated=True, loosely=True),
    "<": _comparison(lambda r: r < 0),
    ">": _comparison(lambda r: r > 0),
    "<=": _comparison(lambda r: r <= 0),
    ">=": _comparison(lambda r: r >= 0),
    "in": within,
    "contains": lambda left, right: within(right, left),
}
"""Operator between collections with a truth value as result → builder of its closure."""
