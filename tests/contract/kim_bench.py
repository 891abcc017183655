"""Directory, mail service and client module in one world, with members who write to each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from pruefstand.clock import VirtualClock
from pruefstand.drivers.kim import KimMember
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.transport.recorder import Recorder

DAY = date(2026, 11, 24)
MODULE, SERVICE, DIRECTORY = "kim_clientmodul", "kim_fachdienst", "vzd"
KONNEKTOR = "konnektor"
"""Its LDAP proxy leads to the directory."""


@dataclass(slots=True)
class KimBench:
    """A running world; `member` returns who acts, with empty mailboxes at first."""

    world: MockWorld
    recorder: Recorder
    _serial: int = 0
    _members: dict[str, KimMember] = field(default_factory=dict)

    def member(self, key: str, box: int = 0) -> KimMember:
        """Return a member by its key, always the same for one address."""
        one = participant(self.world.pki, key)
        address = one.addresses[box]
        if address not in self._members:
            rng = Rng("bench").derive(address)
            self._members[address] = KimMember(
                self.world, one, self.recorder, self.world.clock, rng, address=address
            )
        return self._members[address]

    @contextmanager
    def set(self, role: str, **settings: object) -> Iterator[None]:
        """Change settings of a mock inside the block."""
        context = self.world.contexts[role]
        before = context.settings
        context.settings = {**before, **settings}
        try:
            yield
        finally:
            context.settings = before

    @contextmanager
    def fault(self, role: str, *names: str) -> Iterator[None]:
        """Switch faults of a mock on inside the block."""
        faults = self.world.contexts[role].faults
        for name in names:
            faults.switch(name, True)
        try:
            yield
        finally:
            for name in names:
                faults.switch(name, False)

    def layer(self, layer: Layer) -> list[Exchange]:
        """Return what was recorded on `layer`."""
        return [exchange for exchange in self.recorder.exchanges if exchange.layer is layer]


@contextmanager
def kim_bench(**settings: dict[str, object]) -> Iterator[KimBench]:
    """Yield a running bench; `settings` by role."""
    clock = VirtualClock.at_day(DAY)
    roles = {role: settings.get(role, {}) for role in (KONNEKTOR, DIRECTORY, SERVICE, MODULE)}
    with MockWorld(seed="kim", clock=clock, settings=roles) as world:
        world.start()
        yield KimBench(world, Recorder(clock))
