"""Lebenslange Arztnummer: six digits, check digit, two digits of the Fachgruppe."""

from __future__ import annotations

from pruefstand.ids import physician_number
from pruefstand.rng import Rng

SYSTEM = "https://fhir.kbv.de/NamingSystem/KBV_NS_Base_ANR"

GENERAL_PRACTICE = "01"


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a LANR, in German, or None."""
    return physician_number.problem(text, "LANR")


def is_valid(text: str) -> bool:
    """Return whether `text` is a LANR; the ASV pseudo numbers 555555… always are."""
    return problem(text) is None


def corrected(text: str) -> str | None:
    """Return `text` with the right check digit, or None when its form is wrong."""
    return physician_number.corrected(text)


def generate(rng: Rng, group: str = GENERAL_PRACTICE) -> str:
    """Return a LANR with the two-digit Fachgruppe `group`."""
    return physician_number.generate(rng, group)
