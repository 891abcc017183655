"""What the IDP keeps: keys, registrations, the key of its codes. A login leaves no state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mocks.idp.registry import SCOPES, Registration, with_extra
from pruefstand.crypto import jwe, jws
from pruefstand.crypto.base64url import b64u
from pruefstand.crypto.jws import Json, compact_json
from pruefstand.crypto.pki import Identity
from pruefstand.mockkit import MockContext
from pruefstand.rng import Rng

CHALLENGE_LIFETIME = timedelta(seconds=180)
CODE_LIFETIME = timedelta(seconds=60)
TOKEN_LIFETIME = timedelta(seconds=300)
DISCOVERY_LIFETIME = timedelta(hours=24)

KID_SIG = "puk_idp_sig"
KID_ENC = "puk_idp_enc"
KID_DISCOVERY = "puk_disc_sig"


@dataclass(slots=True)
class IdpState:
    """The IDP's secrets and tables; `foreign` is a key that is not the IDP's, for faults."""

    context: MockContext
    signer: Identity
    encryption: Identity
    foreign: Identity
    code_key: bytes
    salt: bytes
    clients: Mapping[str, Registration]
    blocked: frozenset[str]
    tolerated_algorithms: frozenset[str]
    rng: Rng = field(repr=False)
    discovery: tuple[str, datetime, str] | None = None
    """Issuer, time of issue and token of the discovery document issued last."""

    @classmethod
    def of(cls, context: MockContext) -> IdpState:
        """Build the state from the context's keys and settings."""
        settings, rng = context.settings, context.rng.derive("idp")
        tolerant = {"ES256"} if settings.get("accept_es256") else set()
        blocked = settings.get("blocked_user_agents", ())
        return cls(
            context=context,
            signer=context.pki.service("idp-sig"),
            encryption=context.pki.service("idp-enc"),
            foreign=context.pki.service("fd-sig"),
            code_key=rng.derive("code").token_bytes(32),
            salt=rng.derive("salt").token_bytes(32),
            clients=with_extra(settings),
            blocked=frozenset(blocked if isinstance(blocked, list | tuple) else ()),
            tolerated_algorithms=frozenset({"BP256R1", "PS256", *tolerant}),
            rng=rng.derive("values"),
        )

    @property
    def issuer(self) -> str:
        """The IDP's base URL, which is `iss` everywhere."""
        return self.context.base_url

    def now(self) -> datetime:
        """Return the mock's instant."""
        return self.context.clock.now()

    def fault(self, name: str) -> bool:
        """Tell whether the fault `name` is switched on."""
        return name in self.context.faults

    def audience(self, scope: str) -> str:
        """Return the service a scope stands for; the profile may name another (`audience`)."""
        configured = self.context.settings.get("audience")
        return str(configured or SCOPES[scope].audience)

    def jti(self) -> str:
        """Return 16 hex characters."""
        return self.rng.token_hex(8)

    def server_nonce(self) -> str:
        """Return `snc`: 32 random bytes as base64url."""
        return b64u(self.rng.token_bytes(32))

    def sign(self, claims: Mapping[str, Any], *, typ: str = "JWT", foreign: bool = False) -> str:
        """Sign as puk_idp_sig, or pretend to with a key that is not the IDP's."""
        key = self.foreign.key if foreign else self.signer.key
        return jws.sign(dict(claims), key, {"typ": typ, "kid": KID_SIG})

    def wrap(self, token: str, key: bytes, expires: int) -> str:
        """Encrypt a JWS directly under `key`, as codes and tokens travel."""
        headers = {"cty": "NJWT", "exp": expires}
        return jwe.encrypt_dir(compact_json({"njwt": token}), key, headers)


def lifetime(issued: datetime, duration: timedelta) -> Json:
    """Return `iat` and `exp` in epoch seconds."""
    iat = int(issued.timestamp())
    return {"iat": iat, "exp": iat + int(duration.total_seconds())}
