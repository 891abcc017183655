"""The client's side of one LDAP connection, over any stream of octets."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from pruefstand.ldap.messages import (
    Bind,
    Entry,
    Operation,
    Result,
    ResultCode,
    Search,
    Unbind,
    read_answer,
    write_request,
)
from pruefstand.ldap.problem import LdapProblem

MAX_ANSWER = 8 * 1024 * 1024
"""Octets of one message; an entry with fifty certificates has some 100 kB."""


@dataclass(slots=True)
class LdapSession:
    """Asks and reads; `send` writes all octets, `receive` returns exactly so many."""

    send: Callable[[bytes], object]
    receive: Callable[[int], bytes]
    sent: bytearray = field(default_factory=bytearray)
    received: bytearray = field(default_factory=bytearray)
    _number: int = 0

    @classmethod
    def over(cls, stream: socket.socket) -> LdapSession:
        """Return a session over a connected socket."""
        return cls(stream.sendall, partial(_exactly, stream))

    def bind(self) -> Result:
        """Bind without name."""
        return self.perform(Bind())

    def search(self, search: Search) -> tuple[list[Entry], Result]:
        """Return the hits and how the search ended; raises LdapProblem."""
        number = self._ask(search)
        entries: list[Entry] = []
        while isinstance(answer := self._answer(number), Entry):
            if answer.dn:
                entries.append(answer)
        return entries, answer

    def unbind(self) -> None:
        """Say good-bye; nothing is answered."""
        self._ask(Unbind())

    def perform(self, operation: Operation) -> Result:
        """Ask for what is answered with a result alone; raises LdapProblem."""
        answer = self._answer(self._ask(operation))
        return answer if isinstance(answer, Result) else Result(ResultCode.PROTOCOL_ERROR)

    def _ask(self, operation: Operation) -> int:
        self._number += 1
        octets = write_request(self._number, operation)
        self.sent += octets
        self.send(octets)
        return self._number

    def _answer(self, number: int) -> Entry | Result:
        found, answer = read_answer(self.message())
        if found == 0 and isinstance(answer, Result):
            raise LdapProblem(f"the directory ends the connection: {answer.text}")
        if found != number:
            raise LdapProblem(f"answer {found} to question {number}")
        return answer

    def message(self) -> bytes:
        """Return the next message; raises LdapProblem."""
        head = self.receive(2)
        count = head[1]
        if count == 0x80 or count > 0x84:
            raise LdapProblem("message of unreadable length")
        extra = self.receive(count & 0x7F) if count > 0x80 else b""
        size = int.from_bytes(extra, "big") if extra else count
        if size > MAX_ANSWER:
            raise LdapProblem(f"message of {size} octets")
        message = head + extra + self.receive(size)
        self.received += message
        return message


def read_message(stream: socket.socket) -> bytes:
    """Return one message from a connected socket; raises LdapProblem."""
    return LdapSession.over(stream).message()


def _exactly(stream: socket.socket, size: int) -> bytes:
    octets = bytearray()
    while len(octets) < size:
        part = stream.recv(size - len(octets))
        if not part:
            raise LdapProblem("Verbindung vom Verzeichnis beendet")
        octets += part
    return bytes(octets)
