"""Zahnarztnummer: the Fachdienst applies the check of the LANR to it."""

from __future__ import annotations

from pruefstand.ids import physician_number
from pruefstand.rng import Rng

SYSTEM = "http://fhir.de/sid/kzbv/zahnarztnummer"

_SUFFIX = "50"


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a ZANR, in German, or None."""
    return physician_number.problem(text, "ZANR")


def is_valid(text: str) -> bool:
    """Return whether `text` is a ZANR with the right check digit."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when its form is wrong."""
    return physician_number.corrected(text)


def generate(rng: Rng) -> str:
    """Return a ZANR."""
    return physician_number.generate(rng, _SUFFIX)
