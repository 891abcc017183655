"""The functions of FHIRPath over strings and numbers, as builders of closures."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

from pruefstand.fhir.path.focus import Focus, Items, Step
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
    if len(items) > 1:
        raise FhirPathProblem("several items where one string is expected")
    return text(items[0]) if items else None


def _plain(result: Callable[[str], object]) -> Callable[[Step], Step]:
    def build(base: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            value = _text_of(base(items, focus))
            found = None if value is None else result(value)
            return [] if found is None else [found]

        return run

    return build


def _test(holds: Callable[[str, str], bool]) -> Callable[[Step, Step], Step]:
    def build(base: Step, argument: Step) -> Step:
        def run(items: Items, focus: Focus) -> Items:
            value = _text_of(base(items, focus))
            wanted = _text_of(argument(items, focus))
            # The oracle answers false, not empty, on an empty input; ref-1 depends on it.
            return [value is not None and wanted is not None and holds(value, wanted)]

        return run

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


def rounded(base: Step, digits: Step | None = None) -> Step:
    """`round([digits])`."""

    def run(items: Items, focus: Focus) -> Items:
        found = base(items, focus)
        places = int(scalar(digits(items, focus)[0])) if digits else 0
        return [round(Decimal(scalar(found[0])), places)] if found else []

    return run


TEXT_FUNCTIONS: dict[str, Callable[..., Step]] = {
    "matches": _test(lambda value, pattern: _pattern(pattern).search(value) is not None),
    "startsWith": _test(str.startswith),
    "endsWith": _test(str.endswith),
    "contains": _test(lambda value, part: part in value),
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
