"""Salted commitments: SHA-256(salt ‖ value), the salt as 64 hex digits in ASCII.

The salt follows from the run's secret, the kind and the value. One value has therefore one
commitment in the whole run, in all its processes, and none that another run could be compared with.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from pruefstand.model.secret_kind import SecretKind

MARK = re.compile("⟨([a-z-]+):([0-9a-f]{64})⟩")
"""How a commitment stands in a text."""


@dataclass(frozen=True, slots=True)
class Commitment:
    """One hidden value; only `mark` may leave the house."""

    kind: SecretKind
    salt: str
    value: bytes
    digest: str

    @property
    def mark(self) -> str:
        """The text that stands in the value's place."""
        return f"⟨{self.kind}:{self.digest}⟩"


def digest_of(salt: str, value: bytes) -> str:
    """Return the commitment to `value` in hex, as `sha256sum` computes it."""
    return hashlib.sha256(salt.encode("ascii") + value).hexdigest()


class Committer:
    """Commits values with the secret of one run."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def commit(self, kind: SecretKind, value: bytes) -> Commitment:
        """Return the commitment to `value`."""
        salt = hmac.new(self._secret, f"{kind}\0".encode() + value, hashlib.sha256).hexdigest()
        return Commitment(kind, salt, value, digest_of(salt, value))
