"""The periods of the eAU, in German calendar days and working days.

A working day is neither Saturday nor Sunday nor a holiday of all of Germany; holidays of single
Länder are not known here.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from pruefstand.clock import BERLIN, berlin_day

RECEIPT_WITHIN = timedelta(hours=24)
"""Without receipt and without error so long, the practice is warned (P5-04/AK5)."""

RETRY_EVERY = timedelta(hours=4)
RETRY_WORKING_DAYS = 3
"""A failure of KIM itself is tried again so often and so long (P5-04/AK15a)."""

STORNO_WORKING_DAYS = 120
"""So long after sending a note may be taken back (P6-04/AK5)."""

POLL_AT_LEAST = timedelta(minutes=10)

_FIXED = ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
_FROM_EASTER = (-2, 1, 39, 50)


def easter(year: int) -> date:
    """Return Easter Sunday by the Gregorian computus (Meeus, Jones, Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)


def is_working_day(day: date) -> bool:
    """Return whether `day` counts."""
    if day.weekday() >= 5 or (day.month, day.day) in _FIXED:
        return False
    return (day - easter(day.year)).days not in _FROM_EASTER


def add_working_days(day: date, count: int) -> date:
    """Return the `count`-th working day after `day`."""
    while count > 0:
        day += timedelta(days=1)
        count -= is_working_day(day)
    return day


def end_of_working_day(start: datetime, count: int) -> datetime:
    """Return the end, at midnight in Germany, of the `count`-th working day after `start`."""
    day = add_working_days(berlin_day(start), count) + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)


def storno_allowed(sent: datetime, now: datetime) -> bool:
    """Return whether a note sent at `sent` may still be taken back at `now`."""
    return now < end_of_working_day(sent, STORNO_WORKING_DAYS)
