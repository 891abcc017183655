"""Betriebsstättennummer: nine digits without a check digit."""

from __future__ import annotations

from pruefstand.ids import digits
from pruefstand.rng import Rng

SYSTEM = "https://fhir.kbv.de/NamingSystem/KBV_NS_Base_BSNR"

_LENGTH = 9
_BERLIN = "72"


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a BSNR, in German, or None."""
    return None if digits.is_digits(text, _LENGTH) else "BSNR: erwartet neun Ziffern"


def is_valid(text: str) -> bool:
    """Return whether `text` has the form of a BSNR."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` itself, or None when its form is wrong: there is no check digit."""
    return text if is_valid(text) else None


def generate(rng: Rng, region: str = _BERLIN) -> str:
    """Return a BSNR of the Kassenärztliche Vereinigung with the two digits `region`."""
    return f"{region}{digits.draw(rng, 5)}00"
