"""How long a real Konnektor works: means per operation, spread log-normally.

`spec` holds the upper bounds of gemSpec_Perf (Tab_gemSpec_Perf_Konnektor), `typical` what devices
in the field show. The time a user needs to type a PIN is in neither.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from mocks.konnektor.settings import Timing
from pruefstand.rng import Rng

SIGMA = 0.3
"""Standard deviation of the logarithm."""

_NORMAL = NormalDist()

# Seconds per call: first document, each further document.
_MEANS: dict[str, dict[str, tuple[float, float]]] = {
    "typical": {
        "qes": (1.5, 1.5),
        "seal": (0.5, 0.5),
        "authenticate": (0.4, 0.0),
        "certificate": (0.1, 0.0),
        "encrypt": (0.6, 0.0),
        "decrypt": (0.3, 0.0),
        "verify": (0.9, 0.0),
        "vsd": (2.0, 0.0),
        "vsd_check": (2.5, 0.0),
        "vsd_update": (4.0, 0.0),
        "kvk": (0.5, 0.0),
    },
    "spec": {
        "qes": (3.54, 4.4),
        "seal": (1.01, 1.01),
        "authenticate": (0.885, 0.0),
        "certificate": (0.22, 0.0),
        "encrypt": (1.88, 0.0),
        "decrypt": (0.51, 0.0),
        "verify": (2.61, 0.0),
        "vsd": (3.82, 0.0),
        "vsd_check": (3.94, 0.0),
        "vsd_update": (6.13, 0.0),
        "kvk": (0.5, 0.0),
    },
}


def seconds(timing: Timing, action: str, rng: Rng, documents: int = 1) -> float:
    """Return the working time in seconds of `action` on `documents`; `fast` needs none."""
    if timing == "fast":
        return 0.0
    first, further = _MEANS[timing][action]
    mean = first + further * (documents - 1)
    deviation = _NORMAL.inv_cdf(rng.integer(1, 9_999) / 10_000)
    return mean * math.exp(SIGMA * deviation - SIGMA**2 / 2)
