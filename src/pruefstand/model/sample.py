"""One sample of a load run: what was intended, what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class SampleKind(StrEnum):
    """A flow is one arrival; a call is one message inside a flow."""

    FLOW = "flow"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Sample:
    """Times are seconds since the generator began; `start` is missing when a start was dropped."""

    kind: SampleKind
    name: str
    intended: float
    start: float | None
    end: float | None
    ok: bool
    error: str = ""

    @property
    def latency(self) -> float | None:
        """Seconds from the intended start to the end: waiting caused by the target counts."""
        return None if self.end is None else self.end - self.intended

    @property
    def dropped(self) -> bool:
        """Tell whether the arrival was never started."""
        return self.start is None

    def to_json(self) -> dict[str, Any]:
        """Return the sample as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Sample:
        """Read what `to_json` wrote; raises KeyError, TypeError or ValueError."""
        return cls(**{**data, "kind": SampleKind(data["kind"])})
