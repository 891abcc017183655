"""Clocks: virtual time runs, jumps, and counts German days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from pruefstand.clock import BERLIN, SystemClock, VirtualClock, berlin_day, stopwatch

START = datetime(2027, 1, 20, 9, tzinfo=UTC)
SLACK = timedelta(seconds=5)


def near(left: datetime, right: datetime) -> bool:
    return abs(left - right) < SLACK


def test_the_system_clock_is_aware_and_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_a_virtual_clock_starts_where_it_is_told_and_runs() -> None:
    clock = VirtualClock(START)
    first = clock.now()
    assert near(first, START)
    assert first.tzinfo is UTC
    assert clock.now() >= first


@pytest.mark.parametrize("day", [date(2026, 7, 1), date(2027, 1, 20), date(2028, 2, 29)])
def test_a_day_starts_at_ten_in_berlin_in_summer_and_winter(day: date) -> None:
    now = VirtualClock.at_day(day).now()
    assert berlin_day(now) == day
    assert now.astimezone(BERLIN).hour == 10


def test_a_virtual_clock_jumps_both_ways() -> None:
    clock = VirtualClock(START)
    clock.advance(timedelta(days=10))
    assert near(clock.now(), START + timedelta(days=10))
    clock.move_to(START - timedelta(days=1))
    assert near(clock.now(), START - timedelta(days=1))


def test_a_jump_may_be_named_in_any_zone() -> None:
    clock = VirtualClock(START)
    clock.move_to(datetime(2027, 6, 1, 0, 30, tzinfo=BERLIN))
    assert near(clock.now(), datetime(2027, 5, 31, 22, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 7, 1, 21, 59, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 7, 1, 22, 0, tzinfo=UTC), date(2026, 7, 2)),
        (datetime(2026, 12, 31, 22, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_german_day_changes_at_german_midnight(instant: datetime, day: date) -> None:
    assert berlin_day(instant) == day


def test_the_stopwatch_never_runs_backwards() -> None:
    first = stopwatch()
    assert stopwatch() >= first


def test_a_stopped_clock_stands_and_goes_on_from_there() -> None:
    clock = VirtualClock(START)
    with clock.stopped():
        first = clock.now()
        with clock.stopped():
            assert clock.now() == first
        assert clock.now() == first
        clock.advance(timedelta(hours=1))
        assert clock.now() == first + timedelta(hours=1)
        clock.move_to(START)
        assert clock.now() == START
    assert clock.now() >= START
    assert near(clock.now(), START)


def test_a_clock_that_stood_still_runs_again() -> None:
    clock = VirtualClock(START)
    with clock.stopped():
        stood = clock.now()
    while clock.now() == stood:
        pass
    assert clock.now() > stood
