"""One worker process of a mock: reads its plan, serves, ends with its parent."""

from __future__ import annotations

import gc
import socket
import sys
from datetime import timedelta
from pathlib import Path

from pruefstand.clock import SystemClock, VirtualClock
from pruefstand.mockkit.workers import WorkerPlan
from pruefstand.mockkit.world import MockWorld


def main() -> None:
    """Serve until standard input ends."""
    plan = WorkerPlan.read(sys.stdin.readline())
    clock = VirtualClock(SystemClock().now() + timedelta(seconds=plan.clock_offset))
    with MockWorld(
        seed=plan.seed,
        clock=clock,
        settings={plan.role: plan.settings},
        store=Path(plan.store),
    ) as world:
        world.serve_role(plan.role, socket.socket(fileno=plan.socket))
        for name in plan.faults:
            world.contexts[plan.role].faults.switch(name, True)
        # What a started mock holds lives as long as the process: the collector need not visit it.
        gc.collect()
        gc.freeze()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
