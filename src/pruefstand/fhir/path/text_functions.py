"""The functions of FHIRPath over strings and numbers, as builders of closures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from pruefstand.fhir.path.focus import Focus, Items, Step, Test
from pruefstand.fhir.path.lexer import FhirPathProblem
from pruefstand.fhir.path.values import scalar, text

_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_DECIMAL = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?\Z")


@lru_cache(maxsize=1024)
def _pattern(source: str) -> re.Pattern[str]:
    try:
        return re.compile(source, re.DOTALL)
    except re.error as error:
        raise FhirPathProblem(f"pattern {source!r}: {error}") from None


def _text_of(items: Items) -> str | None:
    # Several items are no text: the oracle answers as for none.
    return text(items[0]) if len(items) == 1 else None


def _plain(result: Callable[[str], object]) -> Callable[[Step], Step]:
    def build(base: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            value = _text_of(base(items, focus))
            found = None if value is None else result(value)
            return [] if found is None else [found]

        return run

    return build


def _test(holds: Callable[[str, str], bool]) -> Callable[[Step, Step], Test]:
    def build(base: Step, argument: Step) -> Test:
        def test(items: Items, focus: Focus) -> bool:
            value = _text_of(base(items, focus))
            wanted = _text_of(argument(items, focus))
            # The oracle answers false, not empty, on an empty input; ref-1 depends on it.
            return value is not None and wanted is not None and holds(value, wanted)

        return test

    return build


def _changed(change: Callable[[str, str, str], str]) -> Callable[[Step, Step, Step], Step]:
    def build(base: Step, old: Step, new: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            value, a, b = (_text_of(step(items, focus)) for step in (base, old, new))
            return [] if value is None or a is None or b is None else [change(value, a, b)]

        return run

    return build


def index_of(base: Step, argument: Step) -> Step:
    """`indexOf(part)`: -1 when absent."""

    def run(items: Items, focus: Focus) -> Items:
        value, part = _text_of(base(items, focus)), _text_of(argument(items, focus))
        return [] if value is None or part is None else [value.find(part)]

    return run


def substring(base: Step, start: Step, length: Step | None = None) -> Step:
    """`substring(start[, length])`: empty when `start` lies outside."""

    def run(items: Items, focus: Focus) -> Items:
        value, begin = _text_of(base(items, focus)), start(items, focus)
        if value is None or not begin:
            return []
        at = int(scalar(begin[0]))
        count = length(items, focus) if length else []
        end = at + int(scalar(count[0])) if count else len(value)
        return [value[at:end]] if 0 <= at < len(value) else []

    return run


def split(base: Step, separator: Step) -> Step:
    """`split(separator)`."""

    def run(items: Items, focus: Focus) -> Items:
        value, by = _text_of(base(items, focus)), _text_of(separator(items, focus))
        return [] if value is None or by is None else list(value.split(by) if by else value)

    return run


def join(base: Step, separator: Step | None = None) -> Step:
    """`join([separator])`."""

    def run(items: Items, focus: Focus) -> Items:
        by = (_text_of(separator(items, focus)) if separator else None) or ""
        return [by.join(text(item) or "" for item in base(items, focus))]

    return run


def _number(change: Callable[[Decimal], object]) -> Callable[[Step], Step]:
    def build(base: Step) -> Step:
        return lambda items, focus: [
            change(Decimal(scalar(item))) for item in base(items, focus)[:1]
        ]

    return build


def rounded(base: Step, digits: Step | None = None) -> Step:
    """`round([digits])`."""

    def run(items: Items, focus: Focus) -> Items:
        found = base(items, focus)
        places = int(scalar(digits(items, focus)[0])) if digits else 0
        return [round(Decimal(scalar(found[0])), places)] if found else []

    return run


TEXT_TESTS: dict[str, Callable[..., Test]] = {
    "matchesFull": _test(lambda value, pattern: _pattern(pattern).fullmatch(value) is not None),
    "matches": _test(lambda value, pattern: _pattern(pattern).search(value) is not None),
    "startsWith": _test(str.startswith),
    "endsWith": _test(str.endswith),
    "contains": _test(lambda value, part: part in value),
}
"""Function name → builder of the closure of a test, taking the base and the argument."""

TEXT_FUNCTIONS: dict[str, Callable[..., Step]] = {
    "split": split,
    "join": join,
    "toChars": lambda base: split(base, lambda _, __: [""]),
    "abs": _number(abs),
    "ceiling": _number(math.ceil),
    "floor": _number(math.floor),
    "truncate": _number(int),
    "convertsToInteger": _plain(lambda value: bool(_INTEGER.match(value))),
    "convertsToDecimal": _plain(lambda value: bool(_DECIMAL.match(value))),
    "convertsToBoolean": _plain(lambda value: value.lower() in ("true", "false")),
    "convertsToString": _plain(lambda _: True),
    "toDate": _plain(lambda value: value[:10]),
    "toDateTime": _plain(lambda value: value),
    "toTime": _plain(lambda value: value),
    "replaceMatches": _changed(lambda value, old, new: _pattern(old).sub(new, value)),
    "replace": _changed(lambda value, old, new: value.replace(old, new)),
    "indexOf": index_of,
    "substring": substring,
    "length": _plain(len),
    "lower": _plain(str.lower),
    "upper": _plain(str.upper),
    "trim": _plain(str.strip),
    "toString": _plain(lambda value: value),
    "toInteger": _plain(lambda value: int(value) if _INTEGER.match(value) else None),
    "toDecimal": _plain(lambda value: Decimal(value) if _DECIMAL.match(value) else None),
    "toBoolean": _plain(lambda value: {"true": True, "false": False}.get(value.lower())),
    "round": rounded,
}
"""Function name → builder taking the base and the arguments."""
