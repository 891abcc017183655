"""A service that cannot answer now, and a client that waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pruefstand.clients.erezept import ErezeptRefusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.flows.wiederholen import HOUR, MOST_TRIES, patiently
from tests.contract.erezept_bench import DAY, Bench


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-patience", VirtualClock.at_day(DAY))


def create_against(pki: Pki, status: int, seconds: float) -> tuple[int | None, list[float]]:
    """Create a task while the service answers `status`; return a refusal's status and pauses."""
    clock = VirtualClock.at_day(DAY)
    bench = Bench(pki, clock)
    until = (clock.now() + timedelta(seconds=seconds)).isoformat()
    bench.context.settings = {"unavailable": {"status": status, "until": until}}
    pauses: list[float] = []

    def pause(length: float) -> None:
        pauses.append(length)
        clock.advance(timedelta(seconds=length))

    try:
        patiently(lambda: bench.as_role("practice").create(160), pause)
    except ErezeptRefusal as refusal:
        return refusal.status, pauses
    return None, pauses


@pytest.mark.parametrize("status", [408, 500, 503, 504, 507, 512])
def test_what_passes_is_waited_for(pki: Pki, status: int) -> None:
    assert create_against(pki, status, 6) == (None, [1, 2, 4])


def test_too_many_requests_wait_an_hour(pki: Pki) -> None:
    assert create_against(pki, 429, HOUR / 2) == (None, [HOUR])


@pytest.mark.parametrize("status", [400, 403, 404, 502, 506])
def test_what_does_not_pass_is_final(pki: Pki, status: int) -> None:
    assert create_against(pki, status, 6) == (status, [])


def test_ten_tries_are_enough(pki: Pki) -> None:
    status, pauses = create_against(pki, 503, 10 * HOUR)
    assert (status, len(pauses)) == (503, MOST_TRIES - 1)
