"""Names, versions and deadlines of the eAU."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy
import pytest

from pruefstand.clock import BERLIN
from pruefstand.kim.eau import EauMessage, Stem
from pruefstand.kim.eau_deadlines import (
    add_working_days,
    easter,
    end_of_working_day,
    is_working_day,
    storno_allowed,
)
from pruefstand.kim.eau_versions import accepted_on, answer_version

DOCUMENT = "17721cca-c7e8-597b-98b1-71626a9e399f"
HOLIDAYS = [
    "2026-12-25",
    "2027-01-01",
    "2027-03-26",
    "2027-03-29",
    "2027-05-06",
    "2027-05-17",
]


@pytest.mark.parametrize(
    ("year", "day"),
    [(2024, (3, 31)), (2025, (4, 20)), (2026, (4, 5)), (2027, (3, 28)), (2038, (4, 25))],
)
def test_easter_is_where_the_calendar_has_it(year: int, day: tuple[int, int]) -> None:
    assert easter(year) == date(year, *day)


@pytest.mark.parametrize("count", [1, 3, 10, 60, 120])
def test_working_days_agree_with_numpy(count: int) -> None:
    wanted = numpy.busday_offset("2026-11-23", count, holidays=HOLIDAYS)
    assert add_working_days(date(2026, 11, 23), count) == wanted.astype(date)


def test_saturdays_do_not_count() -> None:
    assert not is_working_day(date(2026, 11, 28))
    assert is_working_day(date(2026, 11, 30))


@pytest.mark.parametrize(
    ("sent", "last", "offset"),
    [
        # The period ends under another offset than it began: midnight is German midnight.
        (datetime(2026, 10, 23, 12, tzinfo=BERLIN), date(2026, 10, 28), "+01:00"),
        (datetime(2026, 3, 26, 12, tzinfo=BERLIN), date(2026, 3, 31), "+02:00"),
        (datetime(2026, 12, 30, 23, 30, tzinfo=UTC), date(2027, 1, 6), "+01:00"),
    ],
)
def test_periods_end_at_german_midnight(sent: datetime, last: date, offset: str) -> None:
    end = end_of_working_day(sent, 3)
    assert end.isoformat() == f"{date.fromordinal(last.toordinal() + 1)}T00:00:00{offset}"


def test_the_last_second_counts() -> None:
    sent = datetime(2026, 11, 23, 9, tzinfo=BERLIN)
    end = end_of_working_day(sent, 120)
    assert storno_allowed(sent, datetime.fromtimestamp(end.timestamp() - 1, UTC))
    assert not storno_allowed(sent, end)


@pytest.mark.parametrize("message", list(EauMessage))
@pytest.mark.parametrize("test", [True, False])
def test_names_come_back(message: EauMessage, test: bool) -> None:
    attachment = message.attachment(DOCUMENT, b"x", test=test)
    assert Stem.parse(attachment.name) == Stem(message, DOCUMENT, test)


def test_the_scheme_of_the_id_may_stand_in_a_name() -> None:
    assert Stem.parse(f"EEAU0_urn:uuid:{DOCUMENT}.p7s").document_id == DOCUMENT


@pytest.mark.parametrize("name", ["", "EAU0_x", f"XEAU0_{DOCUMENT}", f"EEAU1_{DOCUMENT}"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="kein Name"):
        Stem.parse(name)


@pytest.mark.parametrize(
    ("profile", "kennung", "answer"),
    [
        ("1.2", "V1.2", ("1.2", "V1.2")),
        ("1.2", "V1.1", ("1.2", "V1.1")),
        ("", "V1.1", ("1.1", "V1.1")),
        ("1.1", "V1.1", ("1.1", "V1.1")),
        ("1.1", "V1.2", ("1.1", "V1.1")),
        ("", "V1.2", ("1.2", "V1.2")),
        ("1.1", "V9.9", ("1.1", "V1.1")),
        ("1.2", "V9.9", ("1.2", "V1.2")),
        ("7.7", "V9.9", ("1.2", "V1.2")),
    ],
)
def test_the_answer_has_the_version_of_the_table(
    profile: str, kennung: str, answer: tuple[str, str]
) -> None:
    found = answer_version(profile, kennung)
    assert (found.profile, found.dienstkennung) == answer


def test_the_old_version_ends_on_31_march_in_germany() -> None:
    last = datetime(2026, 3, 31, 23, 59, tzinfo=BERLIN)
    first = datetime(2026, 3, 31, 22, 0, tzinfo=UTC)  # midnight in Germany
    assert accepted_on("1.1", last)
    assert not accepted_on("1.1", first)
    assert accepted_on("1.2", first)
    assert not accepted_on("1.3", first)
