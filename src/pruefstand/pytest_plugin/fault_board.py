"""The faults of all roles of a run, switched by their address `role/name`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from pruefstand.drivers.carelessness import CARELESSNESS, careful
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.fault import Fault, FaultSet

MUTATION = pytest.StashKey[tuple[str, ...]]()
"""On the configuration: the addresses switched on in every scenario of a mutation run."""
ROUND = pytest.StashKey[int]()
"""On the configuration: how often the scenarios have been run before, in a mutation run."""


class FaultBoard:
    """Mocks and simulated actors side by side; what a scenario switches is put back after it."""

    def __init__(self, mocks: Mapping[str, FaultSet]) -> None:
        self._sets = {**mocks, **{role: careful(role) for role in CARELESSNESS}}

    def of(self, role: str) -> FaultSet:
        """Return the fault set of a role."""
        return self._sets[role]

    @property
    def offered(self) -> dict[str, Fault]:
        """All faults by address."""
        return {
            f"{role}/{name}": fault
            for role, faults in self._sets.items()
            for name, fault in faults.offered.items()
        }

    @property
    def asked(self) -> set[str]:
        """Addresses of the faults some code has asked about since `watch`."""
        return {f"{role}/{name}" for role, faults in self._sets.items() for name in faults.asked}

    def watch(self, *, on: bool) -> None:
        """Forget what was asked about; while `on`, notice also what would be spoiled."""
        for faults in self._sets.values():
            faults.asked.clear()
            faults.watched = on

    def switch_on(self, address: str) -> None:
        """Switch a fault on; raises ConfigurationError for an unknown address."""
        role, _, name = address.partition("/")
        if address not in self.offered:
            known = ", ".join(sorted(self.offered))
            raise ConfigurationError(
                f"den Fehler {address!r} gibt es nicht", hint=f"bekannt: {known}"
            )
        self._sets[role].switch(name, True)

    @contextmanager
    def during(self, addresses: Iterable[str]) -> Iterator[FaultBoard]:
        """Switch faults on for a scenario; afterwards none is."""
        try:
            for address in addresses:
                self.switch_on(address)
            yield self
        finally:
            for faults in self._sets.values():
                faults.active.clear()


@pytest.fixture(scope="session")
def fault_board(world: MockWorld) -> FaultBoard:
    """Every fault of the run."""
    return FaultBoard({role: context.faults for role, context in world.contexts.items()})


@pytest.fixture
def faults(
    fault_board: FaultBoard, pytestconfig: pytest.Config, request: pytest.FixtureRequest
) -> Iterator[FaultBoard]:
    """The faults of this scenario: those its tags or the run show, and those of a mutation run."""
    shown = [str(mark.args[0]) for mark in request.node.iter_markers("fehler")]
    shown += pytestconfig.getoption("--pruefstand-fault")
    with fault_board.during([*shown, *pytestconfig.stash.get(MUTATION, ())]) as board:
        yield board
