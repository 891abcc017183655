"""The IDP as a practice sees it: login with a card, tokens kept and renewed.

Discovery, challenge and both tokens are verified before they are used; a card that signs the
challenge is anything with a certificate and `sign_digest` (the Konnektor's ExternalAuthenticate).
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlencode

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from pruefstand.clients.idp_discovery import Discovery, read_discovery
from pruefstand.clients.idp_refusal import expect_json, redirect_parameters, refuse_unless_ok
from pruefstand.clients.idp_scrutiny import Scrutiny
from pruefstand.clock import Clock, SystemClock
from pruefstand.crypto import jwe, jws
from pruefstand.crypto.base64url import b64u
from pruefstand.crypto.jws import Json
from pruefstand.errors import SutError
from pruefstand.model.http import Request, Response
from pruefstand.transport import Transport

PEER = "idp"
DISCOVERY_PATH = "/.well-known/openid-configuration"
RENEWAL_MARGIN = timedelta(seconds=30)
_SKEW = timedelta(seconds=2)


class AuthenticationCard(Protocol):
    """A card that can log in: SMC-B (C.HCI.AUT) or HBA (C.HP.AUT)."""

    @property
    def certificate_der(self) -> bytes:
        """The authentication certificate in DER."""
        ...

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign a SHA-256 digest: ASN.1 DER for ECDSA, raw PSS bytes for RSA."""
        ...


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The inner JWS that a service receives, with its claims."""

    token: str = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    claims: Json = field(repr=False)

    def usable(self, now: datetime) -> bool:
        """Tell whether the token is valid and not within 30 s of its end."""
        return self.issued_at - _SKEW <= now < self.expires_at - RENEWAL_MARGIN


@dataclass(frozen=True, slots=True)
class Attempt:
    """The secrets of one login, drawn anew for each (A_20659-01, A_21333-01)."""

    scope: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    token_key: bytes = field(default_factory=lambda: secrets.token_bytes(jwe.KEY_SIZE))

    @property
    def code_challenge(self) -> str:
        """The base64url SHA-256 of the verifier (PKCE S256)."""
        return b64u(hashlib.sha256(self.verifier.encode("ascii")).digest())


class IdpClient:
    """One registered client system; the discovery document is read anew every 24 hours."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        *,
        client_id: str,
        redirect_uri: str,
        user_agent: str,
        clock: Clock | None = None,
        verify_certificate: Callable[[bytes], object] | None = None,
        scrutiny: Scrutiny | None = None,
        begin: Callable[[str], Attempt] = Attempt,
    ) -> None:
        """`verify_certificate` judges the IDP's signature certificate and raises when unfit.

        `scrutiny` replaces all judging of the IDP's answers, `begin` draws the secrets of a login.
        """
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._client_id = client_id
        self._redirect_uri = redirect_uri
        self._user_agent = user_agent
        self._clock = clock or SystemClock()
        self._scrutiny = scrutiny or Scrutiny(verify_certificate)
        self._begin = begin
        self._discovery: Discovery | None = None

    def login(
        self, card: AuthenticationCard, scope: str = "e-rezept", *, at: datetime | None = None
    ) -> AccessToken:
        """Log in with `card` and return the access token; `at` overrides the client's clock.

        Raises IdpRefusal with the IDP's code, SutError when an answer of the IDP does not verify.
        """
        now = at or self._clock.now()
        attempt = self._begin(f"openid {scope}")
        discovery = self.discovery(now)
        challenge, expires = self._request_challenge(discovery, attempt, now)
        code = self._answer_challenge(discovery, attempt, card, challenge, expires)
        return self._redeem(discovery, attempt, code, now)

    def discovery(self, now: datetime) -> Discovery:
        """Return the verified discovery document, read anew once a day."""
        if self._discovery is None or not self._discovery.valid(now):
            token = self._get(self._base_url + DISCOVERY_PATH, "Discovery").body
            self._discovery = read_discovery(
                token.decode("ascii", "replace"),
                now,
                fetch=lambda url, what: expect_json(self._get(url, what), what),
                scrutiny=self._scrutiny,
            )
        return self._discovery

    def _request_challenge(
        self, discovery: Discovery, attempt: Attempt, now: datetime
    ) -> tuple[str, int]:
        query = urlencode(
            {
                "client_id": self._client_id,
                "redirect_uri": self._redirect_uri,
                "response_type": "code",
                "state": attempt.state,
                "code_challenge": attempt.code_challenge,
                "code_challenge_method": "S256",
                "scope": attempt.scope,
                "nonce": attempt.nonce,
            }
        )
        url = f"{discovery.authorization_endpoint}?{query}"
        answer = expect_json(self._get(url, "AuthorizationRequest"), "AuthorizationRequest")
        challenge = str(answer.get("challenge", ""))
        claims = self._scrutiny.claims(challenge, discovery, "Challenge")
        self._scrutiny.unexpired(claims, now, "Challenge")
        if claims.get("state") != attempt.state:
            raise SutError("Die Challenge des IDP trägt nicht den state der Anfrage")
        return challenge, int(claims["exp"])

    def _answer_challenge(
        self,
        discovery: Discovery,
        attempt: Attempt,
        card: AuthenticationCard,
        challenge: str,
        expires: int,
    ) -> str:
        signed = jws.compact_json({"njwt": sign_with_card(card, {"njwt": challenge})})
        headers = {"cty": "NJWT", "exp": expires}
        sealed = jwe.encrypt_ecdh(signed, discovery.encryption_key, headers=headers)
        url = discovery.authorization_endpoint
        answer = self._post(url, {"signed_challenge": sealed}, "SignedChallenge")
        found = redirect_parameters(answer, self._redirect_uri)
        if found.get("state") != attempt.state:
            raise SutError("Der Redirect des IDP trägt nicht den state der Anfrage")
        return found["code"]

    def _redeem(
        self, discovery: Discovery, attempt: Attempt, code: str, now: datetime
    ) -> AccessToken:
        secrets_of_client = {
            "token_key": b64u(attempt.token_key),
            "code_verifier": attempt.verifier,
        }
        form = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "code": code,
            "key_verifier": jwe.encrypt_ecdh(
                jws.compact_json(secrets_of_client),
                discovery.encryption_key,
                headers={"cty": "JSON"},
            ),
        }
        answer = self._post(discovery.token_endpoint, form, "TokenRequest")
        fields = expect_json(answer, "TokenRequest")
        scrutiny = self._scrutiny
        scrutiny.token_signer(discovery.signature_certificate)
        access = scrutiny.unwrapped(fields, "access_token", attempt.token_key)
        claims = scrutiny.claims(access, discovery, "Access-Token")
        scrutiny.unexpired(claims, now, "Access-Token")
        identity = scrutiny.unwrapped(fields, "id_token", attempt.token_key)
        digest = b64u(hashlib.sha256(access.encode("ascii")).digest()[:16])
        expected = {"nonce": attempt.nonce, "aud": self._client_id, "at_hash": digest}
        scrutiny.identity(scrutiny.claims(identity, discovery, "ID-Token"), expected)
        issued, expires = claims.get("iat", claims["exp"] - 300), claims["exp"]
        return AccessToken(access, _instant(issued), _instant(expires), claims)

    def _get(self, url: str, operation: str) -> Response:
        request = Request("GET", url, (("User-Agent", self._user_agent),))
        return self._send(request, operation)

    def _post(self, url: str, form: Mapping[str, str], operation: str) -> Response:
        headers = (
            ("User-Agent", self._user_agent),
            ("Content-Type", "application/x-www-form-urlencoded"),
        )
        return self._send(Request("POST", url, headers, urlencode(form).encode()), operation)

    def _send(self, request: Request, operation: str) -> Response:
        answer = self._transport.send(request, peer=PEER, operation=operation)
        refuse_unless_ok(answer, operation)
        return answer


