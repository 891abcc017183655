"""The directory of KIM (VZD): LDAP search, FHIR search, maintenance by mail services."""

from __future__ import annotations

from mocks.vzd.faults import FAULTS
from mocks.vzd.routes import build
from mocks.vzd.state import Directory
from pruefstand.mockkit import App, MockContext

__all__ = ["app"]


def app(ctx: MockContext) -> App:
    """Return the mock directory for `ctx`; its entries are the participants of the test world."""
    ctx.faults.offered = FAULTS
    return build(ctx, Directory.from_context(ctx))
