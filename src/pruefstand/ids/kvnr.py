"""Krankenversichertennummer: the unchanging part, a letter and nine digits."""

from __future__ import annotations

import re

from pruefstand.ids import digits
from pruefstand.rng import Rng

SYSTEM = "http://fhir.de/sid/gkv/kvid-10"

_SHAPE = re.compile(r"[A-Z][0-9]{9}")
_TEST_IDENTITY_LIMIT = 5000


def check_digit(stem: str) -> int:
    """Return the check digit of `stem`, the letter and the first eight digits."""
    letter = ord(stem[0]) - ord("A") + 1
    return digits.weighted_cross_sum(digits.values(f"{letter:02d}{stem[1:9]}"), (1, 2)) % 10


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a KVNR, in German, or None."""
    if not _SHAPE.fullmatch(text):
        return "KVNR: erwartet ein Großbuchstabe und neun Ziffern"
    expected = check_digit(text)
    if int(text[9]) != expected:
        return f"KVNR: Prüfziffer {text[9]} ist falsch, richtig wäre {expected}"
    return None


def is_valid(text: str) -> bool:
    """Return whether `text` is a KVNR with the right check digit."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when its form is wrong."""
    return f"{text[:9]}{check_digit(text)}" if _SHAPE.fullmatch(text) else None


def is_test_identity(text: str) -> bool:
    """Return whether `text` lies in X0000 0001-5000, which never meets real insured persons."""
    return (
        text.startswith("X0000") and is_valid(text) and 1 <= int(text[1:9]) <= _TEST_IDENTITY_LIMIT
    )


def generate(rng: Rng) -> str:
    """Return a synthetic KVNR: letter X, outside the range of the Prüfidentitäten."""
    stem = f"X{rng.integer(10_000_000, 99_999_999)}"
    return f"{stem}{check_digit(stem)}"
