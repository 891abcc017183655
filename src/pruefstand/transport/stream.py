"""TCP connections of the mail and directory protocols: opened, secured, recorded."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass

from pruefstand.model.exchange import Layer, Message
from pruefstand.transport.protocol import TransportFailure
from pruefstand.transport.recorder import Recorder, Timer

TIMEOUT_SECONDS = 60.0
"""What a Konnektor may take for one call, and the mail service for its answer."""


@dataclass(frozen=True, slots=True)
class Stream:
    """An open connection; `exchange_id` is the TLS exchange that carries it, empty in clear."""

    socket: socket.socket
    exchange_id: str


class StreamTransport:
    """Opens connections for one actor; `tls` None speaks in clear (same machine only)."""

    def __init__(
        self,
        recorder: Recorder,
        *,
        actor: str,
        tls: ssl.SSLContext | None,
        timeout: float = TIMEOUT_SECONDS,
        certificate: str = "",
    ) -> None:
        """`certificate` names the client certificate in `tls`, for the record."""
        self.recorder: Recorder = recorder
        self.actor: str = actor
        self._tls = tls
        self._timeout = timeout
        self._shown = {"client_certificate": certificate} if certificate else {}

    def open(self, host: str, port: int, *, peer: str) -> Stream:
        """Return a connection to `peer`; raises TransportFailure."""
        timer = Timer()
        try:
            plain = socket.create_connection((host, port), self._timeout)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is None:
                return Stream(plain, "")
            secure = self._tls.wrap_socket(plain, server_hostname=host)
        except OSError as error:
            self._record(peer, timer.seconds, {}, f"{type(error).__name__}: {error}")
            raise TransportFailure(
                f"{peer} antwortet nicht: {host}:{port}: {error}",
                hint="Adresse, Port, TLS-Zertifikat und Erreichbarkeit prüfen.",
            ) from error
        return Stream(secure, self._record(peer, timer.seconds, _facts(secure) | self._shown, None))

    def _record(self, peer: str, duration: float, facts: dict[str, str], error: str | None) -> str:
        return self.recorder.add(
            Layer.TLS,
            actor=self.actor,
            peer=peer,
            operation="TLS",
            request=Message(),
            response=None,
            duration=duration,
            facts=facts,
            error=error,
        )


def _facts(secure: ssl.SSLSocket) -> dict[str, str]:
    cipher = secure.cipher()
    return {
        "connection": str(secure.getsockname()),
        "version": secure.version() or "",
        "cipher": cipher[0] if cipher else "",
    }
