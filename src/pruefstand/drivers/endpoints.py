"""Endpoints written by one process and read by another: the mocks run apart from the generator."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from pruefstand.clock import SystemClock, VirtualClock
from pruefstand.crypto.pki import CertificateInfo, Pki
from pruefstand.errors import ConfigurationError


@dataclass(frozen=True)
class FileEndpoints:
    """Addresses, trust anchor and client certificates of running mocks."""

    roles: Mapping[str, str]
    tls_ca: str
    """Path of the trust anchor in PEM."""
    clients: Mapping[str, str]
    """Paths of key and certificate in PEM, by client system."""
    clock_offset: float
    """Seconds the mocks' clock is ahead of the machine's."""
    seed: int
    """The mocks' seed: the test PKI follows from it, here as there."""

    listeners: Mapping[str, int] = field(default_factory=dict)
    """Ports beside HTTP, by `role.listener`."""

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener; raises ConfigurationError when it is not served."""
        port = self.listeners.get(f"{role}.{listener}")
        if port is None:
            raise ConfigurationError(f"die Rolle {role!r} hat keinen Zugang {listener!r}")
        return "localhost", port

    def base_url(self, role: str) -> str:
        """Return the address of `role`; raises ConfigurationError when it is not served."""
        if role not in self.roles:
            raise ConfigurationError(
                f"die Rolle {role!r} hat keine Adresse", hint=f"bekannt: {', '.join(self.roles)}"
            )
        return self.roles[role]

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return a context that trusts the mocks and shows the client certificate `name`.

        An empty name shows none.
        """
        context = ssl.create_default_context(cafile=self.tls_ca)
        if name:
            context.load_cert_chain(self.clients[name])
        return context

    def trust(self, certificate: bytes) -> CertificateInfo:
        """Judge a service certificate (DER) now; raises CertificateProblem."""
        return self._pki.verify(certificate, kind=None, at=self.clock().now())

    @cached_property
    def _pki(self) -> Pki:
        return Pki(self.seed, self.clock())

    def clock(self) -> VirtualClock:
        """Return a clock that runs with the mocks' clock."""
        return VirtualClock(SystemClock().now() + timedelta(seconds=self.clock_offset))

    def write(self, path: Path) -> None:
        """Write the endpoints; a reader sees the whole file or none."""
        draft = path.with_name(f".{path.name}")
        draft.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        draft.replace(path)

    @classmethod
    def read(cls, path: Path) -> FileEndpoints:
        """Read what `write` wrote; raises ConfigurationError."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(
                f"{path}: keine Endpunkte lesbar",
                hint="mit `pruefstand mocks up --endpoints` schreiben",
            ) from error
