"""The mail ports of the client module; over HTTP it offers nothing."""

from __future__ import annotations

from functools import partial

from mocks.kim_clientmodul import spoiling
from mocks.kim_clientmodul.pop3_service import CAPABILITIES, GREETING, check_user, open_maildrop
from mocks.kim_clientmodul.settings import WIRE_LIMIT
from mocks.kim_clientmodul.smtp_service import ModuleConversation
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.conversation import Peer, StreamListener
from pruefstand.mockkit.pop3 import Pop3Conversation, framing
from pruefstand.mockkit.smtp import SmtpListener
from pruefstand.model.http import Request, Response


def build(ctx: MockContext, module: ClientModule) -> App:
    """Return the app over `module`: each protocol with implicit TLS, and begun in clear."""
    return App(
        "kim_clientmodul",
        [],
        _otherwise,
        _failure,
        ctx.faults,
        listeners=(
            _smtp(module, "smtps"),
            _smtp(module, "smtp"),
            _pop3(module, "pop3s"),
            _pop3(module, "pop3"),
        ),
    )


def _smtp(module: ClientModule, name: str) -> SmtpListener:
    implicit = name == "smtps"
    return SmtpListener(
        name,
        lambda peer: ModuleConversation(module, peer),
        "KOM-LE-Clientmodul",
        WIRE_LIMIT,
        implicit_tls=implicit,
        manner=partial(spoiling.greeting, module),
        # Outside the commands the specification allows: off unless the profile says so.
        offers_tls=not implicit and bool(module.ctx.settings.get("starttls", False)),
    )


def _pop3(module: ClientModule, name: str) -> StreamListener:
    implicit = name == "pop3s"
    offers = not implicit and bool(module.ctx.settings.get("starttls", False))

    def converse(peer: Peer) -> Pop3Conversation:
        return Pop3Conversation(
            GREETING,
            CAPABILITIES,
            partial(open_maildrop, module),
            peer,
            check_user=partial(check_user, module),
            offers_tls=offers,
            refusal=partial(spoiling.pop3_refusal, module),
        )

    return StreamListener(name, converse, framing(), implicit_tls=implicit)


def _otherwise(_: Request) -> Response:
    return Response(404)


def _failure(_: Request, error: Exception) -> Response:
    return Response(500, body=type(error).__name__.encode())
