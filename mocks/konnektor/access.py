"""The administrator's switches of access: TLS, client authentication, open directory.

ANCL_TLS_MANDATORY, ANCL_CAUT_MANDATORY, ANCL_CAUT_MODE and ANCL_DVD_OPEN of gemSpec_Kon. A
certificate or a user is bound to the client systems that it may speak for.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from mocks.konnektor.settings import ClientAuthentication
from mocks.konnektor.state import State
from pruefstand.crypto.pki import CertificateProblem, read_certificate_info
from pruefstand.model.http import Request


@dataclass(frozen=True, slots=True)
class Caller:
    """What the connection itself says about who calls."""

    certificate: bytes | None
    user: str | None
    password: str
    is_encrypted: bool

    @classmethod
    def of(cls, request: Request) -> Caller:
        """Return the caller behind `request`."""
        user, password = _basic(request.header("Authorization") or "")
        return cls(request.client_certificate, user, password, request.is_encrypted)


def is_bound(caller: Caller, client_system: str | None, state: State) -> bool:
    """Whether the caller may speak for `client_system`; None asks for any one at all.

    Bound are the fingerprints or users of the profile; without any, a certificate whose subject
    is named like the client system.
    """
    mode = state.behaviour.client_authentication
    if mode == ClientAuthentication.NONE:
        return True
    if mode == ClientAuthentication.PASSWORD:
        return _is_known_user(caller, client_system, state.ctx.settings)
    return _is_known_certificate(caller, client_system, state)


def _is_known_user(
    caller: Caller, client_system: str | None, settings: Mapping[str, object]
) -> bool:
    users = cast(Mapping[str, Mapping[str, Any]], settings.get("client_users") or {})
    entry = users.get(caller.user or "")
    if entry is None:
        return False
    right = hmac.compare_digest(str(entry["password"]).encode(), caller.password.encode())
    systems = cast(Iterable[str], entry.get("client_systems", ()))
    return right and (client_system is None or client_system in systems)


def _is_known_certificate(caller: Caller, client_system: str | None, state: State) -> bool:
    if caller.certificate is None:
        return False
    if client_system is None:
        return True
    try:
        info = read_certificate_info(caller.certificate)
    except CertificateProblem:
        return False
    bound = state.behaviour.client_certificates
    if bound:
        return info.fingerprint in bound.get(client_system, ())
    return info.subject_cn == client_system


def _basic(header: str) -> tuple[str | None, str]:
    """Return user and password of an HTTP Basic header; (None, "") for anything else."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return None, ""
    try:
        user, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None, ""
    return (user, password) if colon else (None, "")
