"""All mocks of a profile with one clock, one test PKI and one seed, served over TLS."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Self, cast

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import CertificateInfo, Identity, Pki
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.app import App
from pruefstand.mockkit.context import MockContext
from pruefstand.mockkit.control import control_app
from pruefstand.mockkit.serve import Server, free_socket, serve
from pruefstand.rng import Rng

AppFactory = Callable[[MockContext], App]
Settings = Mapping[str, Mapping[str, object]]


def registered_mocks() -> dict[str, AppFactory]:
    """Return the mocks that installed packages offer under `pruefstand.mocks`."""
    found = entry_points(group="pruefstand.mocks")
    return {entry.name: cast("AppFactory", entry.load()) for entry in found}


class MockWorld:
    """Starts mocks on free loopback ports; `close` stops them and removes the key files."""

    def __init__(self, *, seed: int | str, clock: VirtualClock, settings: Settings) -> None:
        self.clock = clock
        self.seed = seed
        self.pki = Pki(seed, clock)
        self._settings = settings
        self._keys = tempfile.TemporaryDirectory(prefix="pruefstand-")
        self.servers: dict[str, Server] = {}
        self.control: Server | None = None
        self.contexts: dict[str, MockContext] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def start(self, ports: Mapping[str, int] | None = None) -> None:
        """Serve every mock of the settings; raises ConfigurationError for an unknown role."""
        factories = registered_mocks()
        tls = self._server_tls()
        for role, settings in self._settings.items():
            if role not in factories:
                raise ConfigurationError(
                    f"für die Rolle {role!r} ist kein Mock installiert",
                    hint=f"installiert: {', '.join(sorted(factories))}",
                )
            listener = free_socket((ports or {}).get(role, 0))
            context = MockContext(
                clock=self.clock,
                rng=Rng(self.seed).derive("mock", role),
                pki=self.pki,
                base_url=f"https://localhost:{listener.getsockname()[1]}",
                settings=settings,
            )
            self.contexts[role] = context
            self.servers[role] = serve(factories[role](context), tls=tls, listener=listener)

    def start_control(self, port: int = 0) -> str:
        """Serve the control port of all running mocks on loopback and return its address."""
        apps = {role: server.app for role, server in self.servers.items()}
        self.control = serve(control_app(apps), tls=None, listener=free_socket(port))
        return self.control.base_url

    def base_url(self, role: str) -> str:
        """Return where the mock of `role` listens."""
        return self.servers[role].base_url

    def set_flag(self, role: str, name: str, value: object) -> None:
        """Change a setting of a running mock, as its operator would switch a feature."""
        context = self.contexts[role]
        context.settings = {**context.settings, name: value}

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return a context that trusts the mocks and shows the client certificate `name`."""
        context = ssl.create_default_context(cadata=self.tls_ca_pem)
        context.load_cert_chain(self._key_file(name, self.pki.tls_client(name)))
        return context

    def trust(self, certificate: bytes) -> CertificateInfo:
        """Judge a service certificate (DER) now; raises CertificateProblem."""
        return self.pki.verify(certificate, kind=None, at=self.clock.now())

    @property
    def tls_ca_pem(self) -> str:
        """The CA that signed the mocks' TLS certificates, for foreign clients' trust stores."""
        return self.pki.tls_ca.public_bytes(Encoding.PEM).decode()

    def close(self) -> None:
        """Stop all mocks."""
        for server in (*self.servers.values(), *([self.control] if self.control else ())):
            server.close()
        self.control = None
        self.servers.clear()
        self._keys.cleanup()

    def _server_tls(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._key_file("server", self.pki.tls_server()))
        # Certificates are optional at TLS level: the Konnektor decides itself (4204).
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.tls_ca_pem)
        return context

    def _key_file(self, name: str, identity: Identity) -> Path:
        path = Path(self._keys.name) / f"{name}.pem"
        if not path.exists():
            key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path.touch(mode=0o600)
            path.write_bytes(key + identity.certificate.public_bytes(Encoding.PEM))
        return path
