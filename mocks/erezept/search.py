"""FHIR search on values in memory: dates with prefixes, tokens, sorting, paging."""

from __future__ import annotations

import calendar
import operator
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlencode

from mocks.erezept.errors import Refused
from pruefstand.clock import BERLIN

MAX_COUNT = 50
_DATE = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb)?(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")
_INSTANT = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb)?(\d{4}-\d\d-\d\dT.+)")

T = TypeVar("T")
Span = tuple[datetime, datetime]
"""From (inclusive) to (exclusive)."""

_COMPARE: dict[str, Callable[[datetime, Span], bool]] = {
    "eq": lambda at, span: span[0] <= at < span[1],
    "ne": lambda at, span: not span[0] <= at < span[1],
    "gt": lambda at, span: operator.ge(at, span[1]),
    "sa": lambda at, span: operator.ge(at, span[1]),
    "lt": lambda at, span: operator.lt(at, span[0]),
    "eb": lambda at, span: operator.lt(at, span[0]),
    "ge": lambda at, span: operator.ge(at, span[0]),
    "le": lambda at, span: operator.lt(at, span[1]),
}


def date_filter(text: str) -> Callable[[datetime], bool]:
    """Return the test for a date parameter; a day is a Berlin day; raises Refused 400."""
    try:
        prefix, span = _parsed(text)
    except ValueError:
        raise Refused("search-parameter") from None
    compare = _COMPARE[prefix or "eq"]
    return lambda at: compare(at, span)


def _parsed(text: str) -> tuple[str | None, Span]:
    found = _INSTANT.fullmatch(text)
    if found:
        # A plus sign arrives as a space where the sender did not encode it.
        at = datetime.fromisoformat(found[2].replace(" ", "+"))
        at = at if at.tzinfo else at.replace(tzinfo=BERLIN)
        return found[1], (at, at + timedelta(seconds=1))
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    year, month, day = int(found[2]), int(found[3] or 1), int(found[4] or 1)
    first = date(year, month, day)
    if found[3] is None:
        last = date(year, 12, 31)
    elif found[4] is None:
        last = date(year, month, calendar.monthrange(year, month)[1])
    else:
        last = first
    return found[1], (midnight(first), midnight(last + timedelta(days=1)))


def midnight(day: date) -> datetime:
    """Return the first moment of `day` in Berlin."""
    return datetime.combine(day, time(), BERLIN)


@dataclass(frozen=True, slots=True)
class Search(Generic[T]):
    """The search parameters of a resource type; unknown ones are ignored."""

    dates: Mapping[str, Callable[[T], datetime | None]]
    """Value per date parameter; `NULL` finds items without one."""
    tokens: Mapping[str, Callable[[T], Collection[str]]]
    """Values per token parameter; a comma separates alternatives."""
    default_sort: str | None = None

    def select(self, items: Sequence[T], query: Mapping[str, str]) -> list[T]:
        """Return the matching items in the order `_sort` wants; raises Refused 400."""
        found = list(items)
        for name, value_of in self.dates.items():
            if name in query:
                found = _dated(found, value_of, query[name])
        for name, values_of in self.tokens.items():
            if name in query:
                wanted = {token.rpartition("|")[2] for token in query[name].split(",")}
                found = [item for item in found if wanted.intersection(values_of(item))]
        return self._sorted(found, query)

    def _sorted(self, found: list[T], query: Mapping[str, str]) -> list[T]:
        for name in reversed((query.get("_sort") or self.default_sort or "").split(",")):
            value_of = self.dates.get(name.removeprefix("-"))
            if value_of is not None:
                found = _in_order(found, value_of, descending=name.startswith("-"))
        return found


def _dated(found: list[T], value_of: Callable[[T], datetime | None], text: str) -> list[T]:
    if text == "NULL":
        return [item for item in found if value_of(item) is None]
    matches = date_filter(text)
    return [item for item in found if (at := value_of(item)) is not None and matches(at)]


def _in_order(
    found: list[T], value_of: Callable[[T], datetime | None], *, descending: bool
) -> list[T]:
    missing = datetime.max.replace(tzinfo=UTC)
    return sorted(found, key=lambda item: value_of(item) or missing, reverse=descending)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A part of a search result with the links to its neighbours."""

    items: list[T]
    total: int
    links: list[tuple[str, str]]
    """Relation and address."""


def page(items: list[T], query: Mapping[str, str], url: str) -> Page[T]:
    """Return the part `_count` and `__offset` ask for; at most 50 items."""
    start = number(query.get("__offset"), 0)
    count = min(number(query.get("_count"), MAX_COUNT), MAX_COUNT)
    offsets = {"self": start, "first": 0}
    if start > 0:
        offsets["prev"] = max(start - count, 0)
    if start + count < len(items):
        offsets["next"] = start + count
    kept = {name: text for name, text in query.items() if name not in ("_count", "__offset")}
    links = [
        (relation, f"{url}?{urlencode({**kept, '_count': count, '__offset': offset})}")
        for relation, offset in offsets.items()
    ]
    return Page(items[start : start + count], len(items), links)


def number(text: str | None, default: int) -> int:
    """Return a count or offset; what is no number counts as not given."""
    return int(text) if text and text.isascii() and text.isdigit() else default
