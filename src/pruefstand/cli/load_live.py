"""Live progress of a load run, read from the raw samples while they are written."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from pruefstand.config.load_scenario import LoadScenario
from pruefstand.evidence.sample_log import sample_path
from pruefstand.model.sample import SampleKind


class LoadProgress:
    """One line: seconds done, finished flows, failures."""

    def __init__(self, console: Console, scenario: LoadScenario, folder: Path) -> None:
        self._path = sample_path(folder, 0)
        self._offset = 0
        self._done = 0
        self._failed = 0
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("Last beginnt", total=scenario.duration)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def update(self) -> None:
        """Read what was written since the last call and redraw."""
        instant = 0.0
        for line in self._new_lines():
            sample = json.loads(line)
            if sample["kind"] == SampleKind.FLOW:
                self._done += sample["ok"]
                self._failed += not sample["ok"]
                instant = max(instant, sample["intended"])
        if instant:
            text = f"{self._done} fertig · {self._failed} Fehler"
            self._progress.update(self._task, completed=instant, description=text)

    def _new_lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            block = file.read()
        # The last line may still be in the making.
        whole = block[: block.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()
