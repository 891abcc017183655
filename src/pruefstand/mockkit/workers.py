"""Several processes behind one listening socket: each serves the same mock from one store file.

The parent owns the socket and hands it down; a worker that dies is replaced, and connections that
wait are taken by the others. A worker ends when the parent does, for its standard input closes.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pruefstand.errors import HarnessError
from pruefstand.mockkit.app import App

START_SECONDS = 30.0
MAX_RESTARTS = 20
"""Replacements per pool; a mock that dies at once must not be started for ever."""
_POLL_SECONDS = 0.2
_READY = "ready\n"


@dataclass(frozen=True, slots=True)
class WorkerPlan:
    """What a worker needs to be the same mock as its siblings."""

    role: str
    seed: int | str
    clock_offset: float
    """Seconds the mock's clock is ahead of the machine's."""
    settings: Mapping[str, object]
    store: str
    """Path of the store file."""
    socket: int
    """Number of the inherited listening socket."""
    faults: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the plan as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def read(cls, line: str) -> WorkerPlan:
        """Return what `line` wrote."""
        plan = json.loads(line)
        return cls(**{**plan, "faults": tuple(plan["faults"])})


@dataclass(slots=True)
class WorkerPool:
    """Running workers of one mock; `close` ends them."""

    app: App
    plan: WorkerPlan
    listener: socket.socket
    scheme: str = "https"
    processes: list[subprocess.Popen[str]] = field(default_factory=list)
    _restarts: int = 0
    _closing: threading.Event = field(default_factory=threading.Event)
    _watcher: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port of all workers."""
        port: int = self.listener.getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        """The address clients use."""
        return f"{self.scheme}://localhost:{self.port}"

    def start(self, count: int) -> None:
        """Start `count` workers and wait until each serves; raises HarnessError."""
        self.listener.listen(1024)
        self.processes = [self._spawn() for _ in range(count)]
        for process in self.processes:
            _await_ready(process, self.plan.role)
        self._watcher = threading.Thread(target=self._watch, name="workers", daemon=True)
        self._watcher.start()

    def close(self) -> None:
        """End all workers and free the port."""
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        for process in self.processes:
            _end(process)
        self.listener.close()

    def _spawn(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "pruefstand.mockkit.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[self.plan.socket],
            text=True,
        )
        assert process.stdin is not None
        process.stdin.write(self.plan.line())
        process.stdin.flush()
        return process

    def _watch(self) -> None:
        while not self._closing.wait(_POLL_SECONDS):
            for index, process in enumerate(self.processes):
                if process.poll() is not None and self._restarts < MAX_RESTARTS:
                    self._restarts += 1
                    _end(process)
                    self.processes[index] = self._spawn()


def _await_ready(process: subprocess.Popen[str], role: str) -> None:
    # A worker that does not come up is ended, which ends the read.
    timer = threading.Timer(START_SECONDS, process.kill)
    timer.start()
    try:
        assert process.stdout is not None
        if process.stdout.readline() != _READY:
            raise HarnessError(
                f"a worker of mock {role!r} did not start", hint="see its output above"
            )
    finally:
        timer.cancel()


def _end(process: subprocess.Popen[str]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def store_path(path: Path) -> str:
    """Return a path all processes understand, wherever they run."""
    return str(path.absolute())
