"""The REST interfaces of the mail service, and its mail ports."""

from __future__ import annotations

from functools import partial

from mocks.kim_fachdienst import account_limit, account_manager, attachment_store
from mocks.kim_fachdienst.answer import Refusal, guarded, refused
from mocks.kim_fachdienst.pop3_service import CAPABILITIES, open_maildrop
from mocks.kim_fachdienst.smtp_service import HOST, RelayConversation
from mocks.kim_fachdienst.state import MailService
from pruefstand.mockkit import App, MockContext, Route
from pruefstand.mockkit.conversation import Peer, StreamListener
from pruefstand.mockkit.pop3 import Pop3Conversation, framing
from pruefstand.mockkit.smtp import SmtpListener
from pruefstand.model.http import Request, Response

WIRE_LIMIT = 64 * 1024 * 1024
"""Octets of one mail this process takes; the real limit lies at 700 MiB."""

_ACCOUNT = "/AccountMgmt/v2.4/account"
_STORE = attachment_store.PATH + "{attachment_id}"
_TABLE = (
    ("POST", _ACCOUNT, "registerAccount", account_manager.register),
    ("GET", f"{_ACCOUNT}/{{username}}", "getAccount", account_manager.show),
    ("PUT", f"{_ACCOUNT}/{{username}}", "setAccount", account_manager.change),
    ("DELETE", f"{_ACCOUNT}/{{username}}", "deregisterAccount", account_manager.deregister),
    (
        "PUT",
        f"{_ACCOUNT}/{{username}}/revokeDeregistration",
        "revokeDeregistration",
        account_manager.revoke_deregistration,
    ),
    ("GET", f"{_ACCOUNT}/{{username}}/OTP", "getOTP", account_manager.show_one_time_password),
    ("PUT", f"{_ACCOUNT}/{{username}}/telematikID", "setTID", account_manager.port),
    ("POST", f"{_ACCOUNT}/{{username}}/cert", "createCert", account_manager.create_certificate),
    ("GET", f"{_ACCOUNT}/{{username}}/outofoffice", "getOutOfOffice", account_manager.show_absence),
    (
        "PUT",
        f"{_ACCOUNT}/{{username}}/outofoffice",
        "updateOutOfOffice",
        account_manager.change_absence,
    ),
    ("GET", "/AccountLimit/v1.1/limit", "getLimits", account_limit.show_limits),
    (
        "GET",
        "/ServiceInformation/v1.0/serviceinfo",
        "getServiceInformation",
        account_limit.show_service,
    ),
    ("POST", attachment_store.PATH, "addMailData", attachment_store.add),
    ("GET", _STORE, "readMailData", attachment_store.read),
    ("HEAD", _STORE, "headMailData", attachment_store.look),
    ("DELETE", _STORE, "deleteMailData", attachment_store.delete),
)


def build(ctx: MockContext, service: MailService) -> App:
    """Return the app over `service`."""
    return App(
        "kim_fachdienst",
        [
            Route(method, path, name, guarded(handler, service), "gematik/api-kim")
            for method, path, name, handler in _TABLE
        ],
        _otherwise,
        _failure,
        ctx.faults,
        listeners=(_relay(service), _mailboxes(service)),
    )


def _relay(service: MailService) -> SmtpListener:
    return SmtpListener(
        "smtps",
        lambda peer: RelayConversation(service, peer),
        HOST,
        WIRE_LIMIT,
        client_certificate=True,
        waits=False,
    )


def _mailboxes(service: MailService) -> StreamListener:
    def converse(peer: Peer) -> Pop3Conversation:
        return Pop3Conversation(f"{HOST} POP3", CAPABILITIES, partial(open_maildrop, service), peer)

    return StreamListener("pop3s", converse, framing(), client_certificate=True)


def _otherwise(request: Request) -> Response:
    return refused(Refusal(404, f"unknown path {request.path}"))


def _failure(_: Request, error: Exception) -> Response:
    return refused(Refusal(500, type(error).__name__))
