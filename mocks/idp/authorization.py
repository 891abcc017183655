"""The authorization request: its parameters in the order of their checks, and the challenge."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mocks.idp import faults
from mocks.idp.errors import METHOD_MISSING, Refusal
from mocks.idp.registry import CLAIM_CONSENT, SCOPES
from mocks.idp.state import CHALLENGE_LIFETIME, IdpState, lifetime
from pruefstand.crypto.jws import Json

_OPAQUE = re.compile(r"[_\-a-zA-Z0-9]{1,512}")
_CHALLENGE = re.compile(r"[_\-a-zA-Z0-9]{42,44}={0,2}")
_COPIED = ("client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type")

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One parameter: the refusal when it is missing (none: optional) and when it is invalid."""

    name: str
    missing: int | None
    invalid: int
    accepts: Callable[[str], bool]
    missing_text: str | None = None


RULES = (
    Rule("response_type", 2004, 2005, lambda value: value == "code"),
    Rule("state", 2002, 2006, lambda value: _OPAQUE.fullmatch(value) is not None),
    Rule("code_challenge", 2009, 2010, lambda value: _CHALLENGE.fullmatch(value) is not None),
    Rule("code_challenge_method", 2008, 2008, lambda value: value == "S256", METHOD_MISSING),
    Rule("scope", 1005, 1022, lambda value: _is_openid_with_one_service(value.split())),
    Rule("nonce", None, 2007, lambda value: _OPAQUE.fullmatch(value) is not None),
)
"""Checked in this order once client_id and redirect_uri are accepted; all travel in a 302."""


def _is_openid_with_one_service(scopes: list[str]) -> bool:
    return len(scopes) == 2 and scopes.count("openid") == 1


def check_client(state: IdpState, query: Parameters) -> None:
    """Refuse an unregistered client or a redirect address that is not exactly registered."""
    client_id, redirect_uri = query.get("client_id"), query.get("redirect_uri")
    if not client_id:
        raise Refusal(1002)
    if client_id not in state.clients:
        raise Refusal(2012)
    if not redirect_uri:
        raise Refusal(1004)
    if redirect_uri != state.clients[client_id].redirect_uri:
        raise Refusal(1020)


def check_parameters(state: IdpState, query: Parameters) -> None:
    """Refuse in the order of RULES; then the scope must name a service this client may use."""
    for rule in RULES:
        value = query.get(rule.name)
        if not value:
            if rule.missing is not None:
                raise Refusal(rule.missing, rule.missing_text)
        elif not rule.accepts(value):
            raise Refusal(rule.invalid)
    for scope in query["scope"].split():
        if scope not in SCOPES:
            raise Refusal(1030)
        if scope not in state.clients[query["client_id"]].scopes:
            raise Refusal(1022)


def challenge(state: IdpState, query: Parameters) -> Json:
    """Return the answer to an accepted request: challenge and consent texts."""
    claims = {
        "iss": state.issuer,
        **lifetime(state.now(), CHALLENGE_LIFETIME),
        "token_type": "challenge",
        **{name: query[name] for name in _COPIED},
        "code_challenge_method": "S256",
        **({"nonce": query["nonce"]} if query.get("nonce") else {}),
        "snc": state.server_nonce(),
        "jti": state.jti(),
    }
    return {
        "challenge": state.sign(claims, foreign=state.fault(faults.CHALLENGE_SIGNATURE)),
        "user_consent": {
            "requested_scopes": {name: SCOPES[name].consent for name in query["scope"].split()},
            "requested_claims": dict(CLAIM_CONSENT),
        },
    }
