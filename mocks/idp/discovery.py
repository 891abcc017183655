"""The discovery document and the public keys."""

from __future__ import annotations

from datetime import timedelta

from mocks.idp import faults
from mocks.idp.registry import SCOPES
from mocks.idp.state import (
    DISCOVERY_LIFETIME,
    KID_DISCOVERY,
    KID_ENC,
    KID_SIG,
    IdpState,
    lifetime,
)
from pruefstand.crypto import jws
from pruefstand.crypto.jwk import public_jwk
from pruefstand.crypto.jws import Json

PATH = "/.well-known/openid-configuration"
ALIASES = ("/discoveryDocument", "/auth/realms/idp/.well-known/openid-configuration")
_REUSE = timedelta(minutes=1)

_ENDPOINTS = {
    "authorization_endpoint": "/sign_response",
    "sso_endpoint": "/sso_response",
    "auth_pair_endpoint": "/alt_response",
    "token_endpoint": "/token",
    "uri_pair": "/pairings",
    "jwks_uri": "/jwks",
    "uri_puk_idp_enc": "/idpEnc/jwk.json",
    "uri_puk_idp_sig": "/idpSig/jwk.json",
    "federation_authorization_endpoint": "/federation/authorization",
    "fed_idp_list_uri": "/fed_idp_list",
    "uri_disc": PATH,
}


def document(state: IdpState) -> str:
    """Return the signed document; one signature serves for a minute."""
    now, issuer = state.now(), state.issuer
    if state.fault(faults.DISCOVERY_SIGNATURE) or state.fault(faults.DISCOVERY_ROLE):
        return _signed(state)
    kept = state.discovery
    if kept and kept[0] == issuer and timedelta(0) <= now - kept[1] < _REUSE:
        return kept[2]
    token = _signed(state)
    state.discovery = (issuer, now, token)
    return token


def _signed(state: IdpState) -> str:
    shown = state.foreign if state.fault(faults.DISCOVERY_ROLE) else state.signer
    key = state.foreign.key if state.fault(faults.DISCOVERY_SIGNATURE) else shown.key
    headers = {"typ": "JWT", "kid": KID_DISCOVERY, "x5c": jws.x5c(shown.der)}
    return jws.sign(_claims(state), key, headers)


def _claims(state: IdpState) -> Json:
    return {
        "issuer": state.issuer,
        **{name: state.issuer + path for name, path in _ENDPOINTS.items()},
        "subject_types_supported": ["pairwise"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["none"],
        "id_token_signing_alg_values_supported": ["BP256R1"],
        "code_challenge_methods_supported": ["S256"],
        "acr_values_supported": ["gematik-ehealth-loa-high"],
        "scopes_supported": list(SCOPES),
        **lifetime(state.now(), DISCOVERY_LIFETIME),
    }


def signature_jwk(state: IdpState) -> Json:
    """Return puk_idp_sig with its certificate."""
    certificate = jws.x5c(state.signer.der)
    return public_jwk(state.signer.key.public_key(), x5c=certificate, use="sig", kid=KID_SIG)


def encryption_jwk(state: IdpState) -> Json:
    """Return puk_idp_enc, which carries no certificate."""
    return public_jwk(state.encryption.key.public_key(), use="enc", kid=KID_ENC)
