"""The access token: checks in the original's order, each signature once per token (section 8)."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from mocks.erezept.errors import Refused
from mocks.erezept.roles import INSURED
from pruefstand.clock import Clock
from pruefstand.crypto import jws
from pruefstand.crypto.jws import JoseProblem

ALGORITHM = "BP256R1"
MAX_KNOWN = 20_000
"""Verified tokens kept; beyond it the oldest go."""
IAT_TOLERANCE_SECONDS = 2

_TEXTS = ("professionOID", "idNummer", "sub", "iss", "aud", "acr", "jti")
_NUMBERS = ("iat", "exp")
_ACR_HIGH = "gematik-ehealth-loa-high"
_ACR_SUBSTANTIAL = "gematik-ehealth-loa-substantial"
_CONSENT = "urn:telematik:auth:consent"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who speaks, by the token."""

    oid: str
    id_number: str
    """Telematik-ID or KVNR."""
    sub: str
    issued: int
    not_before: int
    expires: int
    name: str = ""
    """As the audit trail shows the caller to the insured."""


class TokenVerifier:
    """Verifies tokens of one IDP for one audience."""

    def __init__(self, key: EllipticCurvePublicKey, clock: Clock) -> None:
        self._key = key
        self._clock = clock
        self._known: dict[bytes, Caller] = {}
        self._lock = threading.Lock()

    def verify(self, token: str, *, audience: str, user: str) -> Caller:
        """Return the caller; raises Refused 401. `user` is the outer X-erp-user (`l` or `v`)."""
        digest = hashlib.sha256(f"{audience} {token}".encode()).digest()
        caller = self._known.get(digest)
        if caller is not None:
            self._check_time(caller)
            return caller
        caller = self._verify_new(token, audience, user)
        with self._lock:
            while len(self._known) >= MAX_KNOWN:
                self._known.pop(next(iter(self._known)))
            self._known[digest] = caller
        return caller

    def _verify_new(self, token: str, audience: str, user: str) -> Caller:
        claims = _decoded(token, user)
        _check_claims(claims)
        if claims["aud"] != audience:
            raise Refused("jwt-aud")
        caller = Caller(
            claims["professionOID"],
            claims["idNummer"],
            claims["sub"],
            claims["iat"],
            claims["nbf"] if "nbf" in claims else claims["iat"],
            claims["exp"],
            _name(claims),
        )
        self._check_time(caller)
        try:
            jws.verify(token, self._key, algorithms=(ALGORITHM,))
        except JoseProblem:
            raise Refused("jwt-signature") from None
        return caller

    def _check_time(self, caller: Caller) -> None:
        now = self._clock.now().timestamp()
        latest = now + IAT_TOLERANCE_SECONDS
        if now > caller.expires or caller.issued > latest or caller.not_before > latest:
            raise Refused("jwt-expired")


def _decoded(token: str, user: str) -> jws.Json:
    try:
        decoded = jws.decode_unverified(token)
        claims = decoded.claims
    except JoseProblem:
        raise Refused("jwt-rfc-vers" if user == "v" else "jwt-rfc-lei") from None
    if decoded.header.get("alg") != ALGORITHM or not decoded.signature:
        raise Refused("jwt-signature")
    return claims


def _check_claims(claims: Mapping[str, object]) -> None:
    for name in (*_TEXTS, *_NUMBERS):
        if name not in claims:
            raise Refused("jwt-claims")
    for name in _TEXTS:
        if not isinstance(claims[name], str):
            raise Refused("jwt-format")
    for name in (*_NUMBERS, *(("nbf",) if "nbf" in claims else ())):
        if not isinstance(claims[name], int):
            raise Refused("jwt-format")
    insured = claims["professionOID"] == INSURED
    if insured and not _has_names(claims):
        raise Refused("jwt-claims")
    if not _acr_fits(claims, insured):
        raise Refused("jwt-format")


def _has_names(claims: Mapping[str, object]) -> bool:
    names = "display_name" in claims or {"given_name", "family_name"} <= claims.keys()
    return "organizationName" in claims and names


def _name(claims: Mapping[str, object]) -> str:
    if claims["professionOID"] != INSURED:
        return str(claims.get("organizationName") or claims["idNummer"])
    return str(claims.get("display_name") or f"{claims['given_name']} {claims['family_name']}")


def _acr_fits(claims: Mapping[str, object], insured: bool) -> bool:
    if claims["acr"] == _ACR_HIGH:
        return True
    consents = claims.get(_CONSENT) == "loa-substantial"
    return insured and claims["acr"] == _ACR_SUBSTANTIAL and consents
