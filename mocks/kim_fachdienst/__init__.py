"""The KIM mail service: relay, mailboxes, receipts, account interfaces, attachment store."""

from __future__ import annotations

from mocks.kim_fachdienst.faults import FAULTS
from mocks.kim_fachdienst.routes import build
from mocks.kim_fachdienst.state import MailService
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock mail service for `ctx`; every participant of the test world has accounts."""
    ctx.faults.offered = FAULTS
    return build(ctx, MailService.from_context(ctx))
