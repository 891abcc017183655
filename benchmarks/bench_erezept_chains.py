"""E-Rezept: complete chains per second and share of the crypto floor, all on one machine.

A chain is create, sign, activate, accept, close, each through the VAU over TLS. Floor: the
elliptic-curve mathematics both ends must do for one chain, alone on one core: 4 envelopes
(key pair, 2 ECDH), signature and verification of the prescription, signature of the receipt.
Wall-clock rates depend on who else uses the machine; CPU time per chain (mock and generator, all
processes) does so far less. Share = CPU of the floor / CPU of a chain; `chains_per_second_of_cpu`
is the rate two cores give when nobody else runs. Rounds of floor, one and two workers alternate.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from loadtests.chains import Chains
from pruefstand.cli.mocks import file_endpoints, write_certificates
from pruefstand.clock import SystemClock, VirtualClock, stopwatch
from pruefstand.crypto.pki import Pki
from pruefstand.crypto.vau_erezept import CURVE
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.mockkit.workers import WorkerPool
from pruefstand.mockkit.world import MockWorld

SEED = 9
DAY = date(2026, 11, 23)
SECONDS = 4.0
ROUNDS = 2
CALLERS = 4
CORES = 2
WAIT_SECONDS = 120.0
"""For all generators to be ready."""
FLOOR_ROUNDS = 150
GOAL = 120.0
_ECDSA = ec.ECDSA(Prehashed(SHA256()))


def floor() -> Callable[[], object]:
    """Return the mathematics of one chain."""
    key, digest = ec.generate_private_key(CURVE), os.urandom(32)
    public = key.public_key()
    signature = key.sign(digest, _ECDSA)

    def once() -> None:
        for _ in range(4):
            pair = ec.generate_private_key(CURVE)
            pair.exchange(ec.ECDH(), public)
            key.exchange(ec.ECDH(), pair.public_key())
        key.sign(digest, _ECDSA)
        public.verify(signature, digest, _ECDSA)
        key.sign(digest, _ECDSA)

    return once


def floor_milliseconds() -> float:
    """Return the CPU one chain's mathematics takes."""
    once, start = floor(), time.process_time()
    for _ in range(FLOOR_ROUNDS):
        once()
    return 1000 * (time.process_time() - start) / FLOOR_ROUNDS


def generate(raw: str, number: int, count: Any, cpu: Any, start: Any) -> None:
    """Run chains from the common start; one process per caller."""
    endpoints = FileEndpoints(**json.loads(raw))
    clock = VirtualClock(SystemClock().now() + timedelta(seconds=endpoints.clock_offset))
    caller = Chains(
        endpoints.base_url("erezept"),
        endpoints.client_tls("CS1"),
        Pki(endpoints.seed, clock),
        clock,
        number,
    )
    caller.run()
    gc.collect()
    gc.freeze()
    start.wait(WAIT_SECONDS)
    done, spent, end = 0, time.process_time(), stopwatch() + SECONDS
    while stopwatch() < end:
        caller.run()
        done += 1
    with count.get_lock():
        count.value += done
        cpu.value += time.process_time() - spent
    caller.close()


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def chains(workers: int, callers: int) -> tuple[float, float]:
    """Return chains per second and CPU milliseconds per chain with `workers` processes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        with MockWorld(
            seed=SEED,
            clock=VirtualClock.at_day(DAY),
            settings={"erezept": {}},
            store=path / "store.db",
            workers=workers,
        ) as world:
            world.start()
            write_certificates(world, path)
            raw = json.dumps(asdict(file_endpoints(world, path, SEED)))
            context = multiprocessing.get_context("spawn")
            count, cpu = context.Value("i", 0), context.Value("d", 0.0)
            server = world.servers["erezept"]
            pids = (
                [process.pid for process in server.processes]
                if isinstance(server, WorkerPool)
                else [os.getpid()]
            )
            start = context.Barrier(callers + 1)
            generators = [
                context.Process(target=generate, args=(raw, number, count, cpu, start))
                for number in range(callers)
            ]
            for process in generators:
                process.start()
            start.wait(WAIT_SECONDS)
            before = sum(map(cpu_of, pids))
            for process in generators:
                process.join(60)
            spent = cpu.value + sum(map(cpu_of, pids)) - before
            return count.value / SECONDS, 1000 * spent / max(1, count.value)


def measure() -> dict[str, float]:
    """Return rates (1/s), the floor (ms) and the shares of it."""
    rows = [(floor_milliseconds(), chains(1, CALLERS), chains(2, CALLERS)) for _ in range(ROUNDS)]
    found: dict[str, float] = {"floor_cpu_ms": round(median(row[0] for row in rows), 2)}
    for workers in (1, 2):
        cost = median(row[workers][1] for row in rows)
        found |= {
            f"chains_per_second_{workers}": round(median(row[workers][0] for row in rows), 1),
            f"cpu_ms_per_chain_{workers}": round(cost, 2),
            f"chains_per_second_of_cpu_{workers}": round(CORES * 1000 / cost, 1),
            f"share_of_floor_{workers}": round(median(r[0] / r[workers][1] for r in rows), 3),
        }
    return {**found, "goal": GOAL}


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result))
    rate = max(result["chains_per_second_2"], result["chains_per_second_of_cpu_2"])
    sys.exit(0 if rate >= GOAL else 1)
