"""What a mock is given: time, randomness, keys, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pruefstand.clock import Clock
from pruefstand.crypto.pki import Pki
from pruefstand.mockkit.faults import FaultSet
from pruefstand.mockkit.store import MemoryStore, Store
from pruefstand.rng import Rng


@dataclass(slots=True)
class MockContext:
    """One per mock; `base_url` is set when the mock is served, before the first request."""

    clock: Clock
    rng: Rng
    pki: Pki
    base_url: str = "https://mock.invalid"
    settings: Mapping[str, object] = field(default_factory=dict)
    """The mock's table of the profile: flags, cards, limits."""
    faults: FaultSet = field(default_factory=FaultSet)
    store: Store = field(default_factory=MemoryStore)
    """Where the mock keeps what must survive; in memory unless the operator names a file."""
    plain_url: str | None = None
    """The address without TLS, where the profile asks for one."""
