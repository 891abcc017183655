"""All mocks of a profile with one clock, one test PKI and one seed, served over TLS."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import ssl
import tempfile
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast
from urllib.parse import quote

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pruefstand.clock import SystemClock, VirtualClock
from pruefstand.crypto.pki import CertificateInfo, Identity, Pki
from pruefstand.errors import ConfigurationError
from pruefstand.mockkit.app import App
from pruefstand.mockkit.context import MockContext
from pruefstand.mockkit.control import control_app
from pruefstand.mockkit.file_store import FileStore
from pruefstand.mockkit.listeners import ListenerServer, ServerTls, listen
from pruefstand.mockkit.serve import Server, free_socket, serve
from pruefstand.mockkit.store import MemoryStore
from pruefstand.mockkit.workers import WorkerPlan, WorkerPool, store_path
from pruefstand.model.closing import Closing
from pruefstand.model.http import Request
from pruefstand.rng import Rng

AppFactory = Callable[[MockContext], App]
Settings = Mapping[str, Mapping[str, object]]


class Addresses(Protocol):
    """Where the mocks of another process listen."""

    def base_url(self, role: str) -> str:
        """Return the HTTP address of `role`."""
        ...

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener of `role`."""
        ...


def registered_mock(role: str) -> AppFactory:
    """Return the mock an installed package offers for `role`; raises ConfigurationError."""
    found = entry_points(group="pruefstand.mocks")
    if role not in found.names:
        raise ConfigurationError(
            f"für die Rolle {role!r} ist kein Mock installiert",
            hint=f"installiert: {', '.join(sorted(found.names))}",
        )
    return cast("AppFactory", found[role].load())


