"""Requirement ids: their spelling and version suffix."""

from __future__ import annotations

import re
from typing import NamedTuple

_FAMILIES = (
    r"(?:[A-Z][A-Z0-9]*-)*A_\d{4,5}(?:-\d{2})?",  # gematik
    r"(?:KP|K|P|O)\d{1,3}-\d{2,3}",  # KBV
    r"Anlage \d{1,2} Nr\. \d{1,2}",  # § 390 SGB V
    r"DiMus:(?:P\d{1,2}-\d{2}|\d\.\d)",
    r"IG-MED\d{5}[A-Z0-9]{3}",
    r"IG-TIFLOW-(?:CORE|RX)-A?\d{3}",
    # keys of our own for documents that number nothing
    r"(?:KIM-PS|VZD-PS|VZD-DAT|EPA-API|IS)-\d{2}",
    r"KOB-(?:G\d{2}|TF\d{1,2}(?:-[ab])?|OPT-[A-Z]\d)",
    r"[VO]\d{2}",
)
_WELL_FORMED = re.compile(rf"(?:{'|'.join(_FAMILIES)})(?:/[\w.-]+)?")
_VERSIONED = re.compile(r"((?:[A-Z][A-Z0-9]*-)*A_\d{4,5})(?:-(\d{2}))?")


class Versioned(NamedTuple):
    """A gematik id without its suffix, and the suffix as a number (0 when there is none)."""

    base: str
    version: int


def is_well_formed(identifier: str) -> bool:
    """Return whether `identifier` is spelled like the ids of a known source."""
    return _WELL_FORMED.fullmatch(identifier) is not None


def versioned(identifier: str) -> Versioned | None:
    """Return base and version of a gematik id, None for ids that carry no version."""
    match = _VERSIONED.fullmatch(identifier)
    return Versioned(match[1], int(match[2] or 0)) if match else None
