"""Answers of the REST interfaces, and the error that ends a request."""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Callable

from mocks.kim_fachdienst.state import Account, MailService
from pruefstand.model.http import Request, Response

_HEADERS = (("Content-Type", "application/json; charset=utf-8"),)


class Refusal(Exception):
    """A request ends with this status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def answer(body: object) -> Response:
    """Return `body` as JSON with status 200."""
    return Response(200, _HEADERS, json.dumps(body, ensure_ascii=False).encode())


def refused(refusal: Refusal) -> Response:
    """Return the error body of CommonSchemas."""
    body = {"message": refusal.message, "traceId": secrets.token_hex(8)}
    return Response(refusal.status, _HEADERS, json.dumps(body, ensure_ascii=False).encode())


def guarded(handler: Callable[..., Response], *fixed: object) -> Callable[..., Response]:
    """Return the handler with refusals turned into answers."""

    def guard(request: Request, **parameters: str) -> Response:
        try:
            return handler(*fixed, request, **parameters)
        except Refusal as refusal:
            return refused(refusal)

    return guard


def json_body(request: Request) -> dict[str, object]:
    """Return the object in the body; raises Refusal 400."""
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as problem:
        raise Refusal(400, "body is no JSON") from problem
    if not isinstance(body, dict):
        raise Refusal(400, "body is no JSON object")
    return body


def basic_account(service: MailService, request: Request) -> Account:
    """Return the account of Basic authentication; raises Refusal 401."""
    scheme, _, credentials = (request.header("Authorization") or "").partition(" ")
    try:
        user, colon, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as problem:
        raise Refusal(401, "credentials are not readable") from problem
    account = service.log_in(user, password) if scheme.lower() == "basic" and colon else None
    if account is None:
        raise Refusal(401, "authentication failed")
    return account
