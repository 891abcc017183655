"""Raw load samples as data frames; every number follows from single samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from pruefstand.analysis.load_result import MS, statistics
from pruefstand.analysis.percentiles import percentile, percentile_gematik
from pruefstand.errors import OperatorError
from pruefstand.evidence.sample_log import read_samples
from pruefstand.model.sample import Sample


def load_info(folder: Path) -> dict[str, Any]:
    """Return `load.json` of a load run; raises OperatorError."""
    path = folder / "load.json"
    try:
        info: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"{path}: kein Ergebnis eines Lastlaufs lesbar",
            hint="Laufordner angeben, der auf -last endet",
        ) from error
    return info


def load_samples(folder: Path) -> pd.DataFrame:
    """Return one row per sample, the warm-up included; `latency_ms` is end − intended start."""
    return _frame(read_samples(folder))


def measured_samples(folder: Path) -> pd.DataFrame:
    """Return the samples after the warm-up."""
    warmup = float(load_info(folder)["scenario"]["warmup"])
    frame = load_samples(folder)
    return frame.loc[frame["intended"] >= warmup]


def latency_over_time(frame: pd.DataFrame, name: str, window: float = 1.0) -> pd.DataFrame:
    """Return starts, failures, median and 99 % value (ms) per `window` seconds."""
    chosen = frame[frame["name"] == name]
    second = (chosen["intended"] // window) * window
    rows = [_window(float(str(start)), part) for start, part in chosen.groupby(second)]
    return pd.DataFrame(rows, columns=["second", "starts", "failures", "p50_ms", "p99_ms"])


def load_statistics(folder: Path) -> pd.DataFrame:
    """Return the closing table of the run, computed again from its raw samples."""
    warmup = load_info(folder)["scenario"]["warmup"]
    rows = statistics([s for s in read_samples(folder) if s.intended >= warmup])
    return pd.DataFrame(
        [
            {
                "Name": row.name,
                "Anzahl": row.count,
                "Fehler": row.failures,
                "Mittel ms": row.mean_ms,
                "50 % ms": row.p50_ms,
                "99 % ms": row.p99_ms,
                "Max ms": row.max_ms,
            }
            for row in rows
        ]
    ).round(1)


def thresholds(folder: Path) -> pd.DataFrame:
    """Return every threshold with requirement, limit and measured value."""
    frame = pd.DataFrame(load_info(folder)["thresholds"])
    frame.columns = ["Name", "Kennzahl", "höchstens", "Anforderung", "gemessen", "gehalten"]
    return frame.round(1)


def flow_name(frame: pd.DataFrame) -> str:
    """Return the name of the run's flow."""
    return str(frame.loc[frame["kind"] == "flow", "name"].iloc[0])


def _window(start: float, part: pd.DataFrame) -> dict[str, float]:
    times = part.loc[part["ok"], "latency_ms"].tolist()
    return {
        "second": start,
        "starts": len(part),
        "failures": int((~part["ok"]).sum()),
        "p50_ms": percentile(times, 50),
        "p99_ms": percentile_gematik(times),
    }


def _frame(samples: tuple[Sample, ...]) -> pd.DataFrame:
    rows = [
        {
            **sample.to_json(),
            "kind": sample.kind.value,
            "latency_ms": None if sample.latency is None else MS * sample.latency,
        }
        for sample in samples
    ]
    columns = ["kind", "name", "intended", "start", "end", "ok", "error", "latency_ms"]
    frame = pd.DataFrame(rows, columns=columns)
    numbers = ["intended", "start", "end", "latency_ms"]
    frame[numbers] = frame[numbers].astype(float)
    frame["ok"] = frame["ok"].astype(bool)
    return frame
