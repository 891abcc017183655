"""The E-Rezept-Fachdienst as a mock."""

from __future__ import annotations

from mocks.erezept.access_token import TokenVerifier
from mocks.erezept.description import description
from mocks.erezept.faults import FAULTS
from mocks.erezept.inner import InnerRequests
from mocks.erezept.notifications import Notifications
from mocks.erezept.official_profiles import OfficialProfiles
from mocks.erezept.rate_limit import RateLimit
from mocks.erezept.receipt import ReceiptSigner
from mocks.erezept.records import Records
from mocks.erezept.routes import WebLayer
from mocks.erezept.service import Service
from pruefstand.crypto.vau_erezept import VauServer
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.sockets import Socket


def app(ctx: MockContext) -> App:
    """Return the Fachdienst; what it remembers lies in the context's store."""
    ctx.faults.offered = FAULTS
    records = Records.of(ctx.store)
    notifications = Notifications(records, ctx.clock, ctx.pki)
    profiles = OfficialProfiles(ctx.clock)
    service = Service(ctx, records, ReceiptSigner(ctx.pki), profiles, notifications.tell)
    idp_key = ctx.pki.service("idp-sig").key.public_key()
    inner = InnerRequests(service, TokenVerifier(idp_key, ctx.clock), RateLimit(ctx.clock))
    web = WebLayer(ctx, VauServer(ctx.pki.service("erp-vau").key), inner)
    return App(
        "erezept",
        web.routes(),
        web.unknown,
        web.failed,
        ctx.faults,
        shares_store=True,
        describe=description,
        sockets=(Socket("/subscription", notifications.open),),
    )
