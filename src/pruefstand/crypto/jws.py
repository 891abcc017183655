"""Compact JWS with the TI's names: BP256R1 (ECDSA on brainpoolP256r1), ES256 and PS256.

A card signs the SHA-256 of `signing_input`; `assemble` joins the answer to a token.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.errors import SutError

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Json = dict[str, Any]

COORDINATE_SIZE = 32
"""Bytes of r, s, x, y and Z on the 256 bit curves; shorter values are left-padded."""

_ALGORITHM_OF_CURVE = {"brainpoolP256r1": "BP256R1", "secp256r1": "ES256"}
_ECDSA = ec.ECDSA(SHA256())
_PSS = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)


class JoseProblem(SutError):
    """A JWS, JWE or JWK is malformed, of a foreign algorithm, or does not verify."""


@dataclass(frozen=True, slots=True)
class Jws:
    """A token taken apart; `signing_input` and `signature` allow a later verification."""

    header: Json
    payload: bytes
    signing_input: bytes
    signature: bytes

    @property
    def claims(self) -> Json:
        """The payload as a JSON object; raises JoseProblem when it is none."""
        return json_object(self.payload, "JWS payload")


def json_object(data: bytes, what: str) -> Json:
    """Parse `data` as a JSON object; raises JoseProblem naming `what`."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise JoseProblem(f"{what} is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise JoseProblem(f"{what} is no JSON object")
    return value


def compact_json(value: Mapping[str, Any]) -> bytes:
    """Serialise `value` as UTF-8 JSON without white space."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def der_to_raw(signature: bytes) -> bytes:
    """Turn an ASN.1 ECDSA signature into r||s with 32 bytes each; raises JoseProblem."""
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(COORDINATE_SIZE, "big") + s.to_bytes(COORDINATE_SIZE, "big")
    except (ValueError, OverflowError) as error:
        raise JoseProblem(f"no ASN.1 ECDSA signature of a 256 bit curve: {error}") from error


def raw_to_der(signature: bytes) -> bytes:
    """Turn r||s of 64 bytes into the ASN.1 form; raises JoseProblem for another length."""
    if len(signature) != 2 * COORDINATE_SIZE:
        raise JoseProblem(f"raw ECDSA signature has {len(signature)} bytes, expected 64")
    r, s = signature[:COORDINATE_SIZE], signature[COORDINATE_SIZE:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def signing_input(
    payload: bytes | Mapping[str, Any], headers: Mapping[str, Any], *, alg: str = "BP256R1"
) -> bytes:
    """Return the ASCII bytes a signature covers: `b64u(header).b64u(payload)`."""
    content = payload if isinstance(payload, bytes) else compact_json(payload)
    header = compact_json({"alg": alg, **headers})
    return f"{b64u(header)}.{b64u(content)}".encode("ascii")


def assemble(signing_input: bytes, raw_rs: bytes) -> str:
    """Join a signing input and its raw signature (r||s, or PSS bytes) to a compact token."""
    return f"{signing_input.decode('ascii')}.{b64u(raw_rs)}"


def sign(
    payload: bytes | Mapping[str, Any],
    key: PrivateKey,
    headers: Mapping[str, Any],
    *,
    alg: str = "BP256R1",
) -> str:
    """Sign `payload` and return the compact token; `alg` is only the label on an EC key.

    The ePA demands the label ES256 on a brainpool key (A_24590), so label and curve may differ.
    """
    content = signing_input(payload, headers, alg=alg)
    if isinstance(key, rsa.RSAPrivateKey):
        return assemble(content, key.sign(content, _PSS, SHA256()))
    return assemble(content, der_to_raw(key.sign(content, _ECDSA)))


def decode_unverified(token: str) -> Jws:
    """Take a compact token apart without verifying it; raises JoseProblem."""
    parts = token.split(".")
    if len(parts) != 3:
        raise JoseProblem(f"compact JWS has {len(parts)} parts, expected 3")
    try:
        header, payload, signature = map(unb64u, parts)
    except ValueError as error:
        raise JoseProblem(f"compact JWS: {error}") from error
    content = f"{parts[0]}.{parts[1]}".encode("ascii")
    return Jws(json_object(header, "JWS header"), payload, content, signature)


def natural_algorithm(public_key: object) -> str:
    """Return the `alg` that belongs to the key; raises JoseProblem for a foreign key."""
    if isinstance(public_key, rsa.RSAPublicKey):
        return "PS256"
    if isinstance(public_key, ec.EllipticCurvePublicKey):
        name = _ALGORITHM_OF_CURVE.get(public_key.curve.name)
        if name:
            return name
    raise JoseProblem("the key fits none of BP256R1, ES256, PS256")


def verify(token: str, public_key: object, *, algorithms: Collection[str] | None = None) -> Jws:
    """Verify a compact token and return its parts; raises JoseProblem.

    Only the key's own algorithm counts unless `algorithms` names others as acceptable labels.
    """
    jws = decode_unverified(token)
    allowed = algorithms or (natural_algorithm(public_key),)
    if jws.header.get("alg") not in allowed:
        raise JoseProblem(f"alg is {jws.header.get('alg')!r}, expected {' or '.join(allowed)}")
    if "crit" in jws.header:
        raise JoseProblem("the header demands an unknown extension (crit)")
    _verify_signature(jws, public_key)
    return jws


def _verify_signature(jws: Jws, public_key: object) -> None:
    try:
        if isinstance(public_key, rsa.RSAPublicKey):
            public_key.verify(jws.signature, jws.signing_input, _PSS, SHA256())
        elif isinstance(public_key, ec.EllipticCurvePublicKey):
            public_key.verify(raw_to_der(jws.signature), jws.signing_input, _ECDSA)
        else:
            raise JoseProblem("the key is neither EC nor RSA")
    except InvalidSignature as error:
        raise JoseProblem("the signature does not fit content and key") from error


def x5c(*certificates: bytes) -> list[str]:
    """Return DER certificates as the `x5c` header value: standard base64, not base64url."""
    return [base64.b64encode(der).decode("ascii") for der in certificates]


def certificates_of(header: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the DER certificates of `x5c`, none when absent; raises JoseProblem when malformed."""
    entries = header.get("x5c", [])
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise JoseProblem("x5c is no list of texts")
    try:
        return tuple(base64.b64decode(entry, validate=True) for entry in entries)
    except (binascii.Error, ValueError) as error:
        raise JoseProblem(f"x5c holds no standard base64: {error}") from error