class MockWorld(Closing):
    """Starts mocks on free loopback ports; `close` stops them and removes the key files."""

    def __init__(
        self,
        *,
        seed: int | str,
        clock: VirtualClock,
        settings: Settings,
        store: Path | None = None,
        workers: int = 1,
        elsewhere: Addresses | None = None,
    ) -> None:
        """`workers` processes serve each mock that keeps all its records in the file `store`.

        `elsewhere` knows where the roles listen that another process serves, with the same seed.
        """
        if workers > 1 and store is None:
            raise ConfigurationError(
                f"{workers} Prozesse brauchen einen gemeinsamen Speicher",
                hint="mit --store eine Datei nennen",
            )
        self.clock = clock
        self.seed = seed
        self.pki = Pki(seed, clock)
        self._settings = settings
        self._store = store
        self._workers = workers
        self._elsewhere = elsewhere
        self._stores: list[FileStore] = []
        self._keys = tempfile.TemporaryDirectory(prefix="pruefstand-")
        self.servers: dict[str, Server | WorkerPool] = {}
        self.control: Server | None = None
        self._plain: dict[str, Server] = {}
        self._client_tls: dict[str, ssl.SSLContext] = {}
        self.ports: dict[str, ListenerServer] = {}
        self.contexts: dict[str, MockContext] = {}

    def start(self, ports: Mapping[str, int] | None = None) -> None:
        """Serve every mock of the settings; raises ConfigurationError for an unknown role.

        `ports` fixes ports by role, those beside HTTP by `role.listener`.
        """
        fixed = ports or {}
        for role in self._settings:
            self.serve_role(role, free_socket(fixed.get(role, 0)), fixed)

    def serve_role(
        self, role: str, listener: socket.socket, ports: Mapping[str, int] | None = None
    ) -> None:
        """Serve one mock of the settings; raises ConfigurationError for an unknown role."""
        factory = registered_mock(role)
        context = self._context(role, f"https://localhost:{listener.getsockname()[1]}")
        self.contexts[role] = context
        app = factory(context)
        if self._workers > 1 and app.shares_store:
            self.servers[role] = self._pool(role, app, listener)
        else:
            self.servers[role] = serve(app, tls=self._server_tls.optional, listener=listener)
        if app.listeners:
            bound = {
                item.name: free_socket((ports or {}).get(f"{role}.{item.name}", 0))
                for item in app.listeners
            }
            self.ports[role] = listen(role, app.listeners, bound, self._server_tls)
        if self._settings[role].get("plain_http"):
            self._plain[role] = serve(app, tls=None)
            context.plain_url = self._plain[role].base_url

    def _context(self, role: str, base_url: str) -> MockContext:
        rng, store = Rng(self.seed).derive("mock", role), self._file_store(role)
        if store is not None:
            # Numbers that a file already holds must not be drawn again, nor by two processes.
            rng = rng.derive(os.urandom(16).hex())
        return MockContext(
            clock=self.clock,
            rng=rng,
            pki=self.pki,
            base_url=base_url,
            settings=self._settings[role],
            store=store or MemoryStore(),
            neighbours=self,
        )

    def _file_store(self, role: str) -> FileStore | None:
        if self._store is None:
            return None
        self._stores.append(FileStore(self._store, role))
        return self._stores[-1]

    def _pool(self, role: str, app: App, listener: socket.socket) -> WorkerPool:
        assert self._store is not None
        plan = WorkerPlan(
            role=role,
            seed=self.seed,
            clock_offset=(self.clock.now() - SystemClock().now()).total_seconds(),
            settings=dict(self._settings[role]),
            store=store_path(self._store),
            socket=listener.fileno(),
        )
        # The processes have sets of their own: what is switched here would not reach them.
        app.faults.fixed = True
        pool = WorkerPool(app, plan, listener)
        pool.start(self._workers)
        return pool

    def start_control(self, port: int = 0) -> str:
        """Serve the control port of all running mocks on loopback and return its address."""
        apps = {role: server.app for role, server in self.servers.items()}
        self.control = serve(control_app(apps), tls=None, listener=free_socket(port))
        return self.control.base_url

    def operate(
        self, role: str, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> object:
        """Do what the control port would do for an operator; raises ConfigurationError."""
        apps = {name: server.app for name, server in self.servers.items()}
        body = json.dumps(content or {}).encode()
        headers = (("Host", "localhost"),)
        request = Request(method, f"/{role}{quote(path)}", headers, body)
        response = control_app(apps).handle(request)
        if response.status >= 400:
            raise ConfigurationError(
                f"Steuerung {method} /{role}{path}: {response.body.decode(errors='replace')}",
                hint="Pfade und Inhalte stehen unter /openapi.json der Steuerung",
            )
        return json.loads(response.body) if response.body else None

    def base_url(self, role: str) -> str:
        """Return where the mock of `role` listens; raises ConfigurationError."""
        if role in self.servers:
            return self.servers[role].base_url
        if self._elsewhere is None:
            raise ConfigurationError(f"die Rolle {role!r} läuft hier nicht")
        return self._elsewhere.base_url(role)

    def address(self, role: str, listener: str) -> tuple[str, int]:
        """Return host and port of a listener of `role`; raises ConfigurationError."""
        if role not in self.servers and self._elsewhere is not None:
            return self._elsewhere.address(role, listener)
        found = self.ports[role].ports if role in self.ports else {}
        if listener not in found:
            raise ConfigurationError(f"die Rolle {role!r} hat keinen Zugang {listener!r}")
        return "localhost", found[listener]

    def act(self, role: str) -> int:
        """Let a mock do what it does of its own accord, such as looking into its mailbox.

        Mocks have no threads and no timers: whoever moves the clock says when. Returns how much
        was done; raises ConfigurationError for a mock that only answers.
        """
        act = self.servers[role].app.act if role in self.servers else None
        if act is None:
            raise ConfigurationError(f"der Mock {role!r} handelt nicht von selbst")
        return act()

    def set_flag(self, role: str, name: str, value: object) -> None:
        """Change a setting of a running mock, as its operator would switch a feature."""
        context = self.contexts[role]
        context.settings = {**context.settings, name: value}

    def client_tls(self, name: str) -> ssl.SSLContext:
        """Return the context that trusts the mocks and shows the client certificate `name`.

        An empty name shows none.
        """
        # Reading trust anchor and key takes as long as a handshake. HTTP clients set ALPN on the
        # context, which the mocks' mail and directory listeners do not mind.
        if name not in self._client_tls:
            self._client_tls[name] = self._new_client_tls(name)
        return self._client_tls[name]

    def _new_client_tls(self, name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.tls_ca_pem)
        if name:
            context.load_cert_chain(self._key_file(name, self.pki.tls_client(name)))
        return context

    def client_fingerprint(self, name: str) -> str:
        """Return the SHA-256 of the client certificate `name` in hex."""
        return hashlib.sha256(self.pki.tls_client(name).der).hexdigest()

    def trust(self, certificate: bytes) -> CertificateInfo:
        """Judge a service certificate (DER) now; raises CertificateProblem."""
        return self.pki.verify(certificate, kind=None, at=self.clock.now())

    @property
    def tls_ca_pem(self) -> str:
        """The CA that signed the mocks' TLS certificates, for foreign clients' trust stores."""
        return self.pki.tls_ca.public_bytes(Encoding.PEM).decode()

    def close(self) -> None:
        """Stop all mocks."""
        for listeners in self.ports.values():
            listeners.close()
        self.ports.clear()
        extra = (*self._plain.values(), *([self.control] if self.control else ()))
        for server in (*self.servers.values(), *extra):
            server.close()
        self._plain.clear()
        self.control = None
        self.servers.clear()
        for store in self._stores:
            store.close()
        self._keys.cleanup()

    @cached_property
    def _server_tls(self) -> ServerTls:
        return ServerTls(self._tls_context(ssl.CERT_OPTIONAL), self._tls_context(ssl.CERT_REQUIRED))

    def _tls_context(self, client_certificate: ssl.VerifyMode) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self._key_file("server", self.pki.tls_server()))
        # Over HTTP certificates are optional at TLS level: the Konnektor decides itself (4204).
        context.verify_mode = client_certificate
        context.load_verify_locations(cadata=self.tls_ca_pem)
        return context

    def _key_file(self, name: str, identity: Identity) -> Path:
        path = Path(self._keys.name) / f"{name}.pem"
        if not path.exists():
            key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            path.touch(mode=0o600)
            path.write_bytes(key + identity.certificate.public_bytes(Encoding.PEM))
        return path
