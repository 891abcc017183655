"""Plots of load and acceptance runs, as figures that belong to nobody's global state."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pruefstand.analysis.samples import latency_over_time

RAW, MEDIAN, HIGH, BAD = "#b8c4ce", "#1f5f8b", "#d9822b", "#c0392b"


def latency_plot(frame: pd.DataFrame, name: str, *, warmup: float = 0.0) -> Figure:
    """Return latency over time of `name` with every raw sample, and the starts per second below."""
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    _latencies(above, frame[frame["name"] == name], latency_over_time(frame, name))
    _starts(below, latency_over_time(frame, name))
    for axes in (above, below):
        axes.axvspan(0, warmup, color="#eeeeee", zorder=0)
        axes.grid(alpha=0.3)
    figure.suptitle(f"{name}: Latenz ab beabsichtigtem Start")
    return figure


def percentile_plot(frame: pd.DataFrame) -> Figure:
    """Return latency by percentile for the flow and its calls, from the raw samples."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, part in frame[frame["ok"]].groupby("name"):
        times = np.sort(part["latency_ms"].to_numpy())
        share = np.arange(1, len(times) + 1) / len(times) * 100
        flow = bool((part["kind"] == "flow").any())
        axes.plot(share, times, label=str(name), linewidth=2.4 if flow else 1.2)
    axes.set_yscale("log")
    axes.set_xlabel("Anteil der Stichproben in %")
    axes.set_ylabel("Latenz in ms")
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8)
    return figure


def timings_plot(timings: pd.DataFrame, rows: int = 15) -> Figure:
    """Return the slowest operations of an acceptance run as bars."""
    chosen = timings.head(rows).iloc[::-1]
    figure = Figure(figsize=(10, 0.35 * len(chosen) + 1), layout="constrained")
    axes = figure.subplots()
    labels = chosen["Schicht"] + " · " + chosen["Gegenstelle"] + " · " + chosen["Operation"]
    axes.barh(labels.tolist(), chosen["Mittel ms"].tolist(), color=MEDIAN)
    axes.set_xlabel("Mittel in ms")
    return figure


def _latencies(axes: Axes, raw: pd.DataFrame, windows: pd.DataFrame) -> None:
    good, bad = raw[raw["ok"]], raw[~raw["ok"]]
    axes.scatter(good["intended"], good["latency_ms"], s=6, color=RAW, label="Stichprobe")
    if not bad.empty:
        at = bad["latency_ms"].fillna(good["latency_ms"].max())
        axes.scatter(bad["intended"], at, s=24, marker="x", color=BAD, label="Fehler")
    middle = windows["second"] + 0.5
    axes.plot(middle, windows["p50_ms"], color=MEDIAN, label="50 % je Sekunde")
    axes.plot(middle, windows["p99_ms"], color=HIGH, label="99 % je Sekunde")
    axes.set_ylabel("ms")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, loc="upper right")


def _starts(axes: Axes, windows: pd.DataFrame) -> None:
    axes.bar(windows["second"], windows["starts"], width=0.9, align="edge", color=RAW)
    axes.bar(windows["second"], windows["failures"], width=0.9, align="edge", color=BAD)
    axes.set_ylabel("Starts/s")
    axes.set_xlabel("Sekunden seit Beginn")
