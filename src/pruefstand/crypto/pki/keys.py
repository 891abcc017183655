"""Private keys derived from a seed, so that two processes hold the same cards."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.rng import Rng

BRAINPOOL: ec.EllipticCurve = ec.BrainpoolP256R1()
NIST: ec.EllipticCurve = ec.SECP256R1()

_ORDER = {
    "brainpoolP256r1": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}


def derive_key(rng: Rng, curve: ec.EllipticCurve = BRAINPOOL) -> ec.EllipticCurvePrivateKey:
    """Return the key that belongs to the stream `rng`; for test identities only."""
    # 40 octets keep the bias of the reduction below 2^-64.
    number = int.from_bytes(rng.token_bytes(40), "big")
    return ec.derive_private_key(number % (_ORDER[curve.name] - 1) + 1, curve)


def derive_serial(rng: Rng) -> int:
    """Return a positive certificate serial number of 48 bits."""
    return int.from_bytes(rng.token_bytes(6), "big") | 1 << 47
