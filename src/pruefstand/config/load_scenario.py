"""Load scenarios: TOML files with rate, duration and thresholds that name requirements."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from pruefstand.errors import ConfigurationError

MAX_DURATION = 600.0
"""Seconds."""


class Metric(StrEnum):
    """What a threshold bounds from above."""

    MEAN_MS = "mean_ms"
    P99_MS = "p99_ms"
    FAILURES = "failures"


@dataclass(frozen=True, slots=True)
class Threshold:
    """`sample` is the name of a flow or a call; `limit` has the unit of the metric."""

    sample: str
    metric: Metric
    limit: float
    requirement: str


@dataclass(frozen=True, slots=True)
class LoadScenario:
    """A load model: Poisson arrivals of one flow at `rate` per second."""

    name: str
    title: str
    rate: float
    """Starts per second."""
    duration: float
    """Seconds in which starts are intended, the warm-up included."""
    max_rate: float
    """Starts per second; what one practice identity may do before the service answers 429."""
    warmup: float = 2.0
    """Seconds cut from the statistics."""
    max_in_flight: int = 50
    """Starts beyond this many unfinished ones are dropped and count as failures."""
    thresholds: tuple[Threshold, ...] = ()

    def changed(
        self, *, rate: float | None, duration: float | None, warmup: float | None
    ) -> LoadScenario:
        """Return the scenario with the operator's values; raises ConfigurationError."""
        given = {"rate": rate, "duration": duration, "warmup": warmup}
        values = {name: value for name, value in given.items() if value is not None}
        scenario = replace(self, **values)  # type: ignore[arg-type]
        scenario.validate()
        return scenario

    def validate(self) -> None:
        """Raise ConfigurationError when a value is out of its bounds."""
        self._bound("rate", self.rate, 0.0, self.max_rate, "1/s")
        self._bound("duration", self.duration, 0.0, MAX_DURATION, "s")
        if not 0 <= self.warmup < self.duration:
            raise ConfigurationError(
                f"Lastszenario {self.name}: warmup = {self.warmup:g} s liegt nicht in der Dauer "
                f"von {self.duration:g} s",
                hint="kürzer warmlaufen oder länger messen",
            )

    def _bound(self, name: str, value: float, low: float, high: float, unit: str) -> None:
        if not low < value <= high:
            raise ConfigurationError(
                f"Lastszenario {self.name}: {name} = {value:g} {unit} ist nicht erlaubt",
                hint=f"größer {low:g} und höchstens {high:g} {unit} wählen",
            )

    def to_json(self) -> dict[str, Any]:
        """Return the scenario as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> LoadScenario:
        """Read what `to_json` wrote."""
        return _build(data, "Lastplan")


def load_scenario(name: str, folder: Path) -> LoadScenario:
    """Return the scenario `name` of `folder`; raises ConfigurationError with a suggestion."""
    path = folder / f"{name}.toml"
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = sorted(item.stem for item in folder.glob("*.toml"))
        near = difflib.get_close_matches(name, known, 1)
        hint = f"meinten Sie {near[0]!r}?" if near else f"vorhanden: {', '.join(known)}"
        raise ConfigurationError(f"Lastszenario {name!r} gibt es nicht", hint=hint) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} ist kein gültiges TOML: {error}") from error
    scenario = _build({"name": name, **raw}, str(path))
    scenario.validate()
    return scenario


def _build(raw: Mapping[str, Any], place: str) -> LoadScenario:
    known = {item.name for item in fields(LoadScenario)}
    try:
        if unknown := sorted(set(raw) - known):
            raise TypeError(f"unbekannter Schlüssel {unknown[0]!r}")
        thresholds = tuple(
            Threshold(**{**table, "metric": Metric(table["metric"])})
            for table in raw.get("thresholds", ())
        )
        return LoadScenario(**{**raw, "thresholds": thresholds})
    except (TypeError, ValueError, KeyError) as error:
        raise ConfigurationError(
            f"{place}: {error}", hint=f"erlaubt: {', '.join(sorted(known))}"
        ) from error
