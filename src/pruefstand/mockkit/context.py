"""What a mock is given: time, randomness, keys, and nothing else."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pruefstand.clock import Clock
from pruefstand.crypto.pki import Pki
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.faults import FaultSet
from pruefstand.mockkit.store import MemoryStore, Store
from pruefstand.rng import Rng


class Neighbours(Protocol):
    """Where the other mocks of the same world listen."""

    def base_url(self, role: str) -> str:
        """Return the HTTP address of `role`."""
        ...

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener of `role`."""
        ...

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return a TLS context that trusts the world and shows the client certificate `name`."""
        ...


class _Alone:
    """A world of one mock: there is nobody to reach."""

    def base_url(self, role: str) -> str:
        raise ConfigurationError(f"die Rolle {role!r} läuft hier nicht")

    def address(self, role: str, listener: str) -> tuple[str, int]:
        raise ConfigurationError(f"die Rolle {role!r} läuft hier nicht ({listener})")

    def client_tls(self, name: str) -> ssl.SSLContext:
        raise ConfigurationError(f"für {name!r} gibt es hier kein TLS-Zertifikat")


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
    neighbours: Neighbours = field(default_factory=_Alone)
