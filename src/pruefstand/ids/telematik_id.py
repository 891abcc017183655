"""Telematik-ID: a prefix that names the sector, a hyphen and what the issuer appends."""

from __future__ import annotations

import re

from pruefstand.ids import bsnr, digits
from pruefstand.rng import Rng

SYSTEM = "https://gematik.de/fhir/sid/telematik-id"

PREFIXES = {
    "arzt": "1-",
    "praxis": "1-",
    "zahnarzt": "2-",
    "zahnarztpraxis": "2-",
    "apotheke": "3-",
    "krankenhaus": "5-",
    "kasse": "8-",
}

_SHAPE = re.compile(r"[0-9]{1,2}-[0-9A-Za-z][0-9A-Za-z.\-]*")
_LONGEST = 128


def problem(text: str) -> str | None:
    """Return what is wrong with `text` as a Telematik-ID, in German, or None."""
    if len(text) > _LONGEST:
        return f"Telematik-ID: höchstens {_LONGEST} Zeichen"
    if not _SHAPE.fullmatch(text):
        return "Telematik-ID: erwartet Präfix, Bindestrich und Kennung, z. B. 1-2012345678"
    return None


def is_valid(text: str) -> bool:
    """Return whether `text` has the form of a Telematik-ID."""
    return problem(text) is None


def generate(rng: Rng, kind: str) -> str:
    """Return a Telematik-ID for `kind`, a key of PREFIXES; an unknown kind raises KeyError."""
    prefix = PREFIXES[kind]
    if kind == "praxis":
        return f"{prefix}20{bsnr.generate(rng)}"
    return f"{prefix}{digits.draw(rng, 10)}"
