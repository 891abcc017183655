"""Compact JWE as the IDP uses it: ECDH-ES (direct agreement) and `dir`, both with A256GCM."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.crypto.jwk import curve_name, from_jwk, public_jwk
from pruefstand.crypto.jws import JoseProblem, Json, compact_json, json_object
from pruefstand.rng import Rng

__all__ = [
    "Jwe",
    "decode_unopened",
    "decrypt_dir",
    "decrypt_ecdh",
    "encrypt_dir",
    "encrypt_ecdh",
    "from_jwk",
    "public_jwk",
]

IV_SIZE = 12
TAG_SIZE = 16
KEY_SIZE = 32
_ECDH = ec.ECDH()
_FIRST_ROUND = (1).to_bytes(4, "big")
_ORDER_BITS = 256


@dataclass(frozen=True, slots=True)
class Jwe:
    """An opened token."""

    header: Json
    plaintext: bytes


@dataclass(frozen=True, slots=True)
class SealedJwe:
    """A token taken apart but still closed; `aad` is the ASCII of the encoded header."""

    header: Json
    aad: bytes
    encrypted_key: bytes
    iv: bytes
    sealed: bytes
    """Ciphertext followed by the 16 byte tag."""


def encrypt_ecdh(
    plaintext: bytes,
    recipient_public_key: ec.EllipticCurvePublicKey,
    *,
    rng: Rng | None = None,
    headers: Mapping[str, Any],
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
) -> str:
    """Encrypt for the holder of a public key with ECDH-ES and A256GCM on the recipient's curve.

    `rng` makes key and IV reproducible; `ephemeral` fixes the key pair alone.
    """
    key_pair = ephemeral or _ephemeral(recipient_public_key.curve, rng)
    epk = public_jwk(key_pair.public_key())
    header = {"alg": "ECDH-ES", "enc": "A256GCM", **headers, "epk": epk}
    shared = key_pair.exchange(_ECDH, recipient_public_key)
    return _seal(header, concat_kdf(shared), plaintext, rng)


def decrypt_ecdh(token: str, private_key: ec.EllipticCurvePrivateKey) -> Jwe:
    """Open an ECDH-ES token; raises JoseProblem."""
    closed = decode_unopened(token)
    _expect_algorithm(closed, "ECDH-ES")
    epk = closed.header.get("epk")
    if not isinstance(epk, dict):
        raise JoseProblem("JWE header has no epk")
    public = from_jwk(epk)
    if curve_name(public) != curve_name(private_key):
        raise JoseProblem(f"epk is on {curve_name(public)}, the key on {curve_name(private_key)}")
    parties = [_party_info(closed.header, name) for name in ("apu", "apv")]
    return _open(closed, concat_kdf(private_key.exchange(_ECDH, public), *parties))


def encrypt_dir(
    plaintext: bytes, key: bytes, headers: Mapping[str, Any], *, rng: Rng | None = None
) -> str:
    """Encrypt directly under a 32 byte key (alg `dir`, A256GCM)."""
    return _seal({"alg": "dir", "enc": "A256GCM", **headers}, key, plaintext, rng)


def decrypt_dir(token: str, key: bytes) -> Jwe:
    """Open a `dir` token under a 32 byte key; raises JoseProblem."""
    closed = decode_unopened(token)
    _expect_algorithm(closed, "dir")
    return _open(closed, key)


def decode_unopened(token: str) -> SealedJwe:
    """Take a compact JWE apart without opening it; raises JoseProblem."""
    parts = token.split(".")
    if len(parts) != 5:
        raise JoseProblem(f"compact JWE has {len(parts)} parts, expected 5")
    try:
        header, encrypted_key, iv, ciphertext, tag = map(unb64u, parts)
    except ValueError as error:
        raise JoseProblem(f"compact JWE: {error}") from error
    if len(iv) != IV_SIZE or len(tag) != TAG_SIZE:
        raise JoseProblem(f"JWE has IV/tag of {len(iv)}/{len(tag)} bytes, expected 12/16")
    aad = parts[0].encode("ascii")
    return SealedJwe(json_object(header, "JWE header"), aad, encrypted_key, iv, ciphertext + tag)


def concat_kdf(shared: bytes, apu: bytes = b"", apv: bytes = b"") -> bytes:
    """Derive the A256GCM key from the 32 byte x coordinate Z (RFC 7518 section 4.6.2)."""
    fields = b"".join(len(item).to_bytes(4, "big") + item for item in (b"A256GCM", apu, apv))
    return hashlib.sha256(_FIRST_ROUND + shared + fields + _ORDER_BITS.to_bytes(4, "big")).digest()


def _ephemeral(curve: ec.EllipticCurve, rng: Rng | None) -> ec.EllipticCurvePrivateKey:
    if rng is None:
        return ec.generate_private_key(curve)
    # 31 bytes stay below the order of both curves, and setting the last bit avoids zero.
    return ec.derive_private_key(int.from_bytes(rng.token_bytes(31), "big") | 1, curve)


def _seal(header: Mapping[str, Any], key: bytes, plaintext: bytes, rng: Rng | None) -> str:
    encoded = b64u(compact_json(header))
    iv = rng.token_bytes(IV_SIZE) if rng else secrets.token_bytes(IV_SIZE)
    sealed = _cipher(key).encrypt(iv, plaintext, encoded.encode("ascii"))
    return f"{encoded}..{b64u(iv)}.{b64u(sealed[:-TAG_SIZE])}.{b64u(sealed[-TAG_SIZE:])}"


def _open(closed: SealedJwe, key: bytes) -> Jwe:
    try:
        return Jwe(closed.header, _cipher(key).decrypt(closed.iv, closed.sealed, closed.aad))
    except InvalidTag as error:
        raise JoseProblem("JWE does not open under this key") from error


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_SIZE:
        raise JoseProblem(f"A256GCM key has {len(key)} bytes, expected 32")
    return AESGCM(key)


def _expect_algorithm(closed: SealedJwe, alg: str) -> None:
    found = (closed.header.get("alg"), closed.header.get("enc"))
    if found != (alg, "A256GCM"):
        raise JoseProblem(f"JWE is {found[0]}/{found[1]}, expected {alg}/A256GCM")
    if closed.encrypted_key:
        raise JoseProblem("JWE carries an encrypted key, direct agreement has none")
    if "crit" in closed.header:
        raise JoseProblem("the header demands an unknown extension (crit)")


def _party_info(header: Json, name: str) -> bytes:
    try:
        return unb64u(str(header.get(name, "")))
    except ValueError as error:
        raise JoseProblem(f"JWE header {name}: {error}") from error