class TokenSource:
    """Keeps one access token and renews it 30 s before it expires; safe to share by threads."""

    def __init__(
        self,
        client: IdpClient,
        card: AuthenticationCard,
        clock: Clock,
        *,
        scope: str = "e-rezept",
    ) -> None:
        self._client = client
        self._card = card
        self._clock = clock
        self._scope = scope
        self._lock = threading.Lock()
        self._kept: AccessToken | None = None

    def token(self) -> AccessToken:
        """Return a token that is valid for another 30 s at least, logging in when needed."""
        with self._lock:
            now = self._clock.now()
            if self._kept is None or not self._kept.usable(now):
                self._kept = None  # A_21337-01: an expired token is gone even if the login fails.
                self._kept = self._client.login(self._card, self._scope, at=now)
            return self._kept

    def forget(self) -> None:
        """Drop the token, so that the next call logs in (A_20658-01)."""
        with self._lock:
            self._kept = None


def sign_with_card(card: AuthenticationCard, payload: Json) -> str:
    """Return the inner JWS over `payload`: header with the certificate, signed by the card."""
    der = card.certificate_der
    public_key = x509.load_der_x509_certificate(der).public_key()
    headers = {"typ": "JWT", "cty": "NJWT", "x5c": jws.x5c(der)}
    content = jws.signing_input(payload, headers, alg=jws.natural_algorithm(public_key))
    signature = card.sign_digest(hashlib.sha256(content).digest())
    is_rsa = isinstance(public_key, rsa.RSAPublicKey)
    return jws.assemble(content, signature if is_rsa else jws.der_to_raw(signature))


def _instant(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
