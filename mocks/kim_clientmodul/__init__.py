"""The KIM client module: SMTP and POP3 for practice systems, S/MIME and directory behind them."""

from __future__ import annotations

from mocks.kim_clientmodul.faults import FAULTS
from mocks.kim_clientmodul.routes import build
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock client module for `ctx`; it serves every Mandant of the test world."""
    ctx.faults.offered = FAULTS
    return build(ctx, ClientModule.from_context(ctx))
