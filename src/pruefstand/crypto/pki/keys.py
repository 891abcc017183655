"""Private keys derived from a seed, so that two processes hold the same cards."""

from __future__ import annotations

from math import isqrt

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from pruefstand.rng import Rng

BRAINPOOL: ec.EllipticCurve = ec.BrainpoolP256R1()
NIST: ec.EllipticCurve = ec.SECP256R1()

_ORDER = {
    "brainpoolP256r1": 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7,
    "secp256r1": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}

_EXPONENT = 65537
_WINDOW = 4000
"""Odd numbers looked at per draw; nearly always there is a prime among them."""

_SMALL_PRIMES = tuple(
    n for n in range(3, 6000, 2) if all(n % part for part in range(3, isqrt(n) + 1, 2))
)


def derive_key(rng: Rng, curve: ec.EllipticCurve = BRAINPOOL) -> ec.EllipticCurvePrivateKey:
    """Return the key that belongs to the stream `rng`; for test identities only."""
    # 40 octets keep the bias of the reduction below 2^-64.
    number = int.from_bytes(rng.token_bytes(40), "big")
    return ec.derive_private_key(number % (_ORDER[curve.name] - 1) + 1, curve)


def derive_rsa_key(rng: Rng) -> rsa.RSAPrivateKey:
    """Return the RSA-2048 key that belongs to the stream `rng`; for test identities only."""
    p, q = _prime(rng.derive("p")), _prime(rng.derive("q"))
    d = pow(_EXPONENT, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(_EXPONENT, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), public
    ).private_key()


def _prime(rng: Rng) -> int:
    """Return a prime of 1024 bits: sieve a window, then one Fermat test per survivor.

    For random candidates of this size a Fermat liar is rarer than a broken machine.
    """
    while True:
        # The two upper bits make the product of two such primes exactly 2048 bits long.
        base = int.from_bytes(rng.token_bytes(128), "big") | 3 << 1022 | 1
        composite = bytearray(_WINDOW)
        for small in _SMALL_PRIMES:
            first = -base * ((small + 1) // 2) % small
            composite[first::small] = b"\x01" * len(range(first, _WINDOW, small))
        for step in range(_WINDOW):
            number = base + 2 * step
            if not composite[step] and number % _EXPONENT != 1 and pow(2, number - 1, number) == 1:
                return number


def derive_serial(rng: Rng) -> int:
    """Return a positive certificate serial number of 48 bits."""
    return int.from_bytes(rng.token_bytes(6), "big") | 1 << 47
