"""EC public keys as JWK, with the TI's curve name BP-256 beside P-256."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.crypto.base64url import b64u, unb64u
from pruefstand.crypto.jws import COORDINATE_SIZE, JoseProblem

_CURVES: dict[str, ec.EllipticCurve] = {"BP-256": ec.BrainpoolP256R1(), "P-256": ec.SECP256R1()}
_NAMES = {curve.name: crv for crv, curve in _CURVES.items()}


def curve_name(key: ec.EllipticCurvePublicKey | ec.EllipticCurvePrivateKey) -> str:
    """Return the JOSE name of the key's curve; raises JoseProblem for another curve."""
    try:
        return _NAMES[key.curve.name]
    except KeyError as error:
        raise JoseProblem(f"no JOSE name for curve {key.curve.name}") from error


def public_jwk(key: ec.EllipticCurvePublicKey, **members: object) -> dict[str, Any]:
    """Return `key` as a JWK with left-padded coordinates, `members` (kid, use, x5c) in front."""
    numbers = key.public_numbers()
    coordinates = {
        "x": b64u(numbers.x.to_bytes(COORDINATE_SIZE, "big")),
        "y": b64u(numbers.y.to_bytes(COORDINATE_SIZE, "big")),
    }
    return {**members, "kty": "EC", "crv": curve_name(key), **coordinates}


def from_jwk(jwk: Mapping[str, Any]) -> ec.EllipticCurvePublicKey:
    """Read an EC public key; raises JoseProblem for a foreign curve or a point off the curve."""
    curve = _CURVES.get(str(jwk.get("crv")))
    if jwk.get("kty") != "EC" or curve is None:
        found = f"{jwk.get('kty')!r}/{jwk.get('crv')!r}"
        raise JoseProblem(f"JWK is {found}, expected EC on BP-256 or P-256")
    try:
        x, y = unb64u(str(jwk["x"])), unb64u(str(jwk["y"]))
        # Some producers drop leading zeros: padding on reading costs nothing and is unambiguous.
        point = b"\x04" + x.rjust(COORDINATE_SIZE, b"\0") + y.rjust(COORDINATE_SIZE, b"\0")
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except (KeyError, ValueError) as error:
        raise JoseProblem(f"JWK holds no point of {jwk['crv']}: {error}") from error
