"""Fetching: one POP3 session, every command recorded, credentials left out."""

from __future__ import annotations

import poplib
import socket
from collections.abc import Collection
from dataclasses import dataclass

from pruefstand.clients.kim.account import KimAccount
from pruefstand.clients.kim.refusal import pop3_refusal
from pruefstand.kim.pop3_content import read_content
from pruefstand.model.closing import Closing
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail
from pruefstand.transport import TransportFailure
from pruefstand.transport.recorder import Timer
from pruefstand.transport.stream import StreamTransport

PEER = "kim_clientmodul"
_SECRET = ("PASS", "AUTH")


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """A mail as it came."""

    uid: str
    octets: bytes

    def parsed(self) -> RawMail:
        """Return the mail taken apart; raises MalformedMail."""
        return parse_mail(self.octets)


class KimMailbox(Closing):
    """One session; leave the context to end it with QUIT, which makes deletions real."""

    def __init__(
        self, transport: StreamTransport, account: KimAccount, *, peer: str = PEER
    ) -> None:
        self._transport, self._account, self._peer = transport, account, peer
        stream = transport.open(*account.pop3, peer=peer)
        self._carrier = stream.exchange_id
        try:
            self._pop3 = _Pop3(stream.socket)
        except (OSError, poplib.error_proto) as error:
            raise TransportFailure(f"{peer} antwortet nicht: {error}") from error
        self._add("CONNECT", "", _text(self._pop3.welcome), b"", 0.0)

    def close(self) -> None:
        """End the session in order, as far as the other side still listens."""
        try:
            self._short("QUIT")
        except (TransportFailure, OSError):
            pass
        finally:
            self._pop3.close()

    def capabilities(self) -> tuple[str, ...]:
        """Return what the server says it can do."""
        return tuple(self._long("CAPA").decode("ascii", "replace").splitlines())

    def log_in(self) -> None:
        """Log in with USER and PASS; raises KimRefusal."""
        self._short(f"USER {self._account.pop3_user}")
        self._short(f"PASS {self._account.password}")

    def uids(self) -> dict[str, int]:
        """Return the message numbers by UID."""
        lines = self._long("UIDL").decode("ascii", "replace").splitlines()
        return {uid: int(number) for number, uid in (line.split(" ", 1) for line in lines)}

    def sizes(self) -> dict[int, int]:
        """Return the sizes by message number."""
        lines = self._long("LIST").decode("ascii", "replace").splitlines()
        return {int(number): int(size) for number, size in (line.split(" ") for line in lines)}

    def head(self, number: int) -> RawMail:
        """Return the header fields of a message; raises KimRefusal."""
        return parse_mail(self._long(f"TOP {number} 0"))

    def retrieve(self, number: int, uid: str = "") -> FetchedMail:
        """Return a message; raises KimRefusal."""
        return FetchedMail(uid, self._long(f"RETR {number}"))

    def delete(self, number: int) -> None:
        """Mark a message for deletion; raises KimRefusal."""
        self._short(f"DELE {number}")

    def fetch_new(
        self, known: Collection[str] = (), *, dienstkennung: str | None = None
    ) -> list[FetchedMail]:
        """Return the messages whose UID is not `known`, in the order of their arrival.

        `dienstkennung` fetches only those that begin so, judged by their header fields.
        """
        fetched = []
        for uid, number in self.uids().items():
            if uid in known:
                continue
            if dienstkennung is not None:
                stated = self.head(number).get("X-KIM-Dienstkennung") or ""
                if not stated.startswith(dienstkennung):
                    continue
            fetched.append(self.retrieve(number, uid))
        return fetched

    def _short(self, command: str) -> str:
        timer = Timer()
        line = self._ask(command)
        self._record(command, line, b"", timer.seconds)
        return self._good(command, line)

    def _long(self, command: str) -> bytes:
        timer = Timer()
        line = self._ask(command)
        content = self._pop3.content() if line.startswith("+OK") else b""
        carrier = self._record(command, line, content, timer.seconds)
        self._good(command, line)
        if command.startswith("RETR"):
            self._record_mail(content, carrier, timer.seconds)
        return content

    def _ask(self, command: str) -> str:
        try:
            return self._pop3.ask(command)
        except (OSError, poplib.error_proto) as error:
            raise TransportFailure(f"{self._peer}: Abruf abgebrochen: {error}") from error

    def _good(self, command: str, line: str) -> str:
        if not line.startswith("+OK"):
            raise pop3_refusal(command.split(" ")[0], line.removeprefix("-ERR").strip())
        return line

    def _record(self, command: str, line: str, content: bytes, seconds: float) -> str:
        verb = command.split(" ")[0]
        said = f"{verb} …" if verb in _SECRET else command
        # A whole mail is recorded once, on its own layer.
        body = b"" if verb == "RETR" else content
        return self._add(verb, said, line, body, seconds)

    def _add(self, verb: str, said: str, line: str, body: bytes, seconds: float) -> str:
        return self._transport.recorder.add(
            Layer.POP3,
            actor=self._transport.actor,
            peer=self._peer,
            operation=verb,
            request=Message(said),
            response=Message(line, body=body, status=200 if line.startswith("+OK") else 500),
            duration=seconds,
            parent=self._carrier,
        )

    def _record_mail(self, content: bytes, carrier: str, seconds: float) -> None:
        try:
            fields = tuple((item.name, item.value) for item in parse_mail(content).fields)
        except MalformedMail:
            fields = ()
        self._transport.recorder.add(
            Layer.MIME,
            actor=self._transport.actor,
            peer=self._peer,
            operation="Nachricht",
            request=Message(),
            response=Message(headers=fields, body=content),
            duration=seconds,
            parent=carrier,
            facts={"richtung": "empfangen"},
        )


class _Pop3(poplib.POP3):
    """poplib over a given connection, with octets instead of lists of lines."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        super().__init__("localhost", 1)

    def _create_socket(self, timeout: float) -> socket.socket:
        return self._connection

    def ask(self, command: str) -> str:
        """Send a command and return the status line."""
        if "\r" in command or "\n" in command:
            raise poplib.error_proto("a command holds a line end")
        self.sock.sendall(command.encode() + b"\r\n")
        line: bytes = self.file.readline()
        if not line:
            raise poplib.error_proto("-ERR EOF")
        return _text(line.rstrip(b"\r\n"))

    def content(self) -> bytes:
        """Return a multi-line answer, dot-stuffing undone."""
        content = read_content(self.file.read1)  # type: ignore[attr-defined]
        if content is None:
            raise poplib.error_proto("-ERR EOF")
        return content


def _text(octets: bytes) -> str:
    return octets.decode("utf-8", "replace")
