"""Runs the collected scenarios once as they are, then again under each fault, in one process.

The mocks keep running and the session's fixtures stay; only what a scenario owns is built anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import process_time
from typing import cast

import pytest

from pruefstand.model.case import CaseRecord
from pruefstand.model.fault import Fault
from pruefstand.pytest_plugin.fault_board import MUTATION, ROUND, FaultBoard
from pruefstand.pytest_plugin.plugin import CASE, record_of
from pruefstand.requirements.kill_matrix import Observation, Row, lean_choice, relevant, row

Progress = Callable[[str, int, int], None]
"""Told what is running, how many steps are done, and how many there are."""


@dataclass(slots=True)
class MutationRun:
    """A pytest plugin that replaces the run loop; without `roles` and `faults` all are tried."""

    roles: frozenset[str]
    faults: frozenset[str]
    lean: bool
    progress: Progress
    observations: list[Observation] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    offered: dict[str, Fault] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    _last: CaseRecord | None = None
    _items: dict[str, pytest.Item] = field(default_factory=dict)
    _board: FaultBoard | None = None
    _observing: bool = True

    @property
    def unknown(self) -> list[str]:
        """Roles and faults that were asked for and do not exist."""
        known = {address.partition("/")[0] for address in self.offered}
        return sorted((self.faults - set(self.offered)) | (self.roles - known))

    def wanted(self, address: str) -> bool:
        """Whether a fault is to be tried."""
        everything = not self.roles and not self.faults
        return everything or address in self.faults or address.partition("/")[0] in self.roles

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Replace pytest's own terminal output."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep a collection error."""
        if report.failed:
            self.broken.append(report.longreprtext)

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_before_scenario(self, request: pytest.FixtureRequest) -> None:
        """Learn the faults of the run when the first scenario begins."""
        if self._board is None:
            self._board = request.getfixturevalue("fault_board")
            self.offered = self._board.offered
        self._board.watch(on=self._observing)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the finished case."""
        self._last = record_of(report) or self._last
        if report.failed and report.when == "setup":
            self.broken.append(f"{report.nodeid}: {report.longreprtext}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Observe all scenarios, then try every wanted fault."""
        if session.testsfailed:
            raise session.Interrupted(f"{session.testsfailed} errors during collection")
        for done, item in enumerate(session.items):
            self.progress("ohne Fehler", done, len(session.items))
            began = process_time()
            case = self._run(item)
            if case is not None and self._board is not None:
                self._items[case.id] = item
                asked, spent = frozenset(self._board.asked), process_time() - began
                self.observations.append(Observation(case, asked, spent))
            if self.unknown:
                return True
        self._observing = False
        tried = [
            (address, fault) for address, fault in self.offered.items() if self.wanted(address)
        ]
        for done, (address, fault) in enumerate(tried, 1):
            self.progress(address, done, len(tried))
            session.config.stash[ROUND] = done
            self.rows.append(self._row(session.config, address, fault))
        return True

    def _row(self, config: pytest.Config, address: str, fault: Fault) -> Row:
        if fault.is_lure:
            return row(address, fault, (), ())
        touched = relevant(fault, address, self.observations)
        first = lean_choice(fault, touched) if self.lean else touched
        config.stash[MUTATION] = tuple(filter(None, (address, fault.lure)))
        try:
            after = [case for seen in first if (case := self._run(self._items[seen.case.id]))]
            found = row(address, fault, touched, after)
            # What a lean choice left out may be what shows an id.
            for seen in touched:
                wanted = set(fault.breaks) - found.red
                if seen not in first and wanted & seen.ids:
                    after += filter(None, [self._run(self._items[seen.case.id])])
                    found = row(address, fault, touched, after)
        finally:
            config.stash[MUTATION] = ()
        return found

    def _run(self, item: pytest.Item) -> CaseRecord | None:
        """Run one scenario; everything but the scenario's own fixtures stays set up."""
        self._last = None
        if CASE in item.stash:
            del item.stash[CASE]
        # The next item only tells what to keep: all that is above this one.
        above = cast("pytest.Item", item.parent)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=above)
        return self._last
