"""The discovery document, verified: endpoints and the IDP's two public keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from pruefstand.crypto import jws
from pruefstand.crypto.jwk import from_jwk
from pruefstand.crypto.jws import JoseProblem, Json
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, read_certificate_info
from pruefstand.errors import SutError

ROLE_IDP = "1.2.276.0.76.4.260"
MAXIMUM_AGE = timedelta(hours=24)

Fetch = Callable[[str, str], Json]


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a client needs of the document, and how long it may keep it."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    signature_key: EllipticCurvePublicKey
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
    verify_certificate: Callable[[bytes], object] | None,
) -> Discovery:
    """Verify the document (A_20656-02, A_20657-01) and fetch the keys it names.

    Raises SutError when signature, role, age or content is wrong.
    """
    claims = _verified_claims(token, verify_certificate)
    expires = claims.get("exp")
    if not isinstance(expires, int) or now.timestamp() > expires:
        raise SutError("Discovery Document des IDP ist abgelaufen oder ohne exp")
    signature_jwk = fetch(_text(claims, "uri_puk_idp_sig"), "puk_idp_sig")
    encryption_jwk = fetch(_text(claims, "uri_puk_idp_enc"), "puk_idp_enc")
    return Discovery(
        issuer=_text(claims, "issuer"),
        authorization_endpoint=_text(claims, "authorization_endpoint"),
        token_endpoint=_text(claims, "token_endpoint"),
        signature_key=_signature_key(signature_jwk, verify_certificate),
        encryption_key=from_jwk(encryption_jwk),
        read_at=now,
        expires_at=expires,
    )


def _verified_claims(token: str, verify_certificate: Callable[[bytes], object] | None) -> Json:
    try:
        der = _certificate(jws.decode_unverified(token).header)
        key = x509.load_der_x509_certificate(der).public_key()
        claims = jws.verify(token, key).claims
    except (JoseProblem, ValueError) as problem:
        raise SutError(
            f"Discovery Document des IDP: die Signatur ist ungültig: {problem}",
            hint="Der Ablauf wird abgebrochen; Gegenstelle prüfen.",
        ) from problem
    _check_signer(der, verify_certificate)
    return claims


def _certificate(header: Json) -> bytes:
    certificates = jws.certificates_of(header)
    if len(certificates) != 1:
        raise JoseProblem(f"x5c hat {len(certificates)} Zertifikate, erwartet 1")
    return certificates[0]


def _check_signer(der: bytes, verify_certificate: Callable[[bytes], object] | None) -> None:
    try:
        info = read_certificate_info(der)
    except CertificateProblem as problem:
        raise SutError(f"Signaturzertifikat des IDP ist nicht lesbar: {problem}") from problem
    if info.kind is not CertificateKind.FD_SIG or ROLE_IDP not in info.profession_oids:
        roles = ", ".join(info.profession_oids) or "keine"
        raise SutError(
            f"Signaturzertifikat des IDP ist {info.kind or 'ohne Typ'} mit Rolle {roles}, "
            f"erwartet C.FD.SIG mit {ROLE_IDP}"
        )
    if verify_certificate is not None:
        verify_certificate(der)


def _signature_key(
    jwk: Json, verify_certificate: Callable[[bytes], object] | None
) -> EllipticCurvePublicKey:
    """Return the key whose certificate has the IDP's role; JWK and certificate must agree."""
    der = _certificate(jwk)
    _check_signer(der, verify_certificate)
    key = from_jwk(jwk)
    if x509.load_der_x509_certificate(der).public_key() != key:
        raise SutError("puk_idp_sig: Schlüssel und Zertifikat passen nicht zusammen")
    return key


def _text(claims: Json, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise SutError(f"Discovery Document des IDP ohne {name}")
    return value
