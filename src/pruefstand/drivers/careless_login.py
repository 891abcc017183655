"""A login that believes the IDP more than it may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from pruefstand.clients.idp import Attempt
from pruefstand.clients.idp_scrutiny import Scrutiny, Signer
from pruefstand.crypto import jws
from pruefstand.crypto.jws import Json
from pruefstand.drivers import carelessness as named
from pruefstand.drivers import carelessness_erezept as also
from pruefstand.errors import SutError
from pruefstand.model.fault import FaultSet

_SIGNATURE = {
    "Challenge": named.CHALLENGE_SIGNATURE,
    "Access-Token": named.TOKEN_SIGNATURE,
    "ID-Token": named.TOKEN_SIGNATURE,
}
_KEY = {"access_token": named.ACCESS_TOKEN_KEY, "id_token": named.ID_TOKEN_KEY}
_PARTS_OF_A_JWE = 5
_FAR = 4_000_000_000
"""Seconds since the epoch; what an unreadable token says of its end is anybody's guess."""


def attempts(faults: FaultSet) -> Callable[[str], Attempt]:
    """Return what draws the secrets of each login; a careless caller keeps those of the first."""
    first: Attempt | None = None

    def begin(scope: str) -> Attempt:
        nonlocal first
        attempt = Attempt(scope)
        if first is None:
            first = attempt
            return attempt
        if also.SAME_VERIFIER in faults:
            attempt = replace(attempt, verifier=first.verifier)
        if also.SAME_TOKEN_KEY in faults:
            attempt = replace(attempt, token_key=first.token_key)
        return attempt

    return begin


class CarelessScrutiny(Scrutiny):
    """Asks its fault set only where something is wrong: a right answer needs no carelessness."""

    def __init__(
        self, verify_certificate: Callable[[bytes], object] | None, faults: FaultSet
    ) -> None:
        super().__init__(verify_certificate)
        self._faults = faults

    def discovery(self, token: str) -> Json:
        """Return the claims, unverified where the signature does not matter to this caller."""
        try:
            return super().discovery(token)
        except SutError:
            if named.DISCOVERY_SIGNATURE in self._faults:
                return jws.decode_unverified(token).claims
            raise

    def signer(self, der: bytes) -> None:
        """Accept any certificate where the role does not matter to this caller."""
        try:
            super().signer(der)
        except SutError:
            if named.DISCOVERY_ROLE not in self._faults:
                raise

    def token_signer(self, der: bytes) -> None:
        """Ask nobody where the certificate under a token does not matter to this caller."""
        if also.TOKEN_CERTIFICATE not in self._faults:
            super().token_signer(der)

    def claims(self, token: str, signer: Signer, what: str) -> Json:
        """Return the claims; an encrypted token that was kept as it is has none."""
        if token.count(".") == _PARTS_OF_A_JWE - 1:
            return {"exp": _FAR, "iat": 0}
        try:
            return super().claims(token, signer, what)
        except SutError:
            if _SIGNATURE[what] in self._faults:
                return jws.decode_unverified(token).claims
            raise

    def unexpired(self, claims: Json, now: datetime, what: str) -> None:
        """Accept an expired token where its end does not matter to this caller."""
        try:
            super().unexpired(claims, now, what)
        except SutError:
            if named.EXPIRED_TOKEN not in self._faults:
                raise

    def unwrapped(self, fields: Json, name: str, key: bytes) -> str:
        """Return the token, still encrypted where this caller uses it all the same."""
        try:
            return super().unwrapped(fields, name, key)
        except SutError:
            if _KEY[name] in self._faults:
                return str(fields[name])
            raise

    def identity(self, claims: Json, expected: Mapping[str, str]) -> None:
        """Accept an ID token nobody could read."""
        unreadable = {named.ACCESS_TOKEN_KEY, named.ID_TOKEN_KEY} & self._faults.active
        with suppress(*([SutError] if unreadable else [])):
            super().identity(claims, expected)
