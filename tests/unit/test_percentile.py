"""Percentiles and thresholds come from raw samples."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from pruefstand.analysis.load_result import judge, measured, start_lag_ms, statistics
from pruefstand.analysis.percentiles import mean, percentile, percentile_gematik
from pruefstand.analysis.samples import latency_over_time, load_samples
from pruefstand.cli.load import exit_code
from pruefstand.config.load_scenario import LoadScenario, Metric, Threshold
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.sample_log import SampleWriter, read_samples, sample_path
from pruefstand.model.sample import Sample, SampleKind


def flow(intended: float, latency: float | None, *, ok: bool = True) -> Sample:
    """Return a sample that started on time; without latency the start was dropped."""
    if latency is None:
        return Sample(SampleKind.FLOW, "verordnen", intended, None, None, False, "verworfen")
    end = intended + latency
    return Sample(SampleKind.FLOW, "verordnen", intended, intended, end, ok, "" if ok else "x")


def scenario(metric: Metric, limit: float) -> LoadScenario:
    """Return a scenario with one threshold."""
    threshold = Threshold("verordnen", metric, limit, "A_20165-05")
    return LoadScenario("prescribe", "Titel", 5.0, 10.0, 60.0, thresholds=(threshold,))


@pytest.mark.parametrize(
    ("count", "position"),
    [(1, 1), (17, 17), (99, 99), (100, 99), (101, 100), (199, 198), (200, 198), (250, 248)],
)
def test_the_99_percent_value_is_the_m_of_n_of_gemspec_perf(count: int, position: int) -> None:
    values = [float(number) for number in range(count, 0, -1)]
    assert percentile_gematik(values) == position


def test_other_percentiles_are_nearest_rank() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 100) == 4.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 0) == 1.0


def test_nothing_measured_is_not_a_number() -> None:
    assert math.isnan(percentile_gematik([]))
    assert math.isnan(percentile([], 50))
    assert math.isnan(mean([]))


def test_failed_and_dropped_samples_count_but_do_not_shorten_latencies() -> None:
    samples = [flow(0, 0.1), flow(1, 0.3), flow(2, 9.0, ok=False), flow(3, None)]
    (row,) = statistics(samples)
    assert (row.count, row.failures, row.dropped) == (4, 2, 1)
    assert row.mean_ms == pytest.approx(200)
    assert row.max_ms == pytest.approx(300)


def test_warmup_is_cut_by_intended_start() -> None:
    assert [s.intended for s in measured([flow(0.9, 5.0), flow(1.0, 0.1)], 1.0)] == [1.0]


@pytest.mark.parametrize(
    ("metric", "limit", "held"),
    [
        (Metric.MEAN_MS, 150.0, True),
        (Metric.MEAN_MS, 149.0, False),
        (Metric.P99_MS, 200.0, True),
        (Metric.P99_MS, 199.0, False),
        (Metric.FAILURES, 0.0, True),
    ],
)
def test_a_threshold_is_an_upper_bound(metric: Metric, limit: float, held: bool) -> None:
    samples = [flow(0, 0.1), flow(0, 0.2)]
    (result,) = judge(scenario(metric, limit), samples)
    assert result.held is held
    assert exit_code([result], 0.2) is (ExitCode.GREEN if held else ExitCode.THRESHOLD)


def test_a_dropped_start_misses_the_threshold_of_failures() -> None:
    (result,) = judge(scenario(Metric.FAILURES, 0.0), [flow(0, 0.1), flow(1, None)])
    assert not result.held
    assert result.actual == 1.0


def test_a_threshold_nobody_measured_is_missed() -> None:
    (result,) = judge(scenario(Metric.MEAN_MS, 100.0), [])
    assert not result.held
    assert result.to_json()["actual"] is None


def test_a_saturated_generator_decides_nothing() -> None:
    (missed,) = judge(scenario(Metric.MEAN_MS, 1.0), [flow(0, 0.1)])
    assert exit_code([missed], 0.86) is ExitCode.UNDECIDED
    assert exit_code([missed], 0.84) is ExitCode.THRESHOLD


def test_late_starts_are_the_generators_own_delay() -> None:
    late = Sample(SampleKind.FLOW, "verordnen", 1.0, 1.25, 1.3, True)
    assert start_lag_ms([flow(0, 0.1), late]) == pytest.approx(250)


def test_samples_survive_the_file(tmp_path: Path) -> None:
    samples = [flow(0.5, 0.1), flow(0.2, None), flow(1.5, 0.4)]
    with SampleWriter(sample_path(tmp_path, 0)) as writer:
        for sample in samples:
            writer.add(sample)
    assert list(read_samples(tmp_path)) == sorted(samples, key=lambda sample: sample.intended)


def test_a_damaged_sample_file_names_the_line(tmp_path: Path) -> None:
    good = json.dumps(flow(0.5, 0.1).to_json())
    sample_path(tmp_path, 0).write_text(f"{good}\n{{oops\n", encoding="utf-8")
    with pytest.raises(OperatorError, match="Zeile 2"):
        read_samples(tmp_path)


def test_a_folder_without_samples_is_an_operator_error(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="keine Rohdaten"):
        read_samples(tmp_path)


def test_latency_over_time_counts_by_second_of_the_intended_start(tmp_path: Path) -> None:
    with SampleWriter(sample_path(tmp_path, 0)) as writer:
        for sample in (flow(0.1, 0.1), flow(0.9, 0.3), flow(1.1, 2.0), flow(1.2, None)):
            writer.add(sample)
    windows = latency_over_time(load_samples(tmp_path), "verordnen")
    assert windows["starts"].tolist() == [2, 2]
    assert windows["failures"].tolist() == [0, 1]
    assert windows["p99_ms"].tolist() == pytest.approx([300.0, 2000.0])
