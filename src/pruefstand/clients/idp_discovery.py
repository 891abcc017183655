"""The discovery document, verified: endpoints and the IDP's two public keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from pruefstand.clients.idp_scrutiny import Scrutiny, signing_certificate
from pruefstand.crypto.jwk import from_jwk
from pruefstand.crypto.jws import Json
from pruefstand.errors import SutError

MAXIMUM_AGE = timedelta(hours=24)

Fetch = Callable[[str, str], Json]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a client needs of the document, and how long it may keep it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    signature_key: EllipticCurvePublicKey
    signature_certificate: bytes
    """The certificate of `signature_key` (DER)."""
    encryption_key: EllipticCurvePublicKey
    read_at: datetime
    expires_at: float
    """Seconds since the epoch."""

    def valid(self, now: datetime) -> bool:
        """Tell whether the document may still be used (A_20655-01: 24 hours at most)."""
        age = now - self.read_at
        return timedelta(0) <= age < MAXIMUM_AGE and now.timestamp() <= self.expires_at


def read_discovery(
    token: str,
    now: datetime,
    *,
    fetch: Fetch,
    scrutiny: Scrutiny,
) -> Discovery:
    """Verify the document (A_20656-02, A_20657-01) and fetch the keys it names.

    Raises SutError when signature, role, age or content is wrong.
    """
    claims = scrutiny.discovery(token)
    expires = claims.get("exp")
    if not isinstance(expires, int) or now.timestamp() > expires:
        raise SutError("Discovery Document des IDP ist abgelaufen oder ohne exp")
    signature_jwk = fetch(_text(claims, "uri_puk_idp_sig"), "puk_idp_sig")
    encryption_jwk = fetch(_text(claims, "uri_puk_idp_enc"), "puk_idp_enc")
    certificate = signing_certificate(signature_jwk)
    return Discovery(
        issuer=_text(claims, "issuer"),
        authorization_endpoint=_text(claims, "authorization_endpoint"),
        token_endpoint=_text(claims, "token_endpoint"),
        signature_key=_signature_key(signature_jwk, certificate, scrutiny),
        signature_certificate=certificate,
        encryption_key=from_jwk(encryption_jwk),
        read_at=now,
        expires_at=expires,
    )


def _signature_key(jwk: Json, der: bytes, scrutiny: Scrutiny) -> EllipticCurvePublicKey:
    """Return the key whose certificate has the IDP's role; JWK and certificate must agree."""
    scrutiny.signer(der)
    key = from_jwk(jwk)
    if x509.load_der_x509_certificate(der).public_key() != key:
        raise SutError("puk_idp_sig: Schlüssel und Zertifikat passen nicht zusammen")
    return key


def _text(claims: Json, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise SutError(f"Discovery Document des IDP ohne {name}")
    return value
