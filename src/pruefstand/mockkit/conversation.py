"""A protocol of requests and answers over TCP as a sync conversation: POP3 and LDAP.

The listener cuts the stream into frames; each frame goes to `answer` in a worker thread, so a
conversation may itself wait for a neighbour without holding up the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Protocol

_LOG = logging.getLogger("pruefstand.mock.conversation")
_READ = 64 * 1024


@dataclass(frozen=True, slots=True)
class Peer:
    """Who connected; `certificate` is the TLS client certificate (DER)."""

    tls: bool
    certificate: bytes | None = None
    version: str = ""
    """Of TLS, such as `TLSv1.3`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Octets to send, and what happens afterwards."""

    data: bytes = b""
    close: bool = False
    start_tls: bool = False


class FramingProblem(ValueError):
    """The stream cannot be cut into frames any more; `answer` are the last words."""

    def __init__(self, answer: bytes) -> None:
        super().__init__("broken framing")
        self.answer = answer


Framing = Callable[[bytearray], int]
"""Return the size of the first complete frame, 0 while it is incomplete; or FramingProblem."""


class Conversation(Protocol):
    """One connection; the methods are called one after the other, from changing threads."""

    def greet(self) -> Answer:
        """Return the first words."""
        ...

    def answer(self, frame: bytes) -> Answer:
        """Answer one request."""
        ...

    def expire(self) -> Answer:
        """Return the last words after the peer was silent for too long."""
        ...

    def secured(self) -> None:
        """Take note that TLS now protects the connection."""
        ...

    def close(self) -> None:
        """Let go of everything; the connection is gone."""
        ...


@dataclass(frozen=True, slots=True)
class StreamListener:
    """A TCP port for conversations; `open` makes one per connection."""

    name: str
    open: Callable[[Peer], Conversation]
    framing: Framing
    implicit_tls: bool = True
    client_certificate: bool = False
    """Whether TLS demands a client certificate."""
    idle_seconds: float = 300.0

    def protocol(
        self, loop: asyncio.AbstractEventLoop, workers: Executor, tls: ssl.SSLContext
    ) -> asyncio.Protocol:
        """Return the protocol of one new connection."""
        reader = asyncio.StreamReader(loop=loop)

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _Exchange(self, reader, writer, workers, tls).run()

        return asyncio.StreamReaderProtocol(reader, connected, loop=loop)


class _Exchange:
    """The life of one connection."""

    def __init__(
        self,
        listener: StreamListener,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        workers: Executor,
        tls: ssl.SSLContext,
    ) -> None:
        self._listener, self._reader, self._writer = listener, reader, writer
        self._workers, self._tls = workers, tls
        self._buffer = bytearray()

    async def run(self) -> None:
        """Talk until one side ends it; no problem of one connection reaches another."""
        conversation = self._listener.open(peer_of(self._writer.transport))
        try:
            await self._talk(conversation)
        except (ConnectionError, TimeoutError, ssl.SSLError, OSError) as problem:
            _LOG.info("%s: connection lost: %s", self._listener.name, problem)
        except asyncio.CancelledError:
            # The mock stops: a peer that keeps its end open must not delay that.
            self._writer.transport.abort()
            raise
        finally:
            # The loop may be closing: what holds a neighbour's connection must still let go.
            conversation.close()
            self._writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await self._writer.wait_closed()

    async def _talk(self, conversation: Conversation) -> None:
        answer = await self._in_worker(conversation.greet)
        while True:
            if answer.start_tls:
                await self._secure(answer.data, conversation)
            else:
                await self._send(answer)
            if answer.close:
                return
            try:
                frame = await self._frame()
            except TimeoutError:
                answer = await self._in_worker(conversation.expire)
                continue
            except FramingProblem as problem:
                answer = Answer(problem.answer, close=True)
                continue
            if frame is None:
                return
            answer = await self._in_worker(partial(conversation.answer, frame))

    async def _send(self, answer: Answer) -> None:
        if answer.data:
            self._writer.write(answer.data)
            # A peer that never reads must not hold the octets for ever.
            await asyncio.wait_for(self._writer.drain(), self._listener.idle_seconds)

    async def _secure(self, go_ahead: bytes, conversation: Conversation) -> None:
        # Octets sent before the handshake are dropped: they would count as protected ones. From
        # the go-ahead on nothing is read in clear, a quick peer's handshake would be lost.
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]
        self._buffer.clear()
        self._writer.write(go_ahead)
        await self._writer.start_tls(self._tls)
        conversation.secured()

    async def _frame(self) -> bytes | None:
        while True:
            size = self._listener.framing(self._buffer)
            if size:
                frame = bytes(self._buffer[:size])
                del self._buffer[:size]
                return frame
            read = self._reader.read(_READ)
            data = await asyncio.wait_for(read, self._listener.idle_seconds)
            if not data:
                return None
            self._buffer += data

    async def _in_worker(self, work: Callable[[], Answer]) -> Answer:
        return await asyncio.get_running_loop().run_in_executor(self._workers, work)


def peer_of(transport: asyncio.BaseTransport) -> Peer:
    """Return who is at the other end of `transport`."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return Peer(tls=False)
    return Peer(True, tls.getpeercert(binary_form=True), tls.version() or "")


def lines(limit: int, too_long: bytes) -> Framing:
    """Return the framing by line ends; a line of more than `limit` octets ends the connection."""

    def size(buffer: bytearray) -> int:
        end = buffer.find(b"\n") + 1
        if (end or len(buffer)) > limit:
            raise FramingProblem(too_long)
        return end

    return size


def ber_sequences(limit: int, too_long: bytes) -> Framing:
    """Return the framing by BER SEQUENCEs of definite length, as LDAP demands."""

    def size(buffer: bytearray) -> int:
        if len(buffer) < 2:
            return 0
        count, head = buffer[1], 2
        if buffer[0] != 0x30 or count == 0x80 or count > 0x84:
            raise FramingProblem(too_long)
        length = count
        if count > 0x80:
            head += count & 0x7F
            if len(buffer) < head:
                return 0
            length = int.from_bytes(buffer[2:head], "big")
        if head + length > limit:
            raise FramingProblem(too_long)
        return head + length if len(buffer) >= head + length else 0

    return size
