"""The processes of a load run: mocks and generator, each on its own, neither in this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pruefstand.config.load_scenario import LoadScenario
from pruefstand.config.project import project_root
from pruefstand.drivers.endpoints import FileEndpoints
from pruefstand.errors import ConfigurationError, EnvironmentProblem, HarnessError

START_SECONDS = 30.0
MARGIN_SECONDS = 90.0
"""Above the duration: start-up, last flows, and then a process that hangs is ended."""
POLL_SECONDS = 0.25


def load_folder() -> Path:
    """Return the folder of the package `loadtests`, without importing it.

    Its import would bring in Locust, which patches this process. Raises ConfigurationError.
    """
    spec = find_spec("loadtests")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            "das Paket loadtests fehlt", hint="im Projektordner `pip install -e .` ausführen"
        )
    return Path(spec.origin).parent


@contextmanager
def running_mocks(
    profile: str, seed: int, *, seconds: float, secret: Path, log: Path
) -> Iterator[Path]:
    """Yield the endpoints file of mocks in a process of their own; keys stay below `secret`."""
    endpoints = secret / "endpoints.json"
    command = [
        sys.executable, "-m", "pruefstand", "mocks", "up", "--free-ports", "--no-validation",
        "--profile", profile, "--seed", str(seed), "--folder", str(secret),
        "--endpoints", str(endpoints), "--seconds", str(seconds + MARGIN_SECONDS),
    ]  # fmt: skip
    with _process(command, log, {}) as mocks:
        _await_file(mocks, endpoints, log)
        yield endpoints


def run_generator(
    scenario: LoadScenario,
    seed: int,
    endpoints: Path,
    folder: Path,
    *,
    log: Path,
    on_wait: Callable[[], None],
) -> dict[str, Any]:
    """Run Locust to its end and return its cost; `on_wait` is called while it works.

    Raises EnvironmentProblem when the flow could not even begin, HarnessError when Locust broke.
    """
    plan = folder / "plan.json"
    content = {
        "scenario": scenario.to_json(),
        "seed": seed,
        "endpoints": str(endpoints),
        "folder": str(folder),
    }
    plan.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    command = [
        sys.executable, "-m", "locust", "-f", str(load_folder() / "locustfile.py"),
        "--headless", "--users", "1", "--spawn-rate", "1", "--only-summary",
        "--stop-timeout", "5", "--host", FileEndpoints.read(endpoints).base_url("konnektor"),
    ]  # fmt: skip
    with _process(command, log, {"PRUEFSTAND_LOAD_PLAN": str(plan)}) as generator:
        _await_end(generator, scenario.duration + MARGIN_SECONDS, on_wait)
    return _report(folder / "generator.json", log)


def _report(path: Path, log: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise HarnessError(
            "der Lastgenerator endete ohne Ergebnis", hint=f"Protokoll lesen: {log}"
        ) from error
    if "error" in report:
        raise EnvironmentProblem(
            f"die Last begann nicht: {report['error']}", hint=f"Protokolle lesen: {log.parent}"
        )
    return report


@contextmanager
def _process(
    command: list[str], log: Path, extra: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=project_root(),
            env={**os.environ, **extra},
        )
        try:
            yield process
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_file(process: subprocess.Popen[bytes], path: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise HarnessError("die Mocks sind nicht gestartet", hint=f"Protokoll lesen: {log}")
        time.sleep(POLL_SECONDS / 5)


def _await_end(
    process: subprocess.Popen[bytes], seconds: float, on_wait: Callable[[], None]
) -> None:
    deadline = time.monotonic() + seconds
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise HarnessError(
                f"der Lastgenerator ist nach {seconds:.0f} s nicht fertig",
                hint="Rate senken; das Protokoll steht in locust.log",
            )
        on_wait()
        time.sleep(POLL_SECONDS)
