"""Expiry and accept dates of a Task, counted in Berlin calendar days from the signing day."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

DISCHARGE_BASES = frozenset({"04", "14"})
"""Legal bases of a prescription at discharge from hospital (Entlassrezept)."""
DISCHARGE_WORKING_DAYS = 3
MVO_DAYS = 365

_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (10, 3), (12, 25), (12, 26)})
_EASTER_OFFSETS = (-2, 1, 39, 50)
"""Karfreitag, Ostermontag, Himmelfahrt, Pfingstmontag."""


@dataclass(frozen=True, slots=True)
class Span:
    """A period of calendar months and days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """Return `day` plus the span; a missing day becomes the last of its month."""
        return add_months(day, self.months) + timedelta(days=self.days)


_QUARTER = Span(months=3)
_T_PERIOD = Span(days=6)

EXPIRY: Mapping[int, Span] = MappingProxyType(
    {
        160: _QUARTER,
        162: _QUARTER,
        166: _T_PERIOD,
        169: _QUARTER,
        200: _QUARTER,
        209: _QUARTER,
    }
)
ACCEPT: Mapping[int, Span] = MappingProxyType(
    {
        160: Span(days=28),
        162: _QUARTER,
        166: _T_PERIOD,
        169: Span(days=28),
        200: _QUARTER,
        209: _QUARTER,
    }
)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when a prescription is redeemable, and until when the GKV pays."""

    expiry: date
    accept: date


def deadlines(
    flow_type: int,
    signed_on: date,
    *,
    legal_basis: str | None = None,
    is_mvo: bool = False,
    mvo_end: date | None = None,
) -> Deadlines:
    """Return both dates for a prescription signed on the Berlin day `signed_on`."""
    if is_mvo:
        end = mvo_end or signed_on + timedelta(days=MVO_DAYS)
        return Deadlines(end, end)
    expiry = EXPIRY[flow_type].after(signed_on)
    if legal_basis in DISCHARGE_BASES and flow_type != 162:
        return Deadlines(expiry, nth_working_day(signed_on, DISCHARGE_WORKING_DAYS))
    return Deadlines(expiry, ACCEPT[flow_type].after(signed_on))


def add_months(day: date, months: int) -> date:
    """Return `day` plus calendar months, clamped to the end of the month."""
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def nth_working_day(first: date, count: int) -> date:
    """Return the `count`-th working day from `first`, which itself counts when it is one."""
    day = first
    left = count
    while True:
        left -= is_working_day(day)
        if left <= 0:
            return day
        day += timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Return whether `day` is a weekday or Saturday and no nationwide holiday."""
    return day.weekday() != calendar.SUNDAY and not is_holiday(day)


def is_holiday(day: date) -> bool:
    """Return whether `day` is a holiday in every German Land."""
    if (day.month, day.day) in _FIXED_HOLIDAYS:
        return True
    return (day - easter_sunday(day.year)).days in _EASTER_OFFSETS


def easter_sunday(year: int) -> date:
    """Return Easter Sunday of the Gregorian calendar (Gauss, with Lichtenberg's correction)."""
    century = year // 100
    moon = 15 + (3 * century + 3) // 4 - (8 * century + 13) // 25
    sun = 2 - (3 * century + 3) // 4
    golden = year % 19
    seed = (19 * golden + moon) % 30
    limit = seed // 29 + (seed // 28 - seed // 29) * (golden // 11)
    border = 21 + seed - limit
    first_sunday = 7 - (year + year // 4 + sun) % 7
    distance = 7 - (border - first_sunday) % 7
    return date(year, 3, 1) + timedelta(days=border + distance - 1)


def german(day: date) -> str:
    """Return `day` as the service prints it in texts: DD.MM.YYYY."""
    return f"{day:%d.%m.%Y}"
