"""Where a practice system receives the Konnektor's events: a CETP listener that records them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

from pruefstand.clients.konnektor.channel import PEER
from pruefstand.model.closing import Closing
from pruefstand.model.exchange import Layer, Message
from pruefstand.soap.cetp import MARK, Event, read_frame
from pruefstand.soap.envelope import SoapProblem
from pruefstand.transport.recorder import Recorder

_HEAD = struct.Struct(">4sI")
MAX_FRAME = 1024 * 1024
"""Octets of a frame; an event has two or three kilobytes."""

_PATIENCE = 5.0
"""Seconds that a sender may need for one frame."""


class EventSink(Closing):
    """Listens on a free loopback port until it is closed; events are kept in order of arrival."""

    def __init__(self, recorder: Recorder, *, actor: str) -> None:
        self._recorder = recorder
        self._actor = actor
        self._server = socket.create_server(("127.0.0.1", 0))
        self._changed = threading.Condition()
        self._events: list[Event] = []
        self._worker = threading.Thread(target=self._accept, name="cetp", daemon=True)
        self._worker.start()

    @property
    def address(self) -> str:
        """What to subscribe with."""
        return f"cetp://127.0.0.1:{self._server.getsockname()[1]}"

    @property
    def events(self) -> tuple[Event, ...]:
        """What has arrived so far."""
        with self._changed:
            return tuple(self._events)

    def wait(self, fits: Callable[[Event], bool], seconds: float = 5.0) -> Event | None:
        """Return the first event that `fits`, at once or when it comes; None after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: any(map(fits, self._events)), seconds)
            return next(filter(fits, self._events), None)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._worker.join(_PATIENCE)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_PATIENCE)
                # One frame per connection or many: both are seen in the field.
                while frame := _read(connection):
                    self._take(frame)

    def _take(self, frame: bytes) -> None:
        event: Event | None = None
        try:
            event, problem = read_frame(frame), None
        except SoapProblem as error:
            problem = error.text
        self._recorder.add(
            Layer.CETP,
            actor=PEER,
            peer=self._actor,
            operation=event.topic if event else "CETP",
            request=Message("CETP", body=frame),
            response=None,
            facts={"subscription": event.subscription, **event.parameters} if event else {},
            error=problem,
        )
        if event is not None:
            with self._changed:
                self._events.append(event)
                self._changed.notify_all()


def _read(connection: socket.socket) -> bytes:
    """Return the next frame; empty at the end, what has come when it breaks off or is none."""
    head = _exactly(connection, _HEAD.size)
    if len(head) < _HEAD.size:
        return head
    mark, size = _HEAD.unpack(head)
    if mark != MARK or size > MAX_FRAME:
        # Without a length to trust, where the next frame begins cannot be told.
        connection.close()
        return head
    return head + _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    try:
        while len(data) < size and (part := connection.recv(min(65_536, size - len(data)))):
            data += part
    except OSError:
        return data
    return data
