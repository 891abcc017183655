"""Open arrivals: rate, independence of answers, and nothing vanishes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from statistics import fmean

import pytest

from loadtests.arrivals import DROPPED, OpenArrivals, poisson_starts
from pruefstand.model.sample import Sample
from pruefstand.rng import Rng


class FakeTime:
    """Time that only moves when someone sleeps."""

    def __init__(self) -> None:
        self.instant = 0.0

    def now(self) -> float:
        return self.instant

    def sleep(self, seconds: float) -> None:
        self.instant += seconds


class DirectPool:
    """Runs a flow at once; it is full as long as `busy_until` lies ahead."""

    def __init__(self, time: FakeTime, busy: tuple[float, float] = (0.0, 0.0)) -> None:
        self._time = time
        self._busy = busy

    def full(self) -> bool:
        return self._busy[0] <= self._time.instant < self._busy[1]

    def spawn(self, function: Callable[[int, float], None], number: int, intended: float) -> object:
        return function(number, intended)


def arrive(
    starts: list[float], action: Callable[[int, FakeTime], None], busy: tuple[float, float] = (0, 0)
) -> list[Sample]:
    time = FakeTime()
    samples: list[Sample] = []
    OpenArrivals(
        "verordnen",
        lambda number: action(number, time),
        pool=DirectPool(time, busy),
        now=time.now,
        sleep=time.sleep,
        record=samples.append,
    ).run(iter(starts))
    return samples


def test_starts_hold_the_rate_and_stay_below_the_duration() -> None:
    starts = list(poisson_starts(50.0, 100.0, Rng(1)))
    assert len(starts) == pytest.approx(5000, rel=0.05)
    assert starts == sorted(starts)
    assert starts[-1] < 100.0


def test_gaps_are_exponential_not_regular() -> None:
    starts = list(poisson_starts(10.0, 1000.0, Rng(2)))
    gaps = [after - before for before, after in pairwise(starts)]
    mean = fmean(gaps)
    variance = fmean((gap - mean) ** 2 for gap in gaps)
    assert variance**0.5 == pytest.approx(mean, rel=0.05)


def test_the_same_seed_gives_the_same_starts_and_another_does_not() -> None:
    first = list(poisson_starts(5.0, 20.0, Rng(3)))
    assert first == list(poisson_starts(5.0, 20.0, Rng(3)))
    assert first != list(poisson_starts(5.0, 20.0, Rng(4)))


def test_a_stall_of_the_target_is_in_the_latency_of_those_who_waited() -> None:
    def stall_once(number: int, time: FakeTime) -> None:
        time.sleep(1.5 if number == 0 else 0.01)

    samples = arrive([0.0, 0.1, 0.2], stall_once)
    latencies = [sample.latency for sample in samples]
    assert latencies == pytest.approx([1.5, 1.41, 1.32])


def test_a_start_without_room_is_a_failed_sample() -> None:
    samples = arrive([0.0, 1.0, 2.0], lambda *_: None, busy=(0.5, 1.5))
    assert [sample.ok for sample in samples] == [True, False, True]
    assert samples[1].dropped
    assert samples[1].latency is None
    assert samples[1].error == DROPPED


def test_a_failing_flow_is_recorded_and_the_next_still_starts() -> None:
    def fail_first(number: int, time: FakeTime) -> None:
        time.sleep(0.2)
        if number == 0:
            raise ValueError("kaputt")

    samples = arrive([0.0, 1.0], fail_first)
    assert [sample.ok for sample in samples] == [False, True]
    assert samples[0].error == "ValueError: kaputt"
    assert samples[0].latency == pytest.approx(0.2)


def test_a_killed_flow_does_not_vanish() -> None:
    class Killed(BaseException):
        pass

    samples: list[Sample] = []
    time = FakeTime()

    def die(number: int) -> None:
        raise Killed

    arrivals = OpenArrivals(
        "verordnen", die, pool=DirectPool(time), now=time.now, sleep=time.sleep,
        record=samples.append,
    )  # fmt: skip
    with pytest.raises(Killed):
        arrivals.run(iter([0.0]))
    assert [(sample.ok, sample.end) for sample in samples] == [(False, None)]


def test_arrivals_are_testable_without_gevent() -> None:
    assert "gevent" not in sys.modules
