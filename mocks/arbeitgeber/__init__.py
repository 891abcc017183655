"""The employers' side: a communication server that asks the insurers and keeps their answers."""

from __future__ import annotations

from mocks.arbeitgeber.faults import FAULTS
from mocks.arbeitgeber.routes import build
from mocks.arbeitgeber.state import CommunicationServer
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock for `ctx`."""
    ctx.faults.offered = FAULTS
    return build(ctx, CommunicationServer(ctx))
