"""The same mock without a socket: for unit and contract tests, httpx.MockTransport and respx."""

from __future__ import annotations

import httpx

from pruefstand.mockkit.app import App
from pruefstand.model.http import HANG_UP, Request


def mock_transport(app: App, *, client_certificate: bytes | None = None) -> httpx.MockTransport:
    """Return an httpx transport that answers from `app` in this process."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = app.handle(
            Request(
                request.method,
                request.url.raw_path.decode("ascii"),
                tuple(request.headers.multi_items()),
                request.read(),
                client_certificate,
                request.url.scheme == "https",
            )
        ).settled()
        if response.status == HANG_UP:
            raise httpx.ReadError("connection closed without an answer", request=request)
        return httpx.Response(
            response.status, headers=list(response.headers), content=response.body
        )

    return httpx.MockTransport(answer)
