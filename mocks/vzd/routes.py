"""HTTP in front of the directory, and its LDAP ports."""

from __future__ import annotations

import json
import logging

from mocks.vzd import fhir_search, maintenance
from mocks.vzd.ldap_service import BROKEN, MESSAGE_LIMIT, LdapConversation
from mocks.vzd.state import Directory
from pruefstand.mockkit import App, MockContext
from pruefstand.mockkit.conversation import StreamListener, ber_sequences
from pruefstand.model.http import Request, Response

IDLE_SECONDS = 15 * 60.0
"""After so long the directory closes a connection (gemSpec_VZD)."""

_LOG = logging.getLogger("pruefstand.mock.vzd")


def build(ctx: MockContext, directory: Directory) -> App:
    """Return the app over `directory`."""
    return App(
        "vzd",
        [*fhir_search.routes(directory), *maintenance.routes(directory)],
        _otherwise,
        _failure,
        ctx.faults,
        listeners=(_listener(directory, "ldaps"), _listener(directory, "ldap")),
    )


def _listener(directory: Directory, name: str) -> StreamListener:
    return StreamListener(
        name,
        lambda peer: LdapConversation(directory, peer),
        ber_sequences(MESSAGE_LIMIT, BROKEN),
        implicit_tls=name == "ldaps",
        idle_seconds=IDLE_SECONDS,
    )


def _otherwise(request: Request) -> Response:
    return _json(404, {"error": f"unknown path {request.path}"})


def _failure(_: Request, error: Exception) -> Response:
    return _json(500, {"error": type(error).__name__})


def _json(status: int, body: object) -> Response:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    return Response(status, headers, json.dumps(body).encode())
