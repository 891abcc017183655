"""Raw samples of a load run: `samples-<worker>.ndjson`, one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pruefstand.errors import OperatorError
from pruefstand.model.sample import Sample

PATTERN = "samples-*.ndjson"


def sample_path(folder: Path, worker: int) -> Path:
    """Return where worker number `worker` (from 0) writes."""
    return folder / f"samples-{worker}.ndjson"


class SampleWriter:
    """Appends samples of one worker; whole lines only, so that a reader may follow."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lines: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        self._file.close()

    def add(self, sample: Sample) -> None:
        """Keep `sample` until the next `flush`."""
        self._lines.append(json.dumps(sample.to_json(), ensure_ascii=False) + "\n")

    def flush(self) -> None:
        """Write what was kept; a write per sample would cost the generator its rate."""
        lines, self._lines = self._lines, []
        if lines:
            self._file.write("".join(lines))
            self._file.flush()


def read_samples(folder: Path) -> tuple[Sample, ...]:
    """Return all workers' samples by intended start; raises OperatorError naming file and line."""
    files = sorted(folder.glob(PATTERN))
    if not files:
        raise OperatorError(
            f"{folder}: keine Rohdaten ({PATTERN})",
            hint="Laufordner eines Lastlaufs angeben; er endet auf -last",
        )
    samples = [sample for file in files for sample in _read(file)]
    return tuple(sorted(samples, key=lambda sample: sample.intended))


def _read(path: Path) -> Iterator[Sample]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Sample.from_json(json.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                raise OperatorError(
                    f"{path}, Zeile {number}: keine Stichprobe in JSON",
                    hint="Die Rohdaten wurden verändert oder der Lauf brach ab",
                ) from error
