"""A POP3 server as a sync conversation: login and framing here, the maildrop elsewhere.

RFC 1939 with CAPA (RFC 2449), STLS (RFC 2595) and AUTH PLAIN (RFC 5034); no library for it is
maintained on the package index.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pruefstand.mockkit.conversation import Answer, Framing, Peer, lines

LINE_LIMIT = 12288
"""Octets of a command line; KIM user names are long."""

FAILED_LOGINS = 3
"""After so many the connection ends."""


class Pop3Refusal(Exception):
    """A command is answered with -ERR and this text."""


@dataclass(frozen=True, slots=True)
class Pop3Reply:
    """An answer: the status line, and for a multi-line one its content before dot-stuffing."""

    line: str
    content: bytes | None = None
    close: bool = False

    def to_bytes(self) -> bytes:
        """Return the octets for the wire."""
        head = self.line.encode("utf-8", "replace") + b"\r\n"
        if self.content is None:
            return head
        body = self.content.replace(b"\r\n.", b"\r\n..")
        if body.startswith(b"."):
            body = b"." + body
        if body and not body.endswith(b"\r\n"):
            body += b"\r\n"
        return head + body + b".\r\n"


class Maildrop(Protocol):
    """What is open after the login."""

    def command(self, verb: str, arguments: tuple[str, ...]) -> Pop3Reply:
        """Answer a command, QUIT included; raises Pop3Refusal."""
        ...

    def close(self) -> None:
        """Let go of everything; the connection is gone."""
        ...


def framing() -> Framing:
    """Return the framing of POP3 commands."""
    return lines(LINE_LIMIT, b"-ERR line too long\r\n")


class Pop3Conversation:
    """One connection; `login` opens the maildrop or raises Pop3Refusal."""

    def __init__(
        self,
        greeting: str,
        capabilities: Sequence[str],
        login: Callable[[Peer, str, str], Maildrop],
        peer: Peer,
        *,
        check_user: Callable[[str], object] = str,
        offers_tls: bool = False,
        refusal: Callable[[], str] = lambda: "-ERR",
    ) -> None:
        """`check_user` raises Pop3Refusal for a name that cannot be one.

        `refusal` is the word that begins the answer to what is refused.
        """
        self._refusal = refusal
        self._greeting, self._capabilities = greeting, tuple(capabilities)
        self._login, self._check_user, self._peer = login, check_user, peer
        self._offers_tls = offers_tls
        self._user: str | None = None
        self._awaits_sasl = False
        self._failures = 0
        self._maildrop: Maildrop | None = None

    def greet(self) -> Answer:
        """Return the greeting."""
        return Answer(f"+OK {self._greeting}\r\n".encode())

    def answer(self, frame: bytes) -> Answer:
        """Answer one line."""
        line = frame.rstrip(b"\r\n")
        if self._awaits_sasl:
            self._awaits_sasl = False
            return self._finish(self._sasl_plain, (line.decode("ascii", "replace"),))
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return Answer(b"-ERR syntax\r\n")
        if "\0" in text:
            return Answer(b"-ERR syntax\r\n")
        verb, *arguments = text.split(" ") if text else [""]
        return self._dispatch(verb.upper(), tuple(arguments))

    def expire(self) -> Answer:
        """Say that the peer was silent for too long."""
        return Answer(b"-ERR timeout\r\n", close=True)

    def secured(self) -> None:
        """Forget what was said in clear."""
        self._offers_tls, self._user, self._peer = False, None, Peer(tls=True)

    def close(self) -> None:
        """Close the maildrop; messages marked in this session stay (RFC 1939 section 6)."""
        if self._maildrop is not None:
            self._maildrop.close()
            self._maildrop = None

    def _dispatch(self, verb: str, arguments: tuple[str, ...]) -> Answer:
        if verb == "CAPA":
            extra = ["STLS"] if self._offers_tls else []
            content = "\r\n".join([*self._capabilities, *extra, ""]).encode()
            return Answer(Pop3Reply("+OK", content).to_bytes())
        if self._maildrop is not None:
            return self._finish(self._maildrop.command, verb, arguments)
        if verb == "STLS" and self._offers_tls:
            return Answer(b"+OK Begin TLS negotiation\r\n", start_tls=True)
        known = {"USER": self._user_name, "PASS": self._password, "AUTH": self._auth}
        if verb in known:
            return self._finish(known[verb], arguments)
        if verb == "QUIT":
            return Answer(b"+OK\r\n", close=True)
        return Answer(b"-ERR unknown command\r\n")

    def _finish(self, work: Callable[..., Pop3Reply], *arguments: object) -> Answer:
        try:
            reply = work(*arguments)
        except Pop3Refusal as refusal:
            said = f"{self._refusal()} {refusal}\r\n".encode()
            return Answer(said, close=self._failures >= FAILED_LOGINS)
        return Answer(reply.to_bytes(), reply.close)

    def _user_name(self, arguments: tuple[str, ...]) -> Pop3Reply:
        if not arguments or not arguments[0]:
            raise Pop3Refusal("user name missing")
        name = " ".join(arguments)
        self._check_user(name)
        self._user = name
        return Pop3Reply("+OK")

    def _password(self, arguments: tuple[str, ...]) -> Pop3Reply:
        if self._user is None:
            raise Pop3Refusal("USER first")
        return self._open(self._user, " ".join(arguments))

    def _auth(self, arguments: tuple[str, ...]) -> Pop3Reply:
        if not arguments:
            return Pop3Reply("+OK", b"PLAIN\r\n")
        if arguments[0].upper() != "PLAIN":
            raise Pop3Refusal("unrecognized authentication type")
        if len(arguments) > 1:
            return self._sasl_plain(arguments[1:])
        self._awaits_sasl = True
        return Pop3Reply("+ ")

    def _sasl_plain(self, arguments: tuple[str, ...]) -> Pop3Reply:
        try:
            _, user, password = base64.b64decode(arguments[0], validate=True).decode().split("\0")
        except (binascii.Error, ValueError) as problem:
            raise Pop3Refusal("cannot decode credentials") from problem
        return self._open(user, password)

    def _open(self, user: str, password: str) -> Pop3Reply:
        try:
            self._maildrop = self._login(self._peer, user, password)
        except Pop3Refusal:
            self._user = None
            self._failures += 1
            raise
        return Pop3Reply("+OK")
