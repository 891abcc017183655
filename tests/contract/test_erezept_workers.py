"""Several processes on one store file: nothing is lost, doubled or decided twice."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from loadtests.chains import ChainResult, Chains
from mocks.erezept.records import Records
from mocks.erezept.transitions import Status
from pruefstand.clients.erezept import ErezeptRefusal
from pruefstand.clients.erezept_vau import VauChannel
from pruefstand.clock import VirtualClock, stopwatch
from pruefstand.crypto.cms_qes import parse, verify
from pruefstand.errors import ConfigurationError, EnvironmentProblem
from pruefstand.fhir.xml import safe_parse
from pruefstand.ids import rezept_id
from pruefstand.mockkit.file_store import FileStore
from pruefstand.mockkit.workers import WorkerPool
from pruefstand.mockkit.world import MockWorld
from tests.contract.erezept_bench import DAY

CHAINS = 1000
CALLERS = 8
WORKERS = 4
SETTINGS: dict[str, dict[str, object]] = {"erezept": {}}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store") / "erezept.db"


@pytest.fixture(scope="module")
def world(file: Path) -> Iterator[MockWorld]:
    clock = VirtualClock.at_day(DAY)
    with MockWorld(seed=11, clock=clock, settings=SETTINGS, store=file, workers=WORKERS) as running:
        running.start()
        yield running


@pytest.fixture(scope="module")
def callers(world: MockWorld) -> Iterator[list[Chains]]:
    found = [new_caller(world, number) for number in range(CALLERS)]
    yield found
    for caller in found:
        caller.close()


def new_caller(world: MockWorld, number: int) -> Chains:
    tls = world.client_tls("CS1")
    return Chains(world.base_url("erezept"), tls, world.pki, world.clock, number)


def pool(world: MockWorld) -> WorkerPool:
    server = world.servers["erezept"]
    assert isinstance(server, WorkerPool)
    return server


def records(file: Path) -> Records:
    return Records.of(FileStore(file, "erezept"))


def test_of_a_hundred_that_accept_at_once_one_succeeds(
    world: MockWorld, callers: list[Chains]
) -> None:
    practice = callers[0].practice
    task = practice.create(160)
    signed = callers[0].signed(task.prescription_id)
    practice.activate(task.prescription_id, task.access_code, signed)
    start = threading.Barrier(20)

    def attempt(number: int) -> str:
        caller = new_caller(world, 100 + number)
        try:
            start.wait()
            caller.pharmacy.accept(task.prescription_id, task.access_code)
            return "200"
        except ErezeptRefusal as refusal:
            return f"{refusal.status} {refusal.text}"
        finally:
            caller.close()

    with ThreadPoolExecutor(20) as threads:
        answers = Counter(threads.map(attempt, range(100)))
    assert answers == {"200": 1, "409 Task has invalid status in-progress": 99}


def test_a_thousand_chains_over_four_processes_stay_consistent(
    callers: list[Chains], file: Path
) -> None:
    def run(caller: Chains) -> list[ChainResult]:
        return [caller.run() for _ in range(CHAINS // CALLERS)]

    with ThreadPoolExecutor(CALLERS) as threads:
        results = [result for found in threads.map(run, callers) for result in found]
    ids = [result.prescription_id for result in results]
    assert len(ids) == len(set(ids)) == CHAINS
    assert all(map(rezept_id.is_valid, ids))
    stored = records(file)
    for number, result in enumerate(results):
        document = parse(result.signed)
        assert result.receipt.digest == document.message_digest
        assert result.receipt.digest == hashlib.sha256(document.content).digest()
        task = stored.tasks.get(result.prescription_id)
        assert task is not None
        assert task.status is Status.COMPLETED
        assert task.prescription is not None
        assert task.prescription.content == document.content
        assert len(task.dispensed) == 1
        if number % 50 == 0:
            receipt = verify(result.receipt.signature)
            assert result.prescription_id.encode() in receipt.content
            root = safe_parse(result.receipt.xml)
            assert root.tag.endswith("Bundle")


def test_all_processes_took_part(world: MockWorld) -> None:
    busy = [cpu_seconds(process.pid) for process in pool(world).processes]
    assert len(busy) == WORKERS
    assert min(busy) > 0


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_what_was_acknowledged_outlives_a_killed_process(world: MockWorld, file: Path) -> None:
    victim = pool(world).processes[0]
    acknowledged: list[str] = []
    stop = threading.Event()

    def prescribe(number: int) -> None:
        while not stop.is_set():
            caller = new_caller(world, 200 + number)
            try:
                for _ in range(20):
                    task = caller.practice.create(160)
                    signed = caller.signed(task.prescription_id)
                    caller.practice.activate(task.prescription_id, task.access_code, signed)
                    acknowledged.append(task.prescription_id)
                    if stop.is_set():
                        break
            except EnvironmentProblem:
                pass  # the connection went with the killed process
            finally:
                caller.close()

    threads = [threading.Thread(target=prescribe, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 40)
    os.kill(victim.pid, signal.SIGKILL)
    before = len(acknowledged)
    wait_until(lambda: len(acknowledged) > before + 40)
    stop.set()
    for thread in threads:
        thread.join()
    stored = records(file)
    found = [stored.tasks.get(name) for name in acknowledged]
    assert all(task is not None and task.status is Status.READY for task in found)
    wait_until(lambda: pool(world).processes[0].pid != victim.pid)
    assert all(process.poll() is None for process in pool(world).processes)


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = stopwatch() + seconds
    while not condition():
        assert stopwatch() < end, "in vain"
        threading.Event().wait(0.02)


def test_faults_are_not_switched_where_they_would_reach_one_process(world: MockWorld) -> None:
    with httpx.Client(base_url=world.start_control(), trust_env=False) as client:
        assert client.put("/erezept/faults/create_ready").status_code == 409


def test_a_restarted_service_knows_its_tasks_and_draws_new_numbers(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        with MockWorld(
            seed=1,
            clock=VirtualClock.at_day(DAY),
            settings=SETTINGS,
            store=tmp_path / "s.db",
        ) as world:
            world.start()
            caller = new_caller(world, 1)
            ids.append(caller.practice.create(160).prescription_id)
            caller.close()
    stored = records(tmp_path / "s.db")
    assert len(set(ids)) == 2
    assert all(stored.tasks.get(name) is not None for name in ids)


def test_several_processes_need_a_file() -> None:
    with pytest.raises(ConfigurationError, match="Speicher"):
        MockWorld(seed=1, clock=VirtualClock.at_day(DAY), settings=SETTINGS, workers=2)


def test_the_processes_end_with_the_world(tmp_path: Path) -> None:
    with MockWorld(
        seed=1,
        clock=VirtualClock.at_day(DAY),
        settings=SETTINGS,
        store=tmp_path / "s.db",
        workers=2,
    ) as world:
        world.start()
        processes = list(pool(world).processes)
    assert all(process.poll() is not None for process in processes)


def test_a_channel_opened_at_one_process_works_at_the_others(world: MockWorld) -> None:
    caller = new_caller(world, 300)
    task = caller.practice.create(160)
    channel: VauChannel = caller.practice._channel
    other = new_caller(world, 301)
    other.practice._channel.pseudonym = channel.pseudonym
    signed = other.signed(task.prescription_id)
    other.practice.activate(task.prescription_id, task.access_code, signed)
    for item in (caller, other):
        item.close()
