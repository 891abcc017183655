"""What a client verifies of the IDP's answers before it goes on; every miss is a SutError."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from pruefstand.crypto import jwe, jws
from pruefstand.crypto.jws import JoseProblem, Json
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, read_certificate_info
from pruefstand.crypto.pki.roles import TECHNICAL
from pruefstand.errors import SutError

ROLE_IDP = TECHNICAL["idp"].profession_oid


class Signer(Protocol):
    """Whose signature the challenge and the tokens must carry."""

    @property
    def issuer(self) -> str:
        """The IDP's name in `iss`."""
        ...

    @property
    def signature_key(self) -> EllipticCurvePublicKey:
        """The key puk_idp_sig."""
        ...


class Scrutiny:
    """Judges answers of the IDP; `verify_certificate` judges its certificate (DER) and raises."""

    def __init__(self, verify_certificate: Callable[[bytes], object] | None = None) -> None:
        self._verify_certificate = verify_certificate

    def discovery(self, token: str) -> Json:
        """Return the claims of a discovery document (A_20656-02, A_20657-01)."""
        try:
            der = signing_certificate(jws.decode_unverified(token).header)
            key = x509.load_der_x509_certificate(der).public_key()
            claims = jws.verify(token, key).claims
        except (JoseProblem, ValueError) as problem:
            raise SutError(
                f"Discovery Document des IDP: die Signatur ist ungültig: {problem}",
                hint="Der Ablauf wird abgebrochen; Gegenstelle prüfen.",
            ) from problem
        self.signer(der)
        return claims

    def signer(self, der: bytes) -> None:
        """Accept a certificate of kind C.FD.SIG with the IDP's role."""
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
        if self._verify_certificate is not None:
            self._verify_certificate(der)

    def token_signer(self, der: bytes) -> None:
        """Judge the certificate under a fresh token once more (A_20675-01)."""
        if self._verify_certificate is not None:
            self._verify_certificate(der)

    def claims(self, token: str, signer: Signer, what: str) -> Json:
        """Return the claims of a challenge or token (A_20663-02, A_20674-01)."""
        try:
            claims = jws.verify(token, signer.signature_key).claims
        except JoseProblem as problem:
            raise SutError(
                f"{what}: die Signatur des IDP ist ungültig: {problem}",
                hint="Der Ablauf wird abgebrochen; Schlüssel puk_idp_sig und Gegenstelle prüfen.",
            ) from problem
        if claims.get("iss") != signer.issuer:
            raise SutError(f"{what}: iss ist {claims.get('iss')!r}, erwartet {signer.issuer!r}")
        return claims

    def unexpired(self, claims: Json, now: datetime, what: str) -> None:
        """Accept claims whose `exp` is not over (A_21337-01)."""
        expires = claims.get("exp")
        if not isinstance(expires, int) or now.timestamp() > expires:
            raise SutError(f"{what} des IDP ist abgelaufen oder ohne exp")

    def unwrapped(self, fields: Json, name: str, key: bytes) -> str:
        """Return the signed token inside the encrypted one (A_20672-02, A_20673-02)."""
        try:
            opened = jwe.decrypt_dir(str(fields.get(name, "")), key)
            return str(jws.json_object(opened.plaintext, name).get("njwt", ""))
        except JoseProblem as problem:
            text = f"{name} des IDP ist nicht mit dem token_key lesbar: {problem}"
            raise SutError(text) from problem

    def identity(self, claims: Json, expected: Mapping[str, str]) -> None:
        """Accept the claims of an ID token that belong to the request."""
        for name, value in expected.items():
            if claims.get(name) != value:
                raise SutError(f"ID-Token: {name} passt nicht zur Anfrage")


def signing_certificate(header: Json) -> bytes:
    """Return the one certificate of `x5c` in DER; raises JoseProblem."""
    certificates = jws.certificates_of(header)
    if len(certificates) != 1:
        raise JoseProblem(f"x5c hat {len(certificates)} Zertifikate, erwartet 1")
    return certificates[0]
