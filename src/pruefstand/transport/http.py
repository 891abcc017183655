"""The httpx transport of acceptance runs and notebooks: records TLS and outer HTTP."""

from __future__ import annotations

import ssl
from typing import Any

import httpx

from pruefstand.model.closing import Closing
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.http import Request, Response
from pruefstand.transport.protocol import TransportFailure
from pruefstand.transport.recorder import Recorder, Timer

TIMEOUT_SECONDS = 30.0


class HttpTransport(Closing):
    """Keeps connections open; `actor` is the role that speaks through it.

    `client_sha256` is the fingerprint of the certificate in `tls`: it is recorded with TLS.
    """

    def __init__(
        self,
        recorder: Recorder,
        *,
        actor: str,
        tls: ssl.SSLContext | None = None,
        client_sha256: str = "",
        inner: httpx.BaseTransport | None = None,
    ) -> None:
        self.recorder: Recorder = recorder
        self.actor: str = actor
        self._shown = {"client_sha256": client_sha256} if client_sha256 else {}
        self._connections: dict[str, str] = {}
        self._client = httpx.Client(
            verify=tls if tls is not None else ssl.create_default_context(),
            transport=inner,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, request: Request, *, peer: str, operation: str) -> Response:
        """Send over TLS, do not follow redirects, record both layers."""
        timer = Timer()
        asked = Message(f"{request.method} {request.target}", request.headers, request.body)
        try:
            with self._client.stream(
                request.method, request.target, headers=list(request.headers), content=request.body
            ) as answer:
                tls = _tls_facts(answer)
                body = answer.read()
        except httpx.HTTPError as error:
            self.recorder.add(
                Layer.HTTP,
                actor=self.actor,
                peer=peer,
                operation=operation,
                request=asked,
                response=None,
                duration=timer.seconds,
                error=f"{type(error).__name__}: {error}",
            )
            raise TransportFailure(
                f"{peer} antwortet nicht: {request.method} {request.target}: {error}",
                hint="Adresse, Port, TLS-Zertifikat und Erreichbarkeit prüfen.",
            ) from error
        headers = tuple((key, value) for key, value in answer.headers.multi_items())
        carrier = self._carrier(peer, tls, timer.seconds) if tls else None
        exchange_id = self.recorder.add(
            Layer.HTTP,
            actor=self.actor,
            peer=peer,
            operation=operation,
            request=asked,
            response=Message(f"{answer.status_code}", headers, body, answer.status_code),
            duration=timer.seconds,
            parent=carrier,
        )
        return Response(answer.status_code, headers, body, exchange_id=exchange_id)

    def _carrier(self, peer: str, facts: dict[str, str], duration: float) -> str:
        """Return the TLS exchange of this connection, recorded when it carries its first call."""
        connection = f"{peer} {facts['connection']}"
        if connection not in self._connections:
            self._connections[connection] = self.recorder.add(
                Layer.TLS,
                actor=self.actor,
                peer=peer,
                operation="TLS",
                request=Message(),
                response=None,
                duration=duration,
                facts=facts | self._shown,
            )
        return self._connections[connection]


def _tls_facts(answer: httpx.Response) -> dict[str, str]:
    stream: Any = answer.extensions.get("network_stream")
    tls: ssl.SSLObject | None = stream.get_extra_info("ssl_object") if stream else None
    if tls is None:
        return {}
    cipher = tls.cipher()
    subject = (tls.getpeercert() or {}).get("subject", ())
    names: list[str] = [str(part[0][1]) for part in subject]
    return {
        "connection": str(stream.get_extra_info("client_addr")),
        "version": tls.version() or "",
        "cipher": cipher[0] if cipher else "",
        "server": ", ".join(names),
    }
