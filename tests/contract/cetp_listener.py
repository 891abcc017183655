"""A minimal CETP listener that shares no code with the mock."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from xml.etree import ElementTree


@dataclass(frozen=True)
class Heard:
    """An event as any XML reader sees it."""

    topic: str
    parameters: dict[str, str]
    subscription: str

    @classmethod
    def read(cls, document: bytes) -> Heard:
        """Read `EVT:Event`, local names only."""
        root = ElementTree.fromstring(document)
        found = {node.tag.rpartition("}")[2]: node for node in root}
        pairs = [(entry[0].text or "", entry[1].text or "") for entry in found["Message"]]
        return cls(
            found["Topic"].text or "",
            dict(pairs),
            found["SubscriptionID"].text or "",
        )


@dataclass
class Listener:
    """Received XML documents in order of arrival."""

    port: int
    _received: queue.SimpleQueue[bytes] = field(default_factory=queue.SimpleQueue)

    @property
    def address(self) -> str:
        """What to subscribe with."""
        return f"cetp://127.0.0.1:{self.port}"

    def next(self, seconds: float = 5.0) -> bytes:
        """Return the next document; raises queue.Empty when none comes."""
        return self._received.get(timeout=seconds)

    def take(self, count: int) -> list[Heard]:
        """Return the next `count` events."""
        return [Heard.read(self.next()) for _ in range(count)]

    def is_silent(self) -> bool:
        """Whether nothing more has come within a moment."""
        try:
            self.next(0.15)
        except queue.Empty:
            return True
        return False


@contextmanager
def listening(tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """Listen on a free loopback port until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = Listener(server.getsockname()[1])
        worker = threading.Thread(target=_accept, args=(server, listener, tls), daemon=True)
        worker.start()
        yield listener
        server.shutdown(socket.SHUT_RDWR)
        worker.join(5)


def _accept(server: socket.socket, listener: Listener, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            plain, _ = server.accept()
        except OSError:
            return
        with plain, tls.wrap_socket(plain, server_side=True) if tls else plain as connection:
            _read(connection, listener)


def _read(connection: socket.socket, listener: Listener) -> None:
    data = b""
    while part := connection.recv(65_536):
        data += part
    assert data[:4] == b"CETP"
    assert int.from_bytes(data[4:8], "big") == len(data) - 8
    listener._received.put(data[8:])
