"""An SMTP server (aiosmtpd) in front of a sync conversation, with what KIM needs beyond it.

aiosmtpd answers DSN parameters with 555, cuts AUTH lines at 512 octets although KIM user names
are longer, names a wrong mechanism 5.5.4 and reads messages line by line; here these follow
RFC 3461, RFC 4954 and the KIM client module.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import ssl
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from pruefstand.mockkit.conversation import Peer, peer_of

T = TypeVar("T")
Options = Mapping[str, str]
"""Parameters of MAIL or RCPT by upper-case name."""

AUTH_LINE = 12288
"""Octets of an AUTH line (RFC 4954 section 4)."""

_DSN = re.compile(r"\s+(RET|ENVID|NOTIFY|ORCPT)=(\S+)", re.IGNORECASE)
_PATH = re.compile(r"\s*<([A-Za-z0-9._-]+@[A-Za-z0-9.-]+)>(?=\s|$)")
_OURS = ("HELO", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "QUIT")
_LOG = logging.getLogger("pruefstand.mock.smtp")


class SmtpConversation(Protocol):
    """One connection; each method returns a complete reply line and may wait for a neighbour."""

    def login(self, user: str, password: str) -> str:
        """Judge credentials."""
        ...

    def mail(self, sender: str, options: Options) -> str:
        """Begin a message."""
        ...

    def rcpt(self, address: str, options: Options) -> str:
        """Add a recipient."""
        ...

    def data(self, content: bytes) -> str:
        """Take the message."""
        ...

    def reset(self) -> None:
        """Forget the message begun."""
        ...

    def close(self) -> None:
        """Let go of everything; the connection is gone."""
        ...


@dataclass(frozen=True, slots=True)
class Manner:
    """How a server presents itself: the last word of its greeting, and the ways to log in."""

    protocol: str = "ESMTP"
    mechanisms: str = "LOGIN PLAIN"


@dataclass(frozen=True, slots=True)
class SmtpListener:
    """A TCP port that speaks SMTP; `greeting` stands between 220 and the protocol."""

    name: str
    open: Callable[[Peer], SmtpConversation]
    greeting: str
    size_limit: int
    """Octets advertised by SIZE and taken at most."""
    implicit_tls: bool = True
    offers_tls: bool = False
    """Whether STARTTLS is known."""
    client_certificate: bool = False
    waits: bool = True
    """Whether the conversation may wait for a neighbour; else no thread is needed."""
    idle_seconds: float = 300.0
    manner: Callable[[], Manner] = Manner
    """Asked for each connection."""

    def protocol(
        self, loop: asyncio.AbstractEventLoop, workers: Executor, tls: ssl.SSLContext
    ) -> asyncio.Protocol:
        """Return the protocol of one new connection."""
        return _SmtpServer(self, loop, workers, tls)


class _Hooks:
    """Carries what aiosmtpd parsed to the conversation, in a worker thread."""

    def __init__(self, work: Callable[[Callable[[], T]], Awaitable[T]]) -> None:
        self._work: Any = work

    async def handle_EHLO(
        self, server: _SmtpServer, session: Session, _: Envelope, name: str, lines: list[str]
    ) -> list[str]:
        session.host_name = name
        ours = [line for line in lines if not line.startswith(("250 HELP", "250-AUTH"))]
        return [*ours, f"250-AUTH {server.manner.mechanisms}", "250-ENHANCEDSTATUSCODES", "250 DSN"]

    async def handle_MAIL(
        self, server: _SmtpServer, _: Session, envelope: Envelope, sender: str, options: list[str]
    ) -> str:
        given = server.take_options(options)
        reply: str = await self._work(lambda: server.conversation.mail(sender, given))
        if reply.startswith("250"):
            envelope.mail_from = sender
        return reply

    async def handle_RCPT(
        self, server: _SmtpServer, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        given = server.take_options(options)
        reply: str = await self._work(lambda: server.conversation.rcpt(address, given))
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_RSET(self, server: _SmtpServer, _: Session, __: Envelope) -> str:
        await self._work(server.conversation.reset)
        return "250 2.0.0 OK"

    async def handle_exception(self, error: Exception) -> str:
        _LOG.error("defect of the mock", exc_info=error)
        return "451 4.3.0 Local error in processing"


class _Session(Session):
    """aiosmtpd writes this attribute at every login and warns of its own writing."""

    login_data: object = None


_ANSWERED = AuthResult(success=False, handled=True)
_UNREADABLE = AuthResult(success=False, handled=False, message="501 5.5.2 Can't decode credentials")


class _SmtpServer(SMTP):
    """One connection."""

    line_length_limit = AUTH_LINE + 2
    AuthLoginUsernameChallenge = "Username:"
    AuthLoginPasswordChallenge = "Password:"

    def __init__(
        self,
        listener: SmtpListener,
        loop: asyncio.AbstractEventLoop,
        workers: Executor,
        tls: ssl.SSLContext,
    ) -> None:
        self._listener, self._workers = listener, workers
        self.manner = listener.manner()
        super().__init__(
            _Hooks(self.in_worker),
            data_size_limit=listener.size_limit,
            hostname=listener.greeting,
            ident=self.manner.protocol,
            tls_context=tls if listener.offers_tls else None,
            timeout=listener.idle_seconds,
            auth_require_tls=False,
            loop=loop,
        )
        # The class dictionary is shared between all servers and emptied by each new one.
        self.command_size_limits = defaultdict(
            lambda: 512, {"AUTH": AUTH_LINE, "RCPT": 1024, "MAIL": 1024}
        )
        known = (*_OURS, "STARTTLS") if listener.offers_tls else _OURS
        self._smtp_methods = _Commands(
            {name: self._smtp_methods[name] for name in known}, self._refuse_unknown
        )
        self._options: dict[str, str] = {}
        self._conversation: SmtpConversation | None = None

    @property
    def conversation(self) -> SmtpConversation:
        """The sync side; made when it is first needed, after a TLS handshake."""
        if self._conversation is None:
            self._conversation = self._listener.open(peer_of(self._writer.transport))
        return self._conversation

    def _create_session(self) -> Session:
        return _Session(self.loop)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Read what every product writes without the email package, which takes much longer."""
        plain = _PATH.match(arg)
        if plain:
            return plain[1], arg[plain.end() :]
        address: tuple[str | None, str | None] = super()._getaddr(arg)
        return address

    async def in_worker(self, work: Callable[[], T]) -> T:
        """Run `work` in a worker thread, or here when it waits for nobody."""
        if not self._listener.waits:
            return work()
        return await self.loop.run_in_executor(self._workers, work)

    def take_options(self, options: list[str]) -> Options:
        """Return the parameters of the running command, those of DSN included."""
        given, self._options = self._options, {}
        for option in options:
            name, _, value = option.partition("=")
            given[name] = value
        return given

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin anew, also after STARTTLS: nothing said in clear counts (RFC 3207 section 4.2)."""
        super().connection_made(transport)
        self._conversation = None

    def connection_lost(self, error: Exception | None) -> None:
        """Let the conversation go with its connection."""
        super().connection_lost(error)
        if self._conversation is not None:
            self._conversation.close()

    async def check_helo_needed(self, helo: str = "HELO") -> bool:
        """Demand the login first: before it, MAIL, RCPT and DATA are 530 in any case."""
        if helo == "HELO" and not (self.session and self.session.authenticated):
            await self.push("530 5.7.0 Authentication required")
            return True
        return bool(await super().check_helo_needed(helo))

    async def smtp_AUTH(self, arg: str) -> None:
        """Refuse other mechanisms than PLAIN and LOGIN with the code of the client module."""
        mechanism = (arg or "").split(" ")[0].upper()
        if mechanism and mechanism not in {"PLAIN", "LOGIN"}:
            await self.push("504 5.7.4 Unrecognized authentication type")
            return
        rest = arg[len(mechanism) :] if arg else ""
        await super().smtp_AUTH(mechanism + rest)

    async def auth_PLAIN(self, _: SMTP, args: list[str]) -> AuthResult:
        """Take SASL PLAIN, in one line or two."""
        blob = _decoded(args[1]) if len(args) > 1 else await self.challenge_auth("")
        if blob is MISSING:
            return _ANSWERED
        parts = blob.split(b"\0") if isinstance(blob, bytes) else []
        return await self._log_in(parts[1], parts[2]) if len(parts) == 3 else _UNREADABLE

    async def auth_LOGIN(self, _: SMTP, args: list[str]) -> AuthResult:
        """Take the two answers of LOGIN."""
        prompt = self.AuthLoginUsernameChallenge
        user = _decoded(args[1]) if len(args) > 1 else await self.challenge_auth(prompt)
        if user is MISSING:
            return _ANSWERED
        password = await self.challenge_auth(self.AuthLoginPasswordChallenge)
        if password is MISSING:
            return _ANSWERED
        if not isinstance(user, bytes) or not isinstance(password, bytes):
            return _UNREADABLE
        return await self._log_in(user, password)

    async def _log_in(self, user: bytes, password: bytes) -> AuthResult:
        try:
            name, secret = user.decode(), password.decode()
        except UnicodeDecodeError:
            return _UNREADABLE
        reply = await self.in_worker(lambda: self.conversation.login(name, secret))
        data = LoginPassword(user, b"")
        good = reply.startswith("235")
        return AuthResult(success=good, handled=False, message=reply, auth_data=data)

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the DSN parameters out, which aiosmtpd does not know."""
        await super().smtp_MAIL(self._without_dsn(arg))

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take the DSN parameters out, which aiosmtpd does not know."""
        await super().smtp_RCPT(self._without_dsn(arg))

    def _without_dsn(self, arg: str | None) -> str | None:
        self._options = {}
        if arg is None:
            return None
        address, close, parameters = arg.rpartition(">")
        self._options = {name.upper(): value for name, value in _DSN.findall(parameters)}
        return address + close + _DSN.sub("", parameters)

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take the message in large pieces: line by line a mail of 20 MiB takes seconds."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        content = await self._content()
        if content is None:
            reply = "552 5.3.4 Message size exceeds fixed limit"
        else:
            reply = await self.in_worker(lambda: self.conversation.data(content))
        self.envelope = self._create_envelope()
        self._reset_timeout()
        await self.push(reply)

    async def _content(self) -> bytes | None:
        """Return the message without dot-stuffing; None when it is too large to be kept."""
        parts: list[bytes] = []
        size, tail = 0, b"\r\n"
        while True:
            try:
                piece = await self._reader.readuntil(b".\r\n")
            except asyncio.LimitOverrunError as more:
                piece = await self._reader.read(more.consumed)
            size += len(piece)
            tail = (tail + piece[-5:])[-5:]
            if size > self._listener.size_limit:
                parts.clear()
            else:
                parts.append(piece)
            self._reset_timeout()
            if tail == b"\r\n.\r\n":
                break
        if size > self._listener.size_limit:
            return None
        stuffed = b"\r\n" + b"".join(parts)[:-3]
        return stuffed.replace(b"\r\n..", b"\r\n.")[2:]

    async def _refuse_unknown(self, _: str | None) -> None:
        await self.push("502 5.5.1 Command not implemented")


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return None


class _Commands(dict[str, Any]):
    """The commands of the server; any other one is refused in the words of the client module."""

    def __init__(self, known: Mapping[str, Any], otherwise: Callable[[str | None], Any]) -> None:
        super().__init__(known)
        self._otherwise = otherwise

    def get(self, command: str, default: Any = None) -> Any:
        """Return the method for `command`."""
        return super().get(command, self._otherwise)
