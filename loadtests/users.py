"""The one Locust user: it schedules arrivals, greenlets carry them."""

from __future__ import annotations

import gevent
from gevent.pool import Pool
from locust import User, task
from locust.exception import StopUser

import json
import time
from typing import Any, ClassVar

from loadtests.arrivals import OpenArrivals, poisson_starts
from loadtests.plan import LoadPlan
from loadtests.practice import FLOW_NAMES, LoadPractice
from loadtests.transport import LoadTransport
from pruefstand.clock import stopwatch
from pruefstand.errors import PruefstandError
from pruefstand.evidence.sample_log import SampleWriter, sample_path
from pruefstand.model.sample import Sample
from pruefstand.rng import Rng

CLIENT_SYSTEM = "CS1"
WORKER = 0
FLUSH_SECONDS = 0.5
GRACE_SECONDS = 30.0
"""How long unfinished flows may run on after the last start."""


class Measurement:
    """The time base of all samples; what happens before `begin` is preparation, not measured."""

    def __init__(self, samples: SampleWriter) -> None:
        self._samples = samples
        self._began: float | None = None
        self._cpu = 0.0

    def begin(self) -> None:
        """Set the zero of time and CPU."""
        self._cpu = time.process_time()
        self._began = stopwatch()

    def now(self) -> float:
        """Return seconds since `begin`."""
        return stopwatch() - (self._began or 0.0)

    def record(self, sample: Sample) -> None:
        """Keep a sample of the measured time."""
        if self._began is not None:
            self._samples.add(sample)

    def cost(self) -> dict[str, float]:
        """Return what the generator used since `begin`, in seconds of CPU and wall time."""
        return {"cpu_seconds": time.process_time() - self._cpu, "wall_seconds": self.now()}


class ArrivalUser(User):  # type: ignore[misc]
    """Runs the plan once and ends the run; `fixed_count` keeps Locust from adding a second."""

    abstract = True
    fixed_count = 1
    plan: ClassVar[LoadPlan]

    @task  # type: ignore[untyped-decorator]
    def arrivals(self) -> None:
        """Run the plan; what stops it before the first arrival is written down for the caller."""
        try:
            self._report(self._measure())
        except PruefstandError as error:
            self._report({"error": str(error), "exit_code": int(error.exit_code)})
        finally:
            # Not from this greenlet: quitting kills it before Locust has finished.
            gevent.spawn(self.environment.runner.quit)
        # Otherwise Locust would run the task once more before it quits.
        raise StopUser

    def _measure(self) -> dict[str, float]:
        scenario = self.plan.scenario
        with SampleWriter(sample_path(self.plan.folder, WORKER)) as samples:
            measurement = Measurement(samples)
            practice = self._practice(measurement)
            practice.prepare()
            flusher = gevent.spawn(_flush_regularly, samples)
            pool = Pool(scenario.max_in_flight)
            measurement.begin()
            OpenArrivals(
                FLOW_NAMES[scenario.name],
                lambda number: practice.run(scenario.name, number),
                pool=pool,
                now=measurement.now,
                sleep=gevent.sleep,
                record=measurement.record,
            ).run(poisson_starts(scenario.rate, scenario.duration, self._rng("arrivals")))
            pool.join(timeout=GRACE_SECONDS)
            pool.kill()
            flusher.kill()
            return measurement.cost()

    def _practice(self, measurement: Measurement) -> LoadPractice:
        endpoints = self.plan.endpoints
        transport = LoadTransport(
            self.environment,
            actor="pvs",
            tls=endpoints.client_tls(CLIENT_SYSTEM),
            concurrency=self.plan.scenario.max_in_flight,
            now=measurement.now,
            record=measurement.record,
        )
        return LoadPractice(
            endpoints,
            transport,
            self._rng("documents"),
            now=measurement.now,
            record=measurement.record,
        )

    def _rng(self, purpose: str) -> Rng:
        return Rng(self.plan.seed).derive("load", WORKER, purpose)

    def _report(self, content: dict[str, Any]) -> None:
        path = self.plan.folder / "generator.json"
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def _flush_regularly(samples: SampleWriter) -> None:
    while True:
        gevent.sleep(FLUSH_SECONDS)
        samples.flush()
