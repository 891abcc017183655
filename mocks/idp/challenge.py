"""The signed challenge: nine checks in the original's order, then the authorization code."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509

from mocks.idp.claims import CARD_KINDS, person_claims
from mocks.idp.errors import CTY_WRONG, EPK_WRONG, EXP_DIFFERS, Refusal
from mocks.idp.state import CODE_LIFETIME, IdpState, lifetime
from pruefstand.crypto import jwe, jws
from pruefstand.crypto.jws import JoseProblem, Json, Jws
from pruefstand.crypto.pki import CertificateInfo, CertificateProblem

_FROM_CHALLENGE = (
    "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "response_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """A signed challenge taken apart: nothing in it is verified yet."""

    outer: Json
    inner: Jws
    inner_token: str
    challenge: Jws
    challenge_token: str


def authorization_code(state: IdpState, signed_challenge: str) -> tuple[str, Json]:
    """Check a signed challenge and return the code with the challenge's claims."""
    answer = _take_apart(state, signed_challenge)
    _check_expiry(state, answer)
    _check_inner_type(answer)
    info = _check_certificate(state, _check_signatures(state, answer))
    claims = answer.challenge.claims
    return _issue(state, claims, info), claims


def _take_apart(state: IdpState, token: str) -> Answer:
    try:
        closed = jwe.decode_unopened(token)
        if closed.header.get("cty") != "NJWT":
            raise Refusal(2030, CTY_WRONG)
        epk = closed.header.get("epk")
        if not isinstance(epk, dict) or epk.get("crv") != "BP-256":
            raise Refusal(2030, EPK_WRONG)
        opened = jwe.decrypt_ecdh(token, state.encryption.key)
        _check_outer_expiry(state, opened.header)
        inner_token = nested(jws.json_object(opened.plaintext, "signed challenge"))
        inner = jws.decode_unverified(inner_token)
        challenge_token = nested(inner.claims)
        challenge = jws.decode_unverified(challenge_token)
        if challenge.claims.get("token_type") != "challenge":
            raise Refusal(2030)
    except JoseProblem as problem:
        raise Refusal(2030) from problem
    return Answer(opened.header, inner, inner_token, challenge, challenge_token)


def nested(claims: Json) -> str:
    """Return the token in `njwt`; raises JoseProblem when there is none."""
    token = claims.get("njwt")
    if not isinstance(token, str):
        raise JoseProblem("njwt is missing")
    return token


def _check_outer_expiry(state: IdpState, header: Json) -> None:
    expires = header.get("exp")
    if isinstance(expires, bool) or not isinstance(expires, int | float):
        raise Refusal(2031)
    if state.now().timestamp() > expires:
        raise Refusal(2032)


def _check_expiry(state: IdpState, answer: Answer) -> None:
    if answer.outer["exp"] != answer.challenge.claims.get("exp"):
        raise Refusal(2032, EXP_DIFFERS)


def _check_inner_type(answer: Answer) -> None:
    if answer.inner.header.get("cty") != "NJWT":
        raise Refusal(2030, CTY_WRONG)


def _check_signatures(state: IdpState, answer: Answer) -> bytes:
    """Check the card's signature, then our own under the challenge; x5c is demanded last."""
    certificate = _certificate(answer.inner.header)
    try:
        if certificate is not None:
            _check_card_signature(state, answer.inner_token, certificate)
        jws.verify(answer.challenge_token, state.signer.key.public_key())
    except JoseProblem as problem:
        raise Refusal(2013) from problem
    if state.now().timestamp() > answer.challenge.claims["exp"]:
        raise Refusal(2032)
    if certificate is None:
        raise Refusal(2044)
    return certificate


def _check_card_signature(state: IdpState, token: str, certificate: bytes) -> None:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except ValueError as problem:
        raise Refusal(2020) from problem
    jws.verify(token, key, algorithms=state.tolerated_algorithms)


def _certificate(header: Json) -> bytes | None:
    try:
        return next(iter(jws.certificates_of(header)), None)
    except JoseProblem as problem:
        raise Refusal(2020) from problem


def _check_certificate(state: IdpState, certificate: bytes) -> CertificateInfo:
    try:
        info = state.context.pki.verify(certificate, kind=None, at=state.now())
    except CertificateProblem as problem:
        raise Refusal(2020) from problem
    if info.kind not in CARD_KINDS:
        raise Refusal(2020)
    return info


def _issue(state: IdpState, challenge: Json, info: CertificateInfo) -> str:
    now = state.now()
    claims = {
        **person_claims(info, challenge["scope"]),
        **{name: challenge[name] for name in _FROM_CHALLENGE if name in challenge},
        "iss": state.issuer,
        **lifetime(now, CODE_LIFETIME),
        "token_type": "code",
        "auth_time": int(now.timestamp()),
        "snc": state.server_nonce(),
        "jti": state.jti(),
        "amr": ["mfa", "sc", "pin"],
    }
    return state.wrap(state.sign(claims), state.code_key, claims["exp"])
