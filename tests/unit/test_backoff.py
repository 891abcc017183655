"""Waits between attempts: they grow, end at five minutes, and are forgotten after a success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pruefstand.clients.backoff import Backoff

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_first_attempt_and_the_one_after_a_success_are_free() -> None:
    backoff = Backoff()
    assert backoff.due(NOON)
    backoff.failed(NOON)
    backoff.succeeded()
    assert backoff.due(NOON)


def test_waits_double_up_to_five_minutes() -> None:
    backoff, now, waits = Backoff(), NOON, []
    for _ in range(9):
        backoff.failed(now)
        waited = SECOND
        while not backoff.due(now + waited):
            waited += SECOND
        assert not backoff.due(now + waited - SECOND)
        waits.append(int(waited.total_seconds()))
        now += waited
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_a_clock_put_back_does_not_block_for_ever() -> None:
    backoff = Backoff()
    backoff.failed(NOON)
    assert backoff.due(NOON - timedelta(days=1))
