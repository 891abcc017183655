"""The transport of load runs: FastHttpSession under the same flows as acceptance."""

from __future__ import annotations

from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

import socket
import ssl
from collections.abc import Callable
from typing import Any

from geventhttpclient.client import HTTPClientPool

from pruefstand.model.http import Request, Response
from pruefstand.model.sample import Sample, SampleKind
from pruefstand.transport import NULL_RECORDER, Recorder, TransportFailure

TIMEOUT_SECONDS = 30.0


class NoDelayPool(HTTPClientPool):  # type: ignore[misc]
    """Connections that send at once: a signature request is longer than one TLS record, and its
    rest would wait 40 ms for the delayed acknowledgement of the first (Nagle)."""

    def get_client(self, url: Any) -> Any:
        """Return the client for the host of `url`."""
        client = super().get_client(url)
        client._connection_pool.after_connect = _send_at_once
        return client


def _send_at_once(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class LoadTransport:
    """Sends over pooled connections, safe for many greenlets; keeps samples, not exchanges."""

    def __init__(
        self,
        environment: Environment,
        *,
        actor: str,
        tls: ssl.SSLContext,
        concurrency: int,
        now: Callable[[], float],
        record: Callable[[Sample], None],
    ) -> None:
        """`tls` is built once a worker: OpenSSL needs milliseconds for a context."""
        self.recorder: Recorder = NULL_RECORDER
        self.actor: str = actor
        self._now = now
        self._record = record

        # geventhttpclient offers the public CAs: here only the mocks' own is trusted.
        def only_context(cafile: str | None = None) -> ssl.SSLContext:
            return tls

        self._session = FastHttpSession(
            base_url=None,
            request_event=environment.events.request,
            user=None,
            insecure=False,
            max_retries=0,
            client_pool=NoDelayPool(
                concurrency=concurrency,
                ssl_context_factory=only_context,
                network_timeout=TIMEOUT_SECONDS,
                connection_timeout=TIMEOUT_SECONDS,
            ),
        )
        # Set once: the `allow_redirects` argument would switch it for all greenlets at once.
        self._session.client.redirect_response_codes = frozenset()

    def send(self, request: Request, *, peer: str, operation: str) -> Response:
        """Return the answer and keep a sample of the call; raises TransportFailure without one."""
        name = f"{peer} {operation}"
        started = self._now()
        with self._session.request(
            request.method,
            request.target,
            name=name,
            data=request.body or None,
            headers=dict(request.headers),
            catch_response=True,
        ) as answer:
            status = int(answer.status_code)
            if status:
                # Whether a refusal is a failure is the flow's judgement.
                answer.success()
            body = answer.content or b""
            headers = tuple((str(k), str(v)) for k, v in (answer.headers or {}).items())
            problem = "" if status else f"{type(answer.error).__name__}: {answer.error}"
        self._record(
            Sample(SampleKind.CALL, name, started, started, self._now(), not problem, problem)
        )
        if problem:
            raise TransportFailure(
                f"{peer} antwortet nicht: {request.method} {request.target}: {problem}",
                hint="Läuft der Mock noch? Protokoll mocks.log im Laufordner lesen.",
            )
        return Response(status, headers, body)
