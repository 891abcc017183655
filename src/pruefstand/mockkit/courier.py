"""Pushes messages to TCP listeners from threads of its own, so that no handler ever waits.

Each address has its own thread while messages are waiting for it: order is kept per address, and
a dead listener delays nobody else.
"""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

Address = tuple[str, int]

TIMEOUT = 2.0
"""Seconds for connecting and for writing."""

TRIES = 3
"""Attempts per message."""

_LOG = logging.getLogger("pruefstand.mock.courier")


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message; `on_lost` is told after the last attempt has failed."""

    data: bytes
    tls: ssl.SSLContext | None
    on_lost: Callable[[], None]


@dataclass(slots=True)
class Courier:
    """Delivers one message per connection; every method may be called from any thread."""

    _waiting: dict[Address, deque[Parcel]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(
        self,
        address: Address,
        data: bytes,
        *,
        tls: ssl.SSLContext | None = None,
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """Queue `data` for `address` and return at once."""
        parcel = Parcel(data, tls, on_lost)
        with self._lock:
            queue = self._waiting.get(address)
            if queue is not None:
                queue.append(parcel)
                return
            self._waiting[address] = deque([parcel])
        threading.Thread(target=self._work, args=(address,), name="courier", daemon=True).start()

    def _work(self, address: Address) -> None:
        while (parcel := self._next(address)) is not None:
            if not any(_deliver(address, parcel) for _ in range(TRIES)):
                parcel.on_lost()

    def _next(self, address: Address) -> Parcel | None:
        with self._lock:
            queue = self._waiting[address]
            if queue:
                return queue.popleft()
            # Under the lock: a message that comes from now on starts a new thread.
            del self._waiting[address]
            return None


def _deliver(address: Address, parcel: Parcel) -> bool:
    try:
        with socket.create_connection(address, TIMEOUT) as plain:
            if parcel.tls is None:
                plain.sendall(parcel.data)
            else:
                with parcel.tls.wrap_socket(plain, server_hostname=address[0]) as secure:
                    secure.sendall(parcel.data)
    except OSError as error:
        _LOG.info("%s:%d is not reached: %s", *address, error)
        return False
    return True
