"""The recorder: order, attribution to scenario and step, parents, threads."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from pruefstand.clock import VirtualClock
from pruefstand.model.exchange import Layer, Message, Side
from pruefstand.transport.recorder import NULL_RECORDER, Recorder, Timer

START = datetime(2026, 7, 1, 8, tzinfo=UTC)


def add(recorder: Recorder, operation: str = "Task/$create", **more: object) -> str:
    return recorder.add(
        Layer.HTTP,
        actor="pvs",
        peer="erezept",
        operation=operation,
        request=Message("POST /"),
        response=Message("200", status=200),
        **more,  # type: ignore[arg-type]
    )


def test_exchanges_keep_their_order_and_have_unique_ids() -> None:
    recorder = Recorder()
    ids = [add(recorder, name) for name in "abc"]
    assert [exchange.operation for exchange in recorder.exchanges] == ["a", "b", "c"]
    assert [exchange.id for exchange in recorder.exchanges] == ids
    assert len(set(ids)) == 3


def test_an_inner_layer_points_to_its_carrier() -> None:
    recorder = Recorder()
    carrier = add(recorder)
    add(recorder, parent=carrier)
    add(recorder, parent="")
    assert [exchange.parent for exchange in recorder.exchanges] == [None, carrier, None]


def test_exchanges_belong_to_the_open_case_and_step() -> None:
    recorder = Recorder()
    recorder.start_case("T-1")
    add(recorder)
    recorder.start_step(2)
    add(recorder)
    assert [(e.case, e.step) for e in recorder.exchanges] == [("T-1", None), ("T-1", 2)]


def test_a_new_case_forgets_the_last_but_ids_go_on() -> None:
    recorder = Recorder()
    recorder.start_case("T-1")
    first = add(recorder)
    recorder.start_case("T-2")
    assert recorder.exchanges == ()
    assert add(recorder) != first


def test_after_the_case_block_nothing_is_attributed() -> None:
    recorder = Recorder()
    with recorder.case("T-1"):
        add(recorder)
    add(recorder)
    assert [exchange.case for exchange in recorder.exchanges] == ["T-1", None]


def test_the_start_lies_before_the_end_by_the_duration() -> None:
    clock = VirtualClock(START)
    recorder = Recorder(clock, side=Side.MOCK)
    before = clock.now()
    add(recorder, duration=2.0)
    (exchange,) = recorder.exchanges
    assert abs(before - timedelta(seconds=2) - exchange.started) < timedelta(seconds=1)
    assert (exchange.side, exchange.duration) == (Side.MOCK, 2.0)


def test_facts_are_copied() -> None:
    recorder = Recorder()
    facts = {"version": "TLSv1.3"}
    add(recorder, facts=facts)
    facts["version"] = "changed"
    assert recorder.exchanges[0].facts == {"version": "TLSv1.3"}


def test_threads_do_not_lose_exchanges() -> None:
    recorder = Recorder()
    threads = [
        threading.Thread(target=lambda: [add(recorder) for _ in range(200)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({exchange.id for exchange in recorder.exchanges}) == 1600


def test_the_null_recorder_records_nothing() -> None:
    assert add(NULL_RECORDER) == ""
    assert NULL_RECORDER.exchanges == ()


def test_a_timer_runs_forwards() -> None:
    timer = Timer()
    first = timer.seconds
    assert 0 <= first <= timer.seconds
