"""Percentiles from raw values, never from a histogram."""

from __future__ import annotations

import math
from collections.abc import Sequence


def percentile_gematik(values: Sequence[float]) -> float:
    """Return the 99 % value as gemSpec_Perf defines it: the m(n)-th of the ascending values.

    m(n) = (n - n mod 100) * 0.99 + n mod 100: one outlier is allowed per full 100 calls, none
    below 100. Without values NaN.
    """
    count = len(values)
    if not count:
        return math.nan
    rest = count % 100
    position = (count - rest) // 100 * 99 + rest
    return sorted(values)[position - 1]


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the nearest-rank percentile; without values NaN."""
    if not values:
        return math.nan
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def mean(values: Sequence[float]) -> float:
    """Return the arithmetic mean; without values NaN."""
    return math.fsum(values) / len(values) if values else math.nan
