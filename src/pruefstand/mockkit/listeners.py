"""Serves the non-HTTP ports of a mock: one event loop in one thread, waiting work in a pool."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pruefstand.errors import HarnessError

WORKERS = 32
"""Connections of one mock that may wait for a neighbour at the same time."""

START_SECONDS = 10.0


class Listener(Protocol):
    """A TCP port of a mock beside HTTP."""

    @property
    def name(self) -> str:
        """The service's name, such as `pop3s`."""
        ...

    @property
    def implicit_tls(self) -> bool:
        """Whether TLS begins with the connection."""
        ...

    @property
    def client_certificate(self) -> bool:
        """Whether TLS demands a client certificate."""
        ...

    def protocol(
        self, loop: asyncio.AbstractEventLoop, workers: Executor, tls: ssl.SSLContext
    ) -> asyncio.Protocol:
        """Return the protocol of one new connection."""
        ...


@dataclass(frozen=True, slots=True)
class ServerTls:
    """The two server contexts of a world: client certificate welcome, or demanded."""

    optional: ssl.SSLContext
    required: ssl.SSLContext

    def of(self, listener: Listener) -> ssl.SSLContext:
        """Return the context for `listener`."""
        return self.required if listener.client_certificate else self.optional


@dataclass(slots=True)
class ListenerServer:
    """Running ports; `close` ends every connection and joins the thread."""

    ports: Mapping[str, int]
    _loop: asyncio.AbstractEventLoop = field(repr=False)
    _thread: threading.Thread = field(repr=False)

    def close(self) -> None:
        """Stop serving."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)


def listen(
    role: str, listeners: Sequence[Listener], sockets: Mapping[str, socket.socket], tls: ServerTls
) -> ListenerServer:
    """Serve `listeners` on the bound `sockets`, by name, until `close`."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    thread = threading.Thread(
        target=_run,
        args=(role, loop, listeners, sockets, tls, started),
        name=f"ports-{role}",
        daemon=True,
    )
    thread.start()
    if not started.wait(START_SECONDS):
        raise HarnessError(f"the ports of mock {role!r} did not open")
    ports = {name: bound.getsockname()[1] for name, bound in sockets.items()}
    return ListenerServer(ports, loop, thread)


def _run(
    role: str,
    loop: asyncio.AbstractEventLoop,
    listeners: Sequence[Listener],
    sockets: Mapping[str, socket.socket],
    tls: ServerTls,
    started: threading.Event,
) -> None:
    asyncio.set_event_loop(loop)
    workers = ThreadPoolExecutor(WORKERS, thread_name_prefix=f"mock-{role}")
    servers = [
        loop.run_until_complete(_open(loop, item, sockets[item.name], tls, workers))
        for item in listeners
    ]
    started.set()
    loop.run_forever()
    for server in servers:
        server.close()
    _cancel_all(loop)
    # Transports of closed connections end in the next rounds of the loop.
    loop.run_until_complete(asyncio.sleep(0.01))
    # A worker may still wait for a neighbour that closes too; nobody needs its answer.
    workers.shutdown(wait=False, cancel_futures=True)
    loop.close()


async def _open(
    loop: asyncio.AbstractEventLoop,
    listener: Listener,
    bound: socket.socket,
    tls: ServerTls,
    workers: Executor,
) -> asyncio.Server:
    context = tls.of(listener)
    return await loop.create_server(
        lambda: listener.protocol(loop, workers, context),
        sock=bound,
        ssl=context if listener.implicit_tls else None,
        backlog=256,
    )


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
