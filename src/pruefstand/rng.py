"""Randomness as an argument: the same seed gives the same run."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Rng:
    """A named, seeded stream; `derive` opens independent sub-streams by label."""

    def __init__(self, seed: int | str) -> None:
        self.seed = str(seed)
        self._random = random.Random(hashlib.sha256(self.seed.encode()).digest())
        self._lock = threading.Lock()

    def derive(self, *labels: object) -> Rng:
        """Return the stream for `labels`; it does not depend on what was drawn before."""
        return Rng("/".join([self.seed, *map(str, labels)]))

    def token_bytes(self, size: int) -> bytes:
        """Return `size` bytes."""
        with self._lock:
            return self._random.randbytes(size)

    def token_hex(self, size: int) -> str:
        """Return `size` bytes as lower-case hex."""
        return self.token_bytes(size).hex()

    def uuid(self) -> str:
        """Return a version 4 UUID as text."""
        raw = bytearray(self.token_bytes(16))
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def integer(self, low: int, high: int) -> int:
        """Return an integer from `low` to `high`, both included."""
        with self._lock:
            return self._random.randint(low, high)

    def choice(self, options: Sequence[T]) -> T:
        """Return one of `options`."""
        with self._lock:
            return self._random.choice(options)
