"""Signing a finished SHA-256 digest, as a card does; hashing again is the classic mistake."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

_SCHEME = ec.ECDSA(Prehashed(hashes.SHA256()))


def sign_digest(key: ec.EllipticCurvePrivateKey, digest: bytes) -> bytes:
    """Return the DER signature over the 32-byte `digest`; raises ValueError for another length."""
    return key.sign(digest, _SCHEME)
