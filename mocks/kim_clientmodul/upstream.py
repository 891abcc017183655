"""The way to the mail service: mutual TLS from the first octet, credentials passed through."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mocks.kim_clientmodul.faults import FOREIGN_CERTIFICATE, SERVER_IGNORED
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.kim.address import DOMAINS
from pruefstand.kim.pop3_content import read_content
from pruefstand.kim.username import UserName
from pruefstand.testdata.kim_participants import MODULE_CERTIFICATE

SECONDS = 30.0
_LOOPBACK = ("localhost", "127.0.0.1")


class Unreachable(Exception):
    """The mail service is not reached, or its certificate is refused."""


def place(module: ClientModule, user: UserName, listener: str) -> tuple[str, int]:
    """Return host and port of the mail service; those of the user name win (A_23541).

    Names of the KIM domains are resolved to the test world; other hosts are never contacted.
    """
    if module.behaviour.service_certificate == "INVALID":
        raise Unreachable("the service's certificate is INVALID")
    named = None if SERVER_IGNORED in module.ctx.faults else user.server
    if named is None or named[0].lower().endswith(DOMAINS):
        return module.ctx.neighbours.address("kim_fachdienst", listener)
    if named[0].lower() not in _LOOPBACK:
        raise Unreachable(f"{named[0]} is outside the test world")
    return "localhost", named[1]


def tls(module: ClientModule) -> ssl.SSLContext:
    """Return the context with the client module's certificate."""
    wrong = FOREIGN_CERTIFICATE in module.ctx.faults
    return module.ctx.neighbours.client_tls("CS1" if wrong else MODULE_CERTIFICATE)


def open_smtp(module: ClientModule, user: UserName) -> smtplib.SMTP:
    """Return a greeted SMTP connection; raises Unreachable, TimeoutError or SMTPException."""
    host, port = place(module, user, "smtps")
    try:
        connection = smtplib.SMTP_SSL(
            host, port, local_hostname="clientmodul", timeout=SECONDS, context=tls(module)
        )
        # A mail of several TLS records would wait for an acknowledgement otherwise.
        if connection.sock is not None:
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.ehlo_or_helo_if_needed()
    except TimeoutError:
        raise
    except (OSError, smtplib.SMTPException) as problem:
        raise Unreachable(str(problem)) from problem
    return connection


@dataclass(frozen=True, slots=True)
class Envelope:
    """Sender and recipients of one transmission with their SMTP parameters."""

    sender: str
    sender_options: Sequence[str]
    recipients: Sequence[tuple[str, Sequence[str]]]


def transmit(connection: smtplib.SMTP, envelope: Envelope, content: bytes) -> tuple[int, bytes]:
    """Send one mail and return the last reply; the first refusal ends it, and is forgotten."""
    reply = _attempt(connection, envelope, content)
    if reply[0] != 250:
        connection.rset()
    return reply


def _attempt(connection: smtplib.SMTP, envelope: Envelope, content: bytes) -> tuple[int, bytes]:
    reply = _ask(connection, "MAIL FROM", envelope.sender, envelope.sender_options)
    if reply[0] != 250:
        return reply
    taken = 0
    refusal = reply
    for address, options in envelope.recipients:
        answer = _ask(connection, "RCPT TO", address, options)
        taken += answer[0] in (250, 251)
        refusal = answer if answer[0] not in (250, 251) else refusal
    if not taken:
        return refusal
    return connection.data(content)


def _ask(
    connection: smtplib.SMTP, verb: str, address: str, options: Sequence[str]
) -> tuple[int, bytes]:
    """Say MAIL or RCPT; smtplib's own methods read each address with the email package first."""
    return connection.docmd(" ".join((f"{verb}:<{address}>", *options)))


class Pop3Link:
    """A POP3 connection to the mail service, line by line."""

    def __init__(self, module: ClientModule, user: UserName) -> None:
        host, port = place(module, user, "pop3s")
        try:
            plain = socket.create_connection((host, port), SECONDS)
            self._socket = tls(module).wrap_socket(plain, server_hostname=host)
        except TimeoutError:
            raise
        except OSError as problem:
            raise Unreachable(str(problem)) from problem
        self._file = self._socket.makefile("rb")
        self.greeting = self._file.readline()

    def ask(self, command: str) -> str:
        """Send a command and return the status line."""
        self._socket.sendall(command.encode() + b"\r\n")
        line = self._file.readline()
        if not line:
            raise Unreachable("the mail service closed the connection")
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def content(self) -> bytes:
        """Return the content of a multi-line answer, dot-stuffing undone."""
        content = read_content(self._file.read1)
        if content is None:
            raise Unreachable("the mail service closed the connection")
        return content

    def close(self) -> None:
        """Close without a word."""
        self._file.close()
        self._socket.close()


class Closable(Protocol):
    """A connection that can be dropped."""

    def close(self) -> None:
        """Close it."""
        ...
