"""What LANR and ZANR have in common: six digits, a check digit, two digits more."""

from __future__ import annotations

from pruefstand.ids import digits
from pruefstand.rng import Rng

_LENGTH = 9
_ASV_PSEUDO_PREFIX = "555555"


def check_digit(stem: str) -> int:
    """Return the check digit of `stem`, the first six digits."""
    return (10 - digits.weighted_sum(digits.values(stem[:6]), (4, 9)) % 10) % 10


def problem(text: str, name: str) -> str | None:
    """Return what is wrong with `text` as a number called `name`, in German, or None."""
    if not digits.is_digits(text, _LENGTH):
        return f"{name}: erwartet neun Ziffern"
    if text.startswith(_ASV_PSEUDO_PREFIX):
        return None
    expected = check_digit(text)
    if int(text[6]) != expected:
        return f"{name}: Prüfziffer {text[6]} (Stelle 7) ist falsch, richtig wäre {expected}"
    return None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when its form is wrong."""
    if not digits.is_digits(text, _LENGTH):
        return None
    return f"{text[:6]}{check_digit(text)}{text[7:]}"


def generate(rng: Rng, suffix: str) -> str:
    """Return a number that ends in the two digits `suffix` and is no pseudo number."""
    stem = str(rng.integer(100_000, 499_999))
    return f"{stem}{check_digit(stem)}{suffix}"
