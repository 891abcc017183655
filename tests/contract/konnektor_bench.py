"""A mock Konnektor in this process with a client in front of it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from mocks.konnektor import app
from pruefstand.clients.konnektor import KonnektorClient, KonnektorContext
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder

BASE_URL = "https://konnektor.test"
USER = "0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11"
CONTEXT = KonnektorContext("M1", "CS1", "WP1", USER)
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Bench:
    """Mock, client, and everything a test may turn or look at."""

    ctx: MockContext
    app: App
    client: KonnektorClient
    recorder: Recorder
    settings: dict[str, object]

    def another(self, context: KonnektorContext) -> KonnektorClient:
        """Return a client with another call context on the same connection."""
        return KonnektorClient(self.client.transport, BASE_URL, context)

    def post(self, body: bytes, path: str = "/ws/EventService") -> Response:
        """Send raw bytes, as no client of ours would."""
        return self.app.handle(Request("POST", path, (("Content-Type", "text/xml"),), body))

    def operate(self, operation: str, content: object = None, **parts: str) -> Response:
        """Do what an operator does through the control port."""
        route = next(row for row in self.app.control if row.operation == operation)
        body = json.dumps(content).encode() if content is not None else b""
        return route.handler(Request(route.method, route.path, (), body), **parts)

    def layer(self, layer: Layer) -> list[Exchange]:
        """Return what was recorded on `layer`."""
        return [exchange for exchange in self.recorder.exchanges if exchange.layer == layer]


@contextmanager
def bench(
    context: KonnektorContext = CONTEXT, *, certificate: str | None = None, **settings: object
) -> Iterator[Bench]:
    """Yield a fresh bench; `certificate` names the TLS client identity."""
    clock = VirtualClock(NOON)
    pki = Pki("konnektor", clock)
    table = dict(settings)
    ctx = MockContext(clock, Rng("konnektor"), pki, BASE_URL, table)
    konnektor = app(ctx)
    recorder = Recorder(clock)
    shown = pki.tls_client(certificate).der if certificate else None
    inner = mock_transport(konnektor, client_certificate=shown)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with HttpTransport(recorder, actor="praxis", tls=tls, inner=inner) as transport:
        client = KonnektorClient(transport, BASE_URL, context)
        yield Bench(ctx, konnektor, client, recorder, table)
