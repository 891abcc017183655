"""A Konnektor with card terminal and cards: service directory, cards, PINs, signatures."""

from __future__ import annotations

from mocks.konnektor.faults import FAULTS
from mocks.konnektor.routes import build
from mocks.konnektor.state import State
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock Konnektor for `ctx`; its information model and cards come from settings."""
    ctx.faults.offered = FAULTS
    return build(ctx, State.from_context(ctx))
