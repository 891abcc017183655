"""The Konnektor's LDAP proxy: what clients ask goes on to the directory, message by message."""

from __future__ import annotations

import logging
import socket

from pruefstand.errors import ConfigurationError
from pruefstand.ldap.messages import (
    Abandon,
    Entry,
    Extended,
    Result,
    ResultCode,
    Unbind,
    disconnection,
    read_answer,
    read_request,
    write_result,
)
from pruefstand.ldap.problem import LdapProblem
from pruefstand.ldap.session import read_message
from pruefstand.mockkit import Neighbours
from pruefstand.mockkit.conversation import Answer, StreamListener, ber_sequences

MESSAGE_LIMIT = 64 * 1024
SECONDS = 10.0
IDLE_SECONDS = 15 * 60.0
CERTIFICATE = "konnektor"
_NOT_EXTENDED = Result(ResultCode.PROTOCOL_ERROR, "unknown extended operation")
_LOG = logging.getLogger("pruefstand.mock.konnektor")


def listener(neighbours: Neighbours, name: str) -> StreamListener:
    """Return the port `ldaps` or `ldap`; each leads to the directory's port of that name."""
    return StreamListener(
        name,
        lambda _: ProxyConversation(neighbours, name),
        ber_sequences(MESSAGE_LIMIT, disconnection(ResultCode.PROTOCOL_ERROR, "malformed message")),
        implicit_tls=name == "ldaps",
        idle_seconds=IDLE_SECONDS,
    )


class ProxyConversation:
    """One connection of a client, with one connection to the directory behind it."""

    def __init__(self, neighbours: Neighbours, name: str) -> None:
        self._neighbours, self._name = neighbours, name
        self._directory: socket.socket | None = None

    def greet(self) -> Answer:
        """Say nothing: in LDAP the client begins."""
        return Answer()

    def answer(self, frame: bytes) -> Answer:
        """Pass a message on and return everything the directory says to it."""
        try:
            number, operation = read_request(frame)
        except LdapProblem as problem:
            _LOG.info("%s", problem)
            return Answer(disconnection(ResultCode.PROTOCOL_ERROR, "malformed message"), close=True)
        if isinstance(operation, Unbind):
            return Answer(close=True)
        if isinstance(operation, Extended):
            # StartTLS above all: TLS with the directory is the proxy's own business.
            return Answer(write_result(number, operation, _NOT_EXTENDED))
        try:
            directory = self._connection()
            directory.sendall(frame)
            return Answer() if isinstance(operation, Abandon) else Answer(_answers(directory))
        except (OSError, LdapProblem, ConfigurationError) as problem:
            _LOG.info("directory: %s", problem)
            return Answer(disconnection(ResultCode.UNAVAILABLE, "directory"), close=True)

    def expire(self) -> Answer:
        """End an idle connection."""
        return Answer(disconnection(ResultCode.UNAVAILABLE, "idle timeout"), close=True)

    def secured(self) -> None:
        """TLS is never begun inside a connection here."""

    def close(self) -> None:
        """Drop the connection to the directory."""
        if self._directory is not None:
            self._directory.close()

    def _connection(self) -> socket.socket:
        if self._directory is None:
            host, port = self._neighbours.address("vzd", self._name)
            plain = socket.create_connection((host, port), SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secure = self._name == "ldaps"
            tls = self._neighbours.client_tls(CERTIFICATE) if secure else None
            self._directory = tls.wrap_socket(plain, server_hostname=host) if tls else plain
        return self._directory


def _answers(directory: socket.socket) -> bytes:
    """Return the entries and the result that ends them."""
    octets = b""
    while True:
        message = read_message(directory)
        octets += message
        if not isinstance(read_answer(message)[1], Entry):
            return octets
