"""The outer HTTP layer: what the web layer answers itself, and the VAU."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from mocks.erezept.faults import VAU_ERROR
from mocks.erezept.inner import Inner, InnerRequests
from mocks.erezept.pki_endpoints import PkiEndpoints
from pruefstand.crypto.vau_erezept import OpenedRequest, VauProblem, VauServer
from pruefstand.mockkit import MockContext, Route
from pruefstand.model.http import Request, Response

MAX_BODY = 1024 * 1024
"""Bytes of an outer request."""
_OCTETS = ("Content-Type", "application/octet-stream")


@dataclass(slots=True)
class WebLayer:
    """Handlers of the outer routes."""

    ctx: MockContext
    vau: VauServer
    inner: InnerRequests

    def health(self, request: Request) -> Response:
        """GET /: the probe clients send after ten idle minutes."""
        return Response(200)

    def trusted(self, request: Request, pseudonym: str) -> Response:
        """POST /VAU/{pseudonym}: decrypt, answer, encrypt; the business status is inside."""
        if status := self._unavailable():
            return self.plain_error(request, status, Response(status).reason)
        if len(request.body) > MAX_BODY:
            return self.plain_error(request, 413, "Payload Too Large")
        try:
            opened = self.vau.open(request.body)
        except VauProblem as problem:
            status = 500 if VAU_ERROR in self.ctx.faults else problem.status
            return self.plain_error(request, status, problem.text, problem.diagnostics)
        user = request.header("X-erp-user") or "l"
        inner = self.inner.answer(opened.inner, token=opened.token, user=user)
        return self._sealed(opened, inner, pseudonym)

    def _unavailable(self) -> int:
        """Return the status every call is answered with for the moment; 0 when all is well."""
        setting = self.ctx.settings.get("unavailable")
        if not isinstance(setting, Mapping):
            return 0
        until = datetime.fromisoformat(str(setting["until"]))
        return int(setting["status"]) if self.ctx.clock.now() < until else 0

    def _sealed(self, opened: OpenedRequest, inner: Inner, pseudonym: str) -> Response:
        body = self.vau.seal(opened, inner.response.raw())
        headers = [_OCTETS, *inner.facts]
        if inner.caller is not None:
            headers.append(("Userpseudonym", self._pseudonym(inner.caller.sub)))
        return Response(200, tuple(headers), body)

    def _pseudonym(self, sub: str) -> str:
        stream = self.ctx.rng.derive("pseudonym", sub)
        return f"{stream.token_hex(16)}-{stream.token_hex(16)}"

    def unknown(self, request: Request) -> Response:
        """Answer a path the web layer does not know."""
        return self.plain_error(request, 404, "Not Found")

    def failed(self, request: Request, error: Exception) -> Response:
        """Answer when the mock itself failed."""
        return self.plain_error(request, 500, "Internal server error.")

    def plain_error(self, request: Request, status: int, text: str, message: str = "") -> Response:
        """Return the unencrypted JSON error of the outer layer."""
        trace = request.header("X-Request-Id") or self.ctx.rng.uuid()
        body = {"x-request-id": trace, "status": status, "error": text, "message": message}
        return Response(status, (("Content-Type", "application/json"),), json.dumps(body).encode())

    def routes(self) -> tuple[Route, ...]:
        """Return the outer route table."""
        return (
            Route("POST", "/VAU/{pseudonym}", "VAU", self.trusted, "A_20161-01"),
            *PkiEndpoints(self.ctx).routes(),
            Route("GET", "/", "health", self.health),
        )
