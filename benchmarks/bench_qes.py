"""How close QES signing and verifying come to the bare ECDSA operation on brainpoolP256r1.

Run: python benchmarks/bench_qes.py [seconds per measurement]
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pruefstand.clock import VirtualClock, stopwatch
from pruefstand.crypto.cms_qes import QesSigner, verify
from pruefstand.crypto.pki import Pki

GOALS = {"sign": 0.75, "verify": 0.70}
DAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
CONTENT = b"<Bundle>" + b"x" * 9_000 + b"</Bundle>"
SLICES = 8


def best_rates(seconds: float, *actions: Callable[[], object]) -> list[float]:
    """Return operations per second of each action: best of interleaved slices."""
    best = [0.0] * len(actions)
    for _ in range(SLICES):
        for index, action in enumerate(actions):
            count, begin = 0, stopwatch()
            while (spent := stopwatch() - begin) < seconds / SLICES:
                action()
                count += 1
            best[index] = max(best[index], count / spent)
    return best


def main() -> int:
    """Print rates, ratios and the time per card; return 1 when a goal is missed."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    pki = Pki("benchmark", VirtualClock(DAY))
    card, scheme = pki.hba().qes, ec.ECDSA(hashes.SHA256())
    ocsp = pki.ocsp(card.certificate, at=DAY)
    message = bytes(400)
    raw_signature, public = card.key.sign(message, scheme), card.key.public_key()
    signer = QesSigner(card)
    # More documents than the attribute cache holds: each digest is met for the first time.
    signed = [signer.sign(CONTENT + b"%d" % i, at=DAY, ocsp=ocsp) for i in range(3000)]
    turn = cycle(signed)
    raw_sign, sign, raw_verify, check = best_rates(
        seconds,
        lambda: card.key.sign(message, scheme),
        lambda: signer.sign(CONTENT, at=DAY, ocsp=ocsp),
        lambda: public.verify(raw_signature, message, scheme),
        lambda: verify(next(turn)),
    )
    ratios = {"sign": sign / raw_sign, "verify": check / raw_verify}
    print(f"sign    {sign:8.0f}/s  raw {raw_sign:8.0f}/s  ratio {ratios['sign']:.2f}")
    print(f"verify  {check:8.0f}/s  raw {raw_verify:8.0f}/s  ratio {ratios['verify']:.2f}")
    begin = stopwatch()
    for number in range(50):
        pki.hba(f"card {number}")
    print(f"HBA with three certificates: {(stopwatch() - begin) * 20:.2f} ms")
    missed = [name for name, goal in GOALS.items() if ratios[name] < goal]
    print("goals missed: " + ", ".join(missed) if missed else f"goals kept: {GOALS}")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
