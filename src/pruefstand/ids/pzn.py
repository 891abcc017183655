"""Pharmazentralnummer: eight digits, the last one a check digit modulo 11."""

from __future__ import annotations

from pruefstand.ids import digits
from pruefstand.rng import Rng

SYSTEM = "http://fhir.de/CodeSystem/ifa/pzn"

_LENGTH = 8
_NEVER_ASSIGNED = 10


def check_number(stem: str) -> int:
    """Return the remainder of `stem`, the first seven digits; 10 belongs to no PZN."""
    return digits.weighted_sum(digits.values(stem[:7]), (1, 2, 3, 4, 5, 6, 7)) % 11


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a PZN, in German, or None."""
    if not digits.is_digits(text, _LENGTH):
        return "PZN: erwartet acht Ziffern"
    expected = check_number(text)
    if expected == _NEVER_ASSIGNED:
        return f"PZN: die Ziffernfolge {text[:7]} wird nicht vergeben (Prüfrest 10)"
    if int(text[7]) != expected:
        return f"PZN: Prüfziffer {text[7]} ist falsch, richtig wäre {expected}"
    return None


def is_valid(text: str) -> bool:
    """Return whether `text` is a PZN with the right check digit."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when there is no such PZN."""
    if not digits.is_digits(text, _LENGTH):
        return None
    check = check_number(text)
    return None if check == _NEVER_ASSIGNED else f"{text[:7]}{check}"


def generate(rng: Rng) -> str:
    """Return a PZN; one draw in eleven has no check digit and is drawn again."""
    while True:
        stem = digits.draw(rng, 7)
        check = check_number(stem)
        if check != _NEVER_ASSIGNED:
            return f"{stem}{check}"
