"""WebSockets of a mock as plain functions: texts come in, texts are pushed out from any thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pruefstand.model.http import Request

Push = Callable[[str | None], None]
"""Sends a text; None closes the connection."""
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Session(Protocol):
    """One open connection, as the mock sees it."""

    def received(self, text: str) -> None:
        """Take a text from the client."""
        ...

    def closed(self) -> None:
        """Learn that the connection has ended."""
        ...


@dataclass(frozen=True, slots=True)
class Socket:
    """A path for WebSockets; `open` returns None to refuse the handshake (403)."""

    path: str
    open: Callable[[Request, Push], Session | None]


async def converse(
    sockets: Sequence[Socket], request: Request, receive: Receive, send: Send
) -> None:
    """Carry one connection from handshake to end."""
    loop, outgoing = asyncio.get_running_loop(), asyncio.Queue[str | None]()

    def push(text: str | None) -> None:
        loop.call_soon_threadsafe(outgoing.put_nowait, text)

    await receive()
    session = next(
        (item.open(request, push) for item in sockets if item.path == request.path), None
    )
    if session is None:
        await send({"type": "websocket.close", "code": 1008})
        return
    await send({"type": "websocket.accept"})
    writer = asyncio.create_task(_write(outgoing, send))
    reader = asyncio.create_task(_read(session, receive))
    try:
        await asyncio.wait({writer, reader}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        session.closed()
        for task in (writer, reader):
            task.cancel()
        await asyncio.gather(writer, reader, return_exceptions=True)


async def _write(outgoing: asyncio.Queue[str | None], send: Send) -> None:
    while (text := await outgoing.get()) is not None:
        await send({"type": "websocket.send", "text": text})
    await send({"type": "websocket.close", "code": 1000})


async def _read(session: Session, receive: Receive) -> None:
    while (event := await receive())["type"] == "websocket.receive":
        session.received(event.get("text") or "")
