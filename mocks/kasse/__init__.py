"""The insurers: they fetch sick notes, answer with errors only, and inform employers who ask."""

from __future__ import annotations

from mocks.kasse.faults import FAULTS
from mocks.kasse.routes import build
from mocks.kasse.state import Insurers
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock of all insurers of the test world."""
    ctx.faults.offered = FAULTS
    return build(ctx, Insurers.from_context(ctx))
