"""The central IDP-Dienst: login with a signed challenge, encrypted tokens."""

from __future__ import annotations

from mocks.idp.errors import Refusal
from mocks.idp.faults import FAULTS
from mocks.idp.routes import refused, routes
from mocks.idp.state import IdpState
from pruefstand.mockkit import App, MockContext
from pruefstand.model.http import Request, Response

__all__ = ["app"]


def app(context: MockContext) -> App:
    """Return the IDP for the given time, keys and settings."""
    state = IdpState.of(context)
    context.faults.offered = FAULTS

    def unknown(_: Request) -> Response:
        return Response(404)

    def defect(_: Request, __: Exception) -> Response:
        return refused(state, Refusal(1500))

    return App("idp", routes(state), unknown, defect, context.faults)
