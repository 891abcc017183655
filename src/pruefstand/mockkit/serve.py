"""Serves apps over TLS on free loopback ports, each in a thread of its own (uvicorn).

uvicorn does not hand the TLS client certificate to the application; the Konnektor needs it,
so a protocol subclass puts its DER into the scope.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pruefstand.errors import ConfigurationError, HarnessError
from pruefstand.mockkit.app import App
from pruefstand.mockkit.sockets import Receive, Send, converse
from pruefstand.model.http import HANG_UP, Request, Response

Scope = MutableMapping[str, Any]

START_SECONDS = 10.0
MAX_SOCKET_TEXT = 64 * 1024
"""Bytes of a WebSocket message."""
MAX_BODY = 32 * 1024 * 1024
"""Bytes; above every size limit of the originals, so that their own refusals are seen."""


class _ClientCertificateProtocol(HttpToolsProtocol):
    """Puts the DER of the TLS client certificate and the connection into the ASGI state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls else None
        self.app_state = {**self.app_state, "client_certificate": der, "connection": transport}


@dataclass(slots=True)
class Server:
    """A running mock; `close` stops it and joins its thread."""

    app: App
    port: int
    scheme: str
    _server: uvicorn.Server = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    @property
    def base_url(self) -> str:
        """The address clients use."""
        return f"{self.scheme}://localhost:{self.port}"

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(START_SECONDS)


def free_socket(port: int = 0) -> socket.socket:
    """Return a bound loopback socket; port 0 takes a free one.

    Raises ConfigurationError when the port is taken.
    """
    # asyncio switches Nagle off only where the protocol is named; without it, 44 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"Port {port} ist nicht frei: {error.strerror}", hint="freie Ports wählen lassen"
        ) from error
    return listener


def serve(app: App, *, tls: ssl.SSLContext | None, listener: socket.socket | None = None) -> Server:
    """Serve `app` until `close`; without `tls` in clear text (control interface only)."""
    listener = listener or free_socket()
    config = uvicorn.Config(
        asgi(app),
        http=_ClientCertificateProtocol,
        ws="websockets-sansio" if app.sockets else "none",
        ws_max_size=MAX_SOCKET_TEXT,
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=120,
    )
    config.load()
    if tls is not None:
        config.ssl = tls
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name=f"mock-{app.name}", daemon=True
    )
    thread.start()
    _await_start(server, thread, app.name)
    scheme = "https" if tls is not None else "http"
    return Server(app, listener.getsockname()[1], scheme, server, thread)


def _await_start(server: uvicorn.Server, thread: threading.Thread, name: str) -> None:
    waited = threading.Event()
    for _ in range(int(START_SECONDS * 100)):
        if server.started:
            return
        if not thread.is_alive():
            break
        waited.wait(0.01)
    raise HarnessError(f"mock {name!r} did not start", hint="see the log of pruefstand.mock")


def asgi(app: App) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """Return `app` as an ASGI application; handlers run on the event loop, they never block."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await converse(app.sockets, _request(scope, b""), receive, send)
            return
        body = await _read(receive)
        response = app.handle(_request(scope, body)) if body is not None else Response(413)
        if response.delay > 0:
            await asyncio.sleep(response.delay)
        response = response.settled()
        if response.status == HANG_UP:
            scope["state"]["connection"].abort()
            # The server must learn of it before it misses an answer.
            await asyncio.sleep(0.01)
            return
        await send(
            {
                "type": "http.response.start",
                "status": response.status,
                "headers": [
                    (key.lower().encode("latin-1"), value.encode("latin-1", "replace"))
                    for key, value in _with_length(response)
                ],
            }
        )
        await send({"type": "http.response.body", "body": response.body})

    return application


def _with_length(response: Response) -> tuple[tuple[str, str], ...]:
    # RFC 9110 section 8.6 forbids Content-Length in a 204 answer.
    if response.status == 204 or response.header("Content-Length") is not None:
        return response.headers
    return (*response.headers, ("Content-Length", str(len(response.body))))


async def _read(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return b"".join(parts)
        part = event.get("body", b"")
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
        if not event.get("more_body"):
            return b"".join(parts) if size <= MAX_BODY else None


def _request(scope: Scope, body: bytes) -> Request:
    query = scope["query_string"].decode("latin-1")
    path = scope["raw_path"].decode("latin-1")
    return Request(
        method=scope.get("method", "GET"),
        target=f"{path}?{query}" if query else path,
        headers=tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]),
        body=body,
        client_certificate=(scope.get("state") or {}).get("client_certificate"),
        is_encrypted=scope["scheme"] == "https",
    )
