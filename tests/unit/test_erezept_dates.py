"""Deadlines of prescriptions: Berlin days, month ends, working days, multiple prescriptions."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from mocks.erezept.dates import (
    add_months,
    deadlines,
    easter_sunday,
    german,
    is_holiday,
    nth_working_day,
)
from pruefstand.clock import berlin_day


@pytest.mark.parametrize(
    ("flow_type", "expiry", "accept"),
    [
        (160, date(2027, 2, 23), date(2026, 12, 21)),
        (162, date(2027, 2, 23), date(2027, 2, 23)),
        (166, date(2026, 11, 29), date(2026, 11, 29)),
        (169, date(2027, 2, 23), date(2026, 12, 21)),
        (200, date(2027, 2, 23), date(2027, 2, 23)),
        (209, date(2027, 2, 23), date(2027, 2, 23)),
    ],
)
def test_deadlines_follow_the_flow_type(flow_type: int, expiry: date, accept: date) -> None:
    found = deadlines(flow_type, date(2026, 11, 23))
    assert (found.expiry, found.accept) == (expiry, accept)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (date(2022, 8, 31), date(2022, 11, 30)),
        (date(2022, 11, 30), date(2023, 2, 28)),
        (date(2023, 11, 30), date(2024, 2, 29)),
        (date(2026, 10, 15), date(2027, 1, 15)),
        (date(2026, 12, 31), date(2027, 3, 31)),
    ],
)
def test_three_months_end_at_the_latest_with_the_month(start: date, end: date) -> None:
    assert add_months(start, 3) == end


@pytest.mark.parametrize(
    ("year", "day"),
    [
        (2024, date(2024, 3, 31)),
        (2025, date(2025, 4, 20)),
        (2026, date(2026, 4, 5)),
        (2027, date(2027, 3, 28)),
        (2038, date(2038, 4, 25)),
        (1954, date(1954, 4, 18)),
        (2049, date(2049, 4, 18)),
    ],
)
def test_easter_is_where_the_calendar_has_it(year: int, day: date) -> None:
    assert easter_sunday(year) == day


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 10, 3),
        date(2026, 12, 25),
        date(2026, 12, 26),
    ],
)
def test_nationwide_holidays_are_no_working_days(day: date) -> None:
    assert is_holiday(day)


@pytest.mark.parametrize(
    "day", [date(2026, 1, 6), date(2026, 6, 4), date(2026, 10, 31), date(2026, 12, 24)]
)
def test_regional_holidays_are_working_days(day: date) -> None:
    assert not is_holiday(day)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2021, 4, 23), date(2021, 4, 26)),
        (date(2026, 11, 23), date(2026, 11, 25)),
        (date(2026, 4, 2), date(2026, 4, 7)),
        (date(2026, 12, 24), date(2026, 12, 29)),
        (date(2026, 11, 22), date(2026, 11, 25)),
    ],
)
def test_three_working_days_count_today_and_skip_sundays_and_holidays(
    first: date, last: date
) -> None:
    assert nth_working_day(first, 3) == last


@pytest.mark.parametrize("legal_basis", ["04", "14"])
@pytest.mark.parametrize("flow_type", [160, 166, 169, 200, 209])
def test_discharge_prescriptions_are_paid_for_three_working_days(
    legal_basis: str, flow_type: int
) -> None:
    found = deadlines(flow_type, date(2021, 4, 23), legal_basis=legal_basis)
    assert found.accept == date(2021, 4, 26)


@pytest.mark.parametrize("legal_basis", [None, "00", "01", "10"])
def test_other_legal_bases_keep_28_days(legal_basis: str | None) -> None:
    found = deadlines(160, date(2021, 4, 23), legal_basis=legal_basis)
    assert found.accept == date(2021, 5, 21)


def test_multiple_prescription_ends_with_its_period() -> None:
    found = deadlines(160, date(2026, 11, 23), is_mvo=True, mvo_end=date(2027, 6, 30))
    assert (found.expiry, found.accept) == (date(2027, 6, 30), date(2027, 6, 30))


def test_multiple_prescription_without_end_lasts_a_year() -> None:
    found = deadlines(160, date(2026, 11, 23), is_mvo=True)
    assert (found.expiry, found.accept) == (date(2027, 11, 23), date(2027, 11, 23))


def test_signing_late_in_utc_is_the_next_berlin_day_in_summer() -> None:
    assert berlin_day(datetime(2026, 7, 1, 22, 30, tzinfo=UTC)) == date(2026, 7, 2)
    assert berlin_day(datetime(2026, 12, 1, 22, 30, tzinfo=UTC)) == date(2026, 12, 1)


def test_days_are_printed_the_german_way() -> None:
    assert german(date(2026, 3, 7)) == "07.03.2026"
