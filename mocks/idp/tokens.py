"""The token request: code against encrypted access and id token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from mocks.idp import faults
from mocks.idp.challenge import nested
from mocks.idp.errors import Refusal
from mocks.idp.registry import service_scope
from mocks.idp.state import TOKEN_LIFETIME, IdpState, lifetime
from pruefstand.crypto import jwe, jws
from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.crypto.jws import JoseProblem, Json
from pruefstand.model.http import Headers

_VERIFIER = re.compile(r"[0-9a-zA-Z\-._~]{43,128}")
_FIELDS = (
    ("grant_type", 3006),
    ("client_id", 1002),
    ("redirect_uri", 1004),
    ("code", 3005),
    ("key_verifier", 3004),
)
_CODE_CLAIMS = ("client_id", "redirect_uri", "scope", "code_challenge", "idNummer", "exp")
_PERSON = (
    "professionOID", "idNummer", "given_name", "family_name", "display_name",
    "organizationName", "organizationIK",
)  # fmt: skip

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClientSecrets:
    """What a client sealed for the IDP; only its shape and fingerprint are told."""

    key: bytes
    verifier: str

    @property
    def observed(self) -> Headers:
        """The observation headers: length and fingerprint, from which no secret follows."""
        verifier = self.verifier.encode("ascii")
        return (
            ("Observed-Code-Verifier", f"characters={len(verifier)} sha256={_print(verifier)}"),
            ("Observed-Token-Key", f"octets={len(self.key)} sha256={_print(self.key)}"),
        )


def _print(secret: bytes) -> str:
    return hashlib.sha256(secret).hexdigest()


def token_answer(state: IdpState, form: Form) -> tuple[Json, ClientSecrets]:
    """Check a token request; return the encrypted tokens and what the client had sealed."""
    _check_form(state, form)
    code = _read_code(state, form["code"])
    if code["client_id"] != form["client_id"]:
        raise Refusal(3007)
    if code["redirect_uri"] != form["redirect_uri"]:
        raise Refusal(1020)
    secrets = _read_key_verifier(state, form["key_verifier"], code["code_challenge"])
    return _issue(state, code, secrets.key), secrets


def _check_form(state: IdpState, form: Form) -> None:
    for name, refusal in _FIELDS:
        if not form.get(name):
            raise Refusal(refusal)
    if form["grant_type"] != "authorization_code":
        raise Refusal(3014)
    if form["client_id"] not in state.clients:
        raise Refusal(3007)
    if form["redirect_uri"] != state.clients[form["client_id"]].redirect_uri:
        raise Refusal(1020)


def _read_code(state: IdpState, code: str) -> Json:
    try:
        opened = jwe.decrypt_dir(code, state.code_key)
        token = nested(jws.json_object(opened.plaintext, "authorization code"))
        claims = jws.verify(token, state.signer.key.public_key()).claims
    except JoseProblem as problem:
        raise Refusal(3013) from problem
    if any(not claims.get(name) for name in _CODE_CLAIMS):
        raise Refusal(3001)
    if state.now().timestamp() > claims["exp"]:
        raise Refusal(3011)
    return claims


def _read_key_verifier(state: IdpState, token: str, code_challenge: str) -> ClientSecrets:
    try:
        opened = jwe.decrypt_ecdh(token, state.encryption.key)
        claims = jws.json_object(opened.plaintext, "key_verifier")
        key, verifier = unb64u(claims["token_key"]), claims["code_verifier"]
    except (JoseProblem, KeyError, ValueError, AttributeError) as problem:
        raise Refusal(3015) from problem
    if len(key) != jwe.KEY_SIZE:
        raise Refusal(3015)
    if not isinstance(verifier, str) or not _VERIFIER.fullmatch(verifier):
        raise Refusal(3016)
    if b64u(hashlib.sha256(verifier.encode("ascii")).digest()) != code_challenge.rstrip("="):
        raise Refusal(3000)
    return ClientSecrets(key, verifier)


def _issue(state: IdpState, code: Json, key: bytes) -> Json:
    common = _common_claims(state, code)
    foreign = state.fault(faults.TOKEN_SIGNATURE)
    access_claims = {
        **common,
        "jti": state.jti(),
        "aud": state.audience(service_scope(code["scope"])),
        "client_id": code["client_id"],
        "scope": code["scope"],
    }
    access = state.sign(access_claims, typ="at+JWT", foreign=foreign)
    id_claims = {
        **common,
        "jti": state.jti(),
        "aud": code["client_id"],
        "at_hash": b64u(hashlib.sha256(access.encode("ascii")).digest()[:16]),
        **({"nonce": code["nonce"]} if "nonce" in code else {}),
    }
    other = bytes(reversed(key))
    expires = common["exp"]
    id_key = other if state.fault(faults.ID_TOKEN_KEY) else key
    access_key = other if state.fault(faults.ACCESS_TOKEN_KEY) else key
    return {
        "expires_in": int(TOKEN_LIFETIME.total_seconds()),
        "token_type": "Bearer",
        "id_token": state.wrap(state.sign(id_claims, foreign=foreign), id_key, expires),
        "access_token": state.wrap(access, access_key, expires),
    }


def _common_claims(state: IdpState, code: Json) -> Json:
    issued = state.now()
    if state.fault(faults.TOKEN_EXPIRED):
        issued -= 2 * TOKEN_LIFETIME
    pairwise = (code["client_id"] + code["idNummer"]).encode() + state.salt
    return {
        **{name: code.get(name) for name in _PERSON},
        "sub": b64u(hashlib.sha256(pairwise).digest()),
        "iss": state.issuer,
        **lifetime(issued, TOKEN_LIFETIME),
        "auth_time": code["auth_time"],
        "azp": code["client_id"],
        "acr": "gematik-ehealth-loa-high",
        "amr": ["mfa", "sc", "pin"],
    }
