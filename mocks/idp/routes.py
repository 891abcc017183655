"""The IDP's operations: HTTP in, HTTP out (gemSpec_IDP_Dienst)."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode

from mocks.idp import authorization, discovery
from mocks.idp.challenge import authorization_code
from mocks.idp.errors import BLOCKED, Refusal
from mocks.idp.state import IdpState
from mocks.idp.tokens import token_answer
from pruefstand.crypto.jws import Json
from pruefstand.mockkit import Route
from pruefstand.model.http import Headers, Request, Response

_NO_STORE: Headers = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
_SOURCE = "handbook idp_pki_crypto.md"

StatefulHandler = Callable[[IdpState, Request], Response]


def routes(state: IdpState) -> list[Route]:
    """Return the route table; every route demands a User-Agent first."""
    table: list[tuple[str, str, str, StatefulHandler, str]] = [
        *(
            ("GET", path, "Discovery", show_discovery, "1.2")
            for path in (discovery.PATH, *discovery.ALIASES)
        ),
        ("GET", "/jwks", "JWKS", show_jwks, "1.2"),
        ("GET", "/idpEnc/jwk.json", "puk_idp_enc", show_encryption_key, "1.2"),
        ("GET", "/idpSig/jwk.json", "puk_idp_sig", show_signature_key, "1.2"),
        ("GET", "/sign_response", "AuthorizationRequest", authorize, "1.3"),
        ("POST", "/sign_response", "SignedChallenge", accept_challenge, "1.4"),
        ("POST", "/token", "TokenRequest", issue_tokens, "1.6"),
    ]
    return [
        Route(method, path, operation, _guarded(state, handler), f"{_SOURCE} {section}")
        for method, path, operation, handler, section in table
    ]


def show_discovery(state: IdpState, _: Request) -> Response:
    """Answer with the discovery document, a JWS and not JSON."""
    headers = (("Content-Type", "application/jwt;charset=UTF-8"), ("Version", "0.1.0"))
    return Response(200, headers + _NO_STORE, discovery.document(state).encode("ascii"))


def show_jwks(state: IdpState, _: Request) -> Response:
    """Answer with both public keys."""
    return _json({"keys": [discovery.signature_jwk(state), discovery.encryption_jwk(state)]})


def show_encryption_key(state: IdpState, _: Request) -> Response:
    """Answer with puk_idp_enc."""
    return _json(discovery.encryption_jwk(state))


def show_signature_key(state: IdpState, _: Request) -> Response:
    """Answer with puk_idp_sig."""
    return _json(discovery.signature_jwk(state))


def authorize(state: IdpState, request: Request) -> Response:
    """Answer with a challenge; a refusal is redirected once client and address are accepted."""
    query = request.query
    authorization.check_client(state, query)
    try:
        authorization.check_parameters(state, query)
    except Refusal as refusal:
        return _redirected(state, refusal, query)
    return _json(authorization.challenge(state, query))


def accept_challenge(state: IdpState, request: Request) -> Response:
    """Answer a signed challenge with a redirect that carries the code."""
    code, claims = authorization_code(state, form(request).get("signed_challenge", ""))
    location = f"{claims['redirect_uri']}?{urlencode({'code': code, 'state': claims['state']})}"
    return _redirect(location)


def issue_tokens(state: IdpState, request: Request) -> Response:
    """Answer a code with both tokens."""
    tokens, secrets = token_answer(state, form(request))
    return _json(tokens, secrets.observed)


def form(request: Request) -> dict[str, str]:
    """Return the fields of an urlencoded body; the first value of a repeated one counts."""
    pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    return dict(reversed(pairs))


def refused(state: IdpState, refusal: Refusal) -> Response:
    """Return a refusal as JSON with the status of its row."""
    headers = (("Content-Type", "application/json; charset=utf-8"), *_NO_STORE)
    body = json.dumps(_error_fields(state, refusal), ensure_ascii=False).encode()
    return Response(refusal.row.status, headers, body)


def _guarded(state: IdpState, handler: StatefulHandler) -> Callable[[Request], Response]:
    def guarded(request: Request) -> Response:
        try:
            _check_user_agent(state, request)
            return handler(state, request)
        except Refusal as refusal:
            return refused(state, refusal)

    return guarded


def _check_user_agent(state: IdpState, request: Request) -> None:
    user_agent = request.header("User-Agent")
    if not user_agent:
        raise Refusal(2000)
    if user_agent in state.blocked:
        raise Refusal(2000, BLOCKED)


def _error_fields(state: IdpState, refusal: Refusal) -> Json:
    return {
        "error": refusal.row.error,
        "gematik_code": str(refusal.row.code),
        "gematik_timestamp": int(state.now().timestamp()),
        "gematik_uuid": state.rng.uuid(),
        "gematik_error_text": refusal.text,
    }


def _redirected(state: IdpState, refusal: Refusal, query: dict[str, str]) -> Response:
    fields = _error_fields(state, refusal)
    if query.get("state"):
        fields["state"] = query["state"]
    fields["error_description"] = refusal.text
    return _redirect(f"{query['redirect_uri']}?{urlencode(fields)}")


def _redirect(location: str) -> Response:
    return Response(302, (("Location", location), ("Content-Length", "0"), *_NO_STORE))


def _json(body: Json, more: Headers = ()) -> Response:
    headers = (("Content-Type", "application/json"), *_NO_STORE, *more)
    return Response(200, headers, json.dumps(body, ensure_ascii=False).encode())
