"""Live progress of an acceptance run: each finished case goes to the run folder at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from pruefstand.model.case import CaseRecord
from pruefstand.pytest_plugin.plugin import record_of


class LiveRun:
    """A pytest plugin on the controller: shows where the run is and passes on what came back.

    `cases` holds the cases without their exchanges: memory does not grow with the traffic. `judge`
    gives cases that only a person can judge the verdict of their attestation.
    """

    def __init__(
        self,
        console: Console,
        keep: Callable[[CaseRecord], object],
        judge: Callable[[CaseRecord], CaseRecord] = lambda case: case,
    ) -> None:
        self.cases: list[CaseRecord] = []
        self.certificates: set[str] = set()
        self.broken: list[str] = []
        self._keep = keep
        self._judge = judge
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("Szenarien", total=None)

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Replace pytest's own terminal output."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_sessionstart(self) -> None:
        """Show the bar."""
        self._progress.start()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Set the number of scenarios."""
        if session.items:
            self._progress.update(self._task, total=len(session.items))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a collection error: the harness is broken, not the system under test."""
        if report.failed:
            self.broken.append(f"Prüfstandfehler beim Einsammeln: {report.longreprtext}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the finished case and move the bar."""
        found = record_of(report)
        if found is not None:
            case = self._judge(found)
            self._keep(case)
            self.certificates |= shown_certificates(case)
            self.cases.append(replace(case, exchanges=()))
            bad = sum(not c.verdict.green for c in self.cases)
            text = f"{case.title[:56]:<56} · {bad} nicht grün"
            self._progress.update(self._task, advance=1, description=text)
        elif report.failed and report.when != "call":
            # Without a record: the set-up failed, or a process died in the middle ("???").
            self.broken.append(f"Prüfstandfehler: {report.nodeid}: {report.longreprtext}")

    def pytest_sessionfinish(self) -> None:
        """Remove the bar."""
        self._progress.stop()


def shown_certificates(case: CaseRecord) -> set[str]:
    """Return the SHA-256 of the client certificates that the system under test showed."""
    facts = (exchange["facts"] for exchange in case.exchanges if exchange["actor"] == "pvs")
    return {fact["client_sha256"] for fact in facts if "client_sha256" in fact}
