"""E-Rezept-VAU: rate of a full round trip against the sum of its primitives, same run, one core.

Round trip: client seal, server open, server seal, client open, with a 2 kB request and answer.
Both sides are measured in alternating slices, so a change of the machine's pace hits both.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from statistics import median

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pruefstand.clock import stopwatch
from pruefstand.crypto.vau_erezept import CURVE, VauClient, VauServer

SIZE = 2048
GOAL = 0.85
SLICE_SECONDS = 0.2
ROUNDS = 10


def round_trip() -> Callable[[], object]:
    """Return one call through both ends of the channel."""
    key = ec.generate_private_key(CURVE)
    client, server = VauClient(key.public_key()), VauServer(key)
    content = os.urandom(SIZE)

    def once() -> bytes:
        sealed = client.seal("header.claims.signature", content)
        return client.open(sealed, server.seal(server.open(sealed.body), content))

    return once


def primitives() -> Callable[[], object]:
    """Return the same mathematics alone: key pair, point, 2 ECDH, 2 HKDF, 4 AES-GCM, IVs."""
    key = ec.generate_private_key(CURVE)
    public, content, response_key = key.public_key(), os.urandom(SIZE), os.urandom(16)

    def cek(shared: bytes) -> AESGCM:
        return AESGCM(HKDF(SHA256(), 16, None, b"info").derive(shared))

    def once() -> bytes:
        pair = ec.generate_private_key(CURVE)
        point = pair.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        iv, answer_iv = os.urandom(12), os.urandom(12)
        sealed = cek(pair.exchange(ec.ECDH(), public)).encrypt(iv, content, None)
        loaded = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
        opened = cek(key.exchange(ec.ECDH(), loaded)).decrypt(iv, sealed, None)
        answer = AESGCM(response_key).encrypt(answer_iv, opened, None)
        return AESGCM(response_key).decrypt(answer_iv, answer, None)

    return once


def rate(call: Callable[[], object]) -> float:
    """Return calls per second over one slice."""
    start, count = stopwatch(), 0
    while (elapsed := stopwatch() - start) < SLICE_SECONDS:
        call()
        count += 1
    return count / elapsed


def measure() -> dict[str, float]:
    """Return both rates (1/s) and the median of their ratio."""
    ours, floor = round_trip(), primitives()
    pairs = [(rate(ours), rate(floor)) for _ in range(ROUNDS)]
    return {
        "round_trips_per_second": round(median(pair[0] for pair in pairs), 1),
        "primitives_per_second": round(median(pair[1] for pair in pairs), 1),
        "ratio": round(median(own / raw for own, raw in pairs), 3),
        "goal": GOAL,
    }


if __name__ == "__main__":
    result = measure()
    print(json.dumps(result))
    sys.exit(0 if result["ratio"] >= GOAL else 1)
