"""The result of a load run: statistics per name and thresholds, from raw samples alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pruefstand.analysis.percentiles import mean, percentile, percentile_gematik
from pruefstand.config.load_scenario import LoadScenario, Metric, Threshold
from pruefstand.model.sample import Sample, SampleKind

MS = 1000.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """One row of the closing table; latencies in milliseconds, of successful samples."""

    name: str
    kind: SampleKind
    count: int
    failures: int
    dropped: int
    mean_ms: float
    p50_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True)
class ThresholdResult:
    """A threshold and the measured value; no measured value never holds a threshold."""

    threshold: Threshold
    actual: float

    @property
    def held(self) -> bool:
        """Tell whether the limit is kept."""
        return not math.isnan(self.actual) and self.actual <= self.threshold.limit

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        actual = None if math.isnan(self.actual) else self.actual
        return {**asdict(self.threshold), "actual": actual, "held": self.held}


def measured(samples: Sequence[Sample], warmup: float) -> list[Sample]:
    """Return the samples intended after the warm-up (seconds)."""
    return [sample for sample in samples if sample.intended >= warmup]


def statistics(samples: Sequence[Sample]) -> list[Statistics]:
    """Return one row per name, flows first."""
    groups: dict[tuple[SampleKind, str], list[Sample]] = {}
    for sample in samples:
        groups.setdefault((sample.kind, sample.name), []).append(sample)
    order = sorted(groups, key=lambda key: (key[0] is not SampleKind.FLOW, key[1]))
    return [_row(kind, name, groups[kind, name]) for kind, name in order]


def judge(scenario: LoadScenario, samples: Sequence[Sample]) -> list[ThresholdResult]:
    """Return every threshold of `scenario` with what was measured after the warm-up."""
    rows = {row.name: row for row in statistics(samples)}
    return [
        ThresholdResult(threshold, _actual(threshold, rows.get(threshold.sample)))
        for threshold in scenario.thresholds
    ]


def start_lag_ms(samples: Sequence[Sample]) -> float:
    """Return by how many milliseconds 99 % of the starts were late at most: the generator's own."""
    late = [
        MS * (sample.start - sample.intended)
        for sample in samples
        if sample.kind is SampleKind.FLOW and sample.start is not None
    ]
    return percentile_gematik(late)


def _row(kind: SampleKind, name: str, samples: Sequence[Sample]) -> Statistics:
    times = [MS * s.latency for s in samples if s.ok and s.latency is not None]
    return Statistics(
        name=name,
        kind=kind,
        count=len(samples),
        failures=sum(not sample.ok for sample in samples),
        dropped=sum(sample.dropped for sample in samples),
        mean_ms=mean(times),
        p50_ms=percentile(times, 50),
        p99_ms=percentile_gematik(times),
        max_ms=max(times, default=math.nan),
    )


def _actual(threshold: Threshold, row: Statistics | None) -> float:
    if row is None:
        return math.nan
    if threshold.metric is Metric.MEAN_MS:
        return row.mean_ms
    return row.p99_ms if threshold.metric is Metric.P99_MS else float(row.failures)
