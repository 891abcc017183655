from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest

from pruefstand.clock import VirtualClock
from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_from_json, exchange_to_json
from pruefstand.evidence.event_log import BrokenChain, read_events
from pruefstand.evidence.run_folder import RunWriter, create_run_folder, read_run
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.rng import Rng

CLOCK = VirtualClock.at_day(date(2026, 11, 24))
START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def exchange(name: str, body: bytes) -> Exchange:
    return Exchange(
        id=name,
        parent=None,
        layer=Layer.HTTP,
        side=Side.CLIENT,
        actor="pvs",
        peer="erezept",
        operation="Task/$create",
        started=START,
        duration=0.01,
        request=Message("POST /Task/$create HTTP/1.1", (("X-Ünï", "a"), ("X-Ünï", "b")), body),
        response=Message("HTTP/1.1 201 Created", (), b"\xff\x00", 201),
        facts={"tls": "1.3"},
        case="TC-1",
        step=0,
    )


def case(writer: RunWriter, name: str = "TC-1", verdict: Verdict = Verdict.PASSED) -> CaseRecord:
    return CaseRecord(
        id=name,
        title="Rezept einlösen",
        feature="E-Rezept",
        tags=("erezept",),
        verdict=verdict,
        steps=(StepRecord("Wenn", "die Praxis verordnet", "passed", 0.2),),
        findings=(Finding("A_1", "Status", Verdict.PASSED, "201", "201", f"{name}-e1"),),
        exchanges=(exchange_to_json(exchange(f"{name}-e1", b"<Task/>"), writer.blob),),
        duration=0.3,
    )


def written(folder: Path) -> Path:
    writer = RunWriter(folder, CLOCK)
    cases = [case(writer), case(writer, "TC-2", Verdict.FAILED)]
    writer.case(cases[0])
    writer.finish({"id": folder.name, "seed": "1", "exit_code": 1}, cases)
    return folder


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    run = read_run(written(tmp_path / "run"))
    writer = RunWriter(tmp_path / "other", CLOCK)
    assert run.cases == (case(writer), case(writer, "TC-2", Verdict.FAILED))
    assert run.info["seed"] == "1"
    assert [event.kind for event in run.log.events] == ["exchange", "step", "finding", "case"] * 2


def test_an_exchange_survives_json_byte_for_byte(tmp_path: Path) -> None:
    run = read_run(written(tmp_path / "run"))
    again = exchange_from_json(json.loads(json.dumps(run.cases[0].exchanges[0])), run.blob)
    assert again == exchange("TC-1-e1", b"<Task/>")


def test_a_case_survives_json(tmp_path: Path) -> None:
    record = case(RunWriter(tmp_path, CLOCK))
    assert CaseRecord.from_json(json.loads(json.dumps(record.to_json()))) == record


def test_summary_counts_every_verdict(tmp_path: Path) -> None:
    summary = json.loads((written(tmp_path / "run") / "verdicts.json").read_text())["summary"]
    assert summary["bestanden"] == summary["nicht bestanden"] == 1
    assert sum(summary.values()) == 2
    assert set(summary) == {verdict.value for verdict in Verdict}


