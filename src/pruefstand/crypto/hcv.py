"""Proof of entitlement of VSDM: hash check value and the check digits of versions 1 and 2."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pruefstand.rng import Rng

LENGTH = 47
"""Octets of a check digit, both versions."""

_EPOCH_2025 = 1_735_689_600
_INFO = b"VSDM+ Version 2 AES/GCM"
_VERSION_2 = 0x80


class ProofProblem(ValueError):
    """The octets are no proof that the key confirms."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What a check digit says; `hcv` is in version 2 only, `operator` a letter from A on."""

    kvnr: str
    at: datetime
    operator: str
    version: int
    hcv: bytes | None = None


def hash_check_value(coverage_begin: str, street: str) -> bytes:
    """Return the HCV (5 octets) of begin of coverage (`YYYYMMDD`) and street."""
    text = coverage_begin.replace(" ", "") + street.strip()
    digest = hashlib.sha256(text.encode("iso-8859-15")).digest()
    return bytes([digest[0] & 0x7F]) + digest[1:5]


def build_v1(proof: Proof, key: bytes) -> bytes:
    """Return the check digit of version 1, authenticated with HMAC-SHA256."""
    seconds = int(proof.at.timestamp())
    head = f"{proof.kvnr}{seconds:010}U{proof.operator}{proof.version}".encode("ascii")
    return head + hmac.digest(key, head, "sha256")[:24]


def build_v2(proof: Proof, key: bytes, rng: Rng) -> bytes:
    """Return the check digit of version 2, sealed with AES-GCM; times have steps of 8 seconds."""
    if proof.hcv is None:
        raise ProofProblem("version 2 holds an HCV")
    head = _VERSION_2 + 4 * (ord(proof.operator) - ord("A")) + proof.version
    steps = (int(proof.at.timestamp()) - _EPOCH_2025) >> 3
    nonce = rng.token_bytes(12)
    content = proof.hcv + steps.to_bytes(3, "big") + proof.kvnr.encode("ascii")
    return bytes([head]) + nonce + AESGCM(_aes_key(key)).encrypt(nonce, content, None)


def read(data: bytes, key: bytes) -> Proof:
    """Return what a check digit of either version says; raises ProofProblem unless `key` fits."""
    if len(data) != LENGTH:
        raise ProofProblem(f"{len(data)} octets, expected {LENGTH}")
    return _read_v2(data, key) if data[0] & _VERSION_2 else _read_v1(data, key)


def _read_v1(data: bytes, key: bytes) -> Proof:
    head, tag = data[:23], data[23:]
    if not hmac.compare_digest(hmac.digest(key, head, "sha256")[:24], tag):
        raise ProofProblem("HMAC is wrong")
    text = head.decode("ascii")
    at = datetime.fromtimestamp(int(text[10:20]), UTC)
    return Proof(text[:10], at, text[21], int(text[22]))


def _read_v2(data: bytes, key: bytes) -> Proof:
    try:
        content = AESGCM(_aes_key(key)).decrypt(data[1:13], data[13:], None)
    except InvalidTag as problem:
        raise ProofProblem("tag is wrong") from problem
    seconds = (int.from_bytes(content[5:8], "big") << 3) + _EPOCH_2025
    operator, version = divmod(data[0] - _VERSION_2, 4)
    at = datetime.fromtimestamp(seconds, UTC)
    return Proof(content[8:].decode("ascii"), at, chr(ord("A") + operator), version, content[:5])


def _aes_key(key: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 16, None, _INFO).derive(key)
