"""Institutionskennzeichen: nine digits, the last one a check digit over digits three to eight."""

from __future__ import annotations

from pruefstand.ids import digits
from pruefstand.rng import Rng

SYSTEM = "http://fhir.de/sid/arge-ik/iknr"

HEALTH_INSURER = "10"

_LENGTH = 9


def check_digit(stem: str) -> int:
    """Return the check digit of `stem`, the first eight digits."""
    return digits.weighted_cross_sum(digits.values(stem[2:8]), (2, 1)) % 10


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as an IK, in German, or None."""
    if not digits.is_digits(text, _LENGTH):
        return "IK: erwartet neun Ziffern"
    expected = check_digit(text)
    if int(text[8]) != expected:
        return f"IK: Prüfziffer {text[8]} ist falsch, richtig wäre {expected}"
    return None


def is_valid(text: str) -> bool:
    """Return whether `text` is an IK with the right check digit."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when its form is wrong."""
    return f"{text[:8]}{check_digit(text)}" if digits.is_digits(text, _LENGTH) else None


def generate(rng: Rng, classification: str = HEALTH_INSURER) -> str:
    """Return an IK that starts with the two digits `classification`."""
    stem = f"{classification}{digits.draw(rng, 6)}"
    return f"{stem}{check_digit(stem)}"
