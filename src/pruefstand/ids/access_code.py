"""AccessCode and Secret of an E-Rezept task: 32 random bytes in lower-case hex."""

from __future__ import annotations

import re

from pruefstand.rng import Rng

SYSTEM = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_AccessCode"

_SHAPE = re.compile(r"[0-9a-f]{64}")
_SIZE = 32


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as an AccessCode, in German, or None."""
    if _SHAPE.fullmatch(text):
        return None
    return "AccessCode: erwartet 64 Zeichen 0-9 und a-f"


def is_valid(text: str) -> bool:
    """Return whether `text` has the form of an AccessCode."""
    return problem(text) is None


def generate(rng: Rng) -> str:
    """Return an AccessCode."""
    return rng.token_hex(_SIZE)