def test_cases_with_one_id_keep_their_own_exchanges(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    first, second = case(writer), case(writer)
    second.exchanges[0]["id"] = "another"
    writer.case(first)
    writer.finish({}, [first, second])
    ids = [record.exchanges[0]["id"] for record in read_run(tmp_path).cases]
    assert ids == ["TC-1-e1", "another"]


def test_a_tampered_line_is_named(tmp_path: Path) -> None:
    log = written(tmp_path / "run") / "events.ndjson"
    log.write_bytes(log.read_bytes().replace(b"POST /Task", b"POST /task", 1))
    with pytest.raises(BrokenChain, match="Zeile 2: die Hash-Kette ist unterbrochen"):
        read_run(log.parent)


def drop_line(raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    return b"".join(lines[:2] + lines[3:])


def swap_lines(raw: bytes) -> bytes:
    lines = raw.splitlines(keepends=True)
    return b"".join([lines[0], lines[2], lines[1], *lines[3:]])


def cut_tail(raw: bytes) -> bytes:
    return b"".join(raw.splitlines(keepends=True)[:-1])


@pytest.mark.parametrize(
    "damage",
    [
        drop_line,
        swap_lines,
        cut_tail,
        lambda raw: raw[:-1],
        lambda raw: raw + b"[]\n",
        lambda raw: raw + b"[" * 100_000 + b"\n",
        lambda raw: b"\xff" + raw,
        lambda raw: b"",
    ],
)
def test_every_damage_to_the_log_is_found(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    log = written(tmp_path / "run") / "events.ndjson"
    log.write_bytes(damage(log.read_bytes()))
    with pytest.raises(OperatorError, match=r"events\.ndjson"):
        read_run(log.parent)


def test_every_changed_bit_of_the_log_is_found(tmp_path: Path) -> None:
    log = written(tmp_path / "run") / "events.ndjson"
    raw = log.read_bytes()
    for place in range(0, len(raw), 41):
        log.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        with pytest.raises(OperatorError):
            read_run(log.parent)
    log.write_bytes(raw)
    assert read_run(log.parent).log.events


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"nicht bestanden",', '"bestanden",'),
        ('"actual": "201"', '"actual": "200"'),
        ('"event": 4', '"event": 8'),
        ('"event": 4', '"event": 99'),
        ('"event": 4', '"event": 1'),
        ('"event": 4', '"event": "x"'),
        ('"nicht bestanden": 1', '"nicht bestanden": 0'),
        ('"title"', '"titel"'),
    ],
)
def test_a_changed_verdict_is_found(tmp_path: Path, old: str, new: str) -> None:
    path = written(tmp_path / "run") / "verdicts.json"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(OperatorError, match=r"verdicts\.json"):
        read_run(path.parent)


def test_a_changed_or_lost_body_is_found(tmp_path: Path) -> None:
    run = read_run(written(tmp_path / "run"))
    digest = run.cases[0].exchanges[0]["request"]["body"]
    path = run.folder / "blobs" / "sha256" / digest[:2] / digest
    assert run.blob(digest) == path.read_bytes() == b"<Task/>"
    path.write_bytes(b"<task/>")
    with pytest.raises(OperatorError, match="SHA-256"):
        run.blob(digest)
    path.unlink()
    with pytest.raises(OperatorError, match="nicht lesbar"):
        run.blob(digest)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_a_body_name_cannot_leave_the_folder(tmp_path: Path, digest: str) -> None:
    run = read_run(written(tmp_path / "run"))
    with pytest.raises(OperatorError, match="kein SHA-256"):
        run.blob(digest)


@pytest.mark.parametrize("name", ["run.json", "verdicts.json", "events.ndjson"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    folder = written(tmp_path / "run")
    (folder / name).unlink()
    with pytest.raises(OperatorError, match=name):
        read_run(folder)


def write_bodies(folder: str) -> list[str]:
    writer = RunWriter(Path(folder), CLOCK)
    return [writer.blob(f"body {number}".encode() * 500) for number in range(50)]


def test_several_processes_share_the_blobs(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3, get_context("spawn")) as pool:
        results = list(pool.map(write_bodies, [str(tmp_path)] * 3))
    assert results[0] == results[1] == results[2]
    stored = [path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()]
    assert sorted(stored) == sorted(results[0])


def test_a_second_writer_continues_the_chain(tmp_path: Path) -> None:
    clock = VirtualClock.at_day(date(2026, 11, 24))
    RunWriter(tmp_path, clock).event("step", {"text": "eins"})
    assert RunWriter(tmp_path, clock).event("step", {"text": "zwei"}) == 2
    log = read_events(tmp_path / "events.ndjson")
    assert [event.data["text"] for event in log.events] == ["eins", "zwei"]
    assert log.events[0].time.startswith("2026-11-24T09:00:")


def test_an_unknown_kind_is_refused_and_leaves_the_chain_intact(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    with pytest.raises(ValueError, match="unknown event kind"):
        writer.event("gossip", {})
    writer.event("step", {})
    assert len(read_events(tmp_path / "events.ndjson").events) == 1


def test_an_unserialisable_event_leaves_the_chain_intact(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path, CLOCK)
    with pytest.raises(TypeError):
        writer.event("step", {"text": b"bytes"})
    writer.event("step", {})
    assert len(read_events(tmp_path / "events.ndjson").events) == 1


def test_a_run_without_cases_is_readable(tmp_path: Path) -> None:
    RunWriter(tmp_path, CLOCK).finish({"id": "leer"}, [])
    assert read_run(tmp_path).cases == ()


def test_run_folders_never_collide(tmp_path: Path) -> None:
    names = [create_run_folder(tmp_path, START, Rng(1)).name for _ in range(3)]
    assert len(set(names)) == 3
    assert all(name.startswith("20261124-100000-") and len(name) == 22 for name in names)


def killed(folder: Path) -> Path:
    """Write what a killed run leaves: a begun `run.json` and a log without an end."""
    writer = RunWriter(folder, CLOCK)
    writer.begin({"id": folder.name})
    for name in ("TC-1", "TC-2"):
        writer.case(case(writer, name))
    return folder / "events.ndjson"


def test_a_killed_run_is_read_up_to_its_last_complete_case(tmp_path: Path) -> None:
    log = killed(tmp_path / "run")
    run = read_run(log.parent)
    whole = RunWriter(tmp_path / "other", CLOCK)
    assert run.cases == (case(whole, "TC-1"), case(whole, "TC-2"))
    assert not run.finished
    lines = log.read_bytes().splitlines(keepends=True)
    for kept, cases in ((len(lines) - 1, 1), (len(lines) - 2, 1), (4, 1), (3, 0), (0, 0)):
        log.write_bytes(b"".join(lines[:kept]) + lines[kept][:50])
        assert len(read_run(log.parent).cases) == cases


def test_a_killed_run_does_not_hide_a_changed_line(tmp_path: Path) -> None:
    log = killed(tmp_path / "run")
    log.write_bytes(log.read_bytes().replace(b"POST /Task", b"POST /task", 1))
    with pytest.raises(BrokenChain, match="Zeile 2"):
        read_run(log.parent)


def test_a_run_of_a_thousand_cases_is_read_without_their_traffic(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run", CLOCK)
    template = case(writer)
    bulky = replace(
        template, exchanges=({"id": "e", "request": {"body": ""}, "fill": "x" * 20_000},)
    )
    cases = []
    for number in range(1000):
        record = replace(bulky, id=f"TC-{number}")
        writer.case(record)
        cases.append(replace(record, exchanges=()))
    writer.finish({"id": "run"}, cases)
    tracemalloc.start()
    try:
        run = read_run(tmp_path / "run")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000 < (tmp_path / "run" / "events.ndjson").stat().st_size
    assert run.cases[-1].exchanges[0]["fill"] == "x" * 20_000


def test_events_are_a_sequence(tmp_path: Path) -> None:
    events = read_run(written(tmp_path / "run")).log.events
    assert [event.seq for event in events[2:5]] == [3, 4, 5]
    assert (events[-1].seq, events[0].seq, len(events[3:1])) == (8, 1, 0)
    with pytest.raises(IndexError):
        events[8]
    with pytest.raises(ValueError, match="forwards"):
        events[::2]
