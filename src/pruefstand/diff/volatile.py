"""Values that are new in every run and mean nothing: ids, times, codes, tokens, signatures.

They are replaced by a word for their kind, so that what remains can be compared.
"""

from __future__ import annotations

import re

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("geschwärzt", r"⟨[\w.-]+:[0-9a-f]{8,128}⟩"),
        ("Token", r"\beyJ[\w-]+\.[\w-]*(?:\.[\w-]*){1,3}"),
        ("uuid", r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"),
        ("Rezept-ID", r"\b\d{3}(?:\.\d{3}){4}\.\d{2}\b"),
        ("Zeit", r"\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"),
        ("Zeit", r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\b"),
        ("Tag", r"\b\d{4}-\d\d-\d\d\b"),
        ("Adresse", r"\b(?:localhost|127\.0\.0\.1):\d+\b"),
        ("Jobnummer", r"\b[A-Z]{3}-\d{3}\b"),
        ("Hex", r"\b[0-9a-fA-F]{32,}\b"),
        ("Base64", r"(?<![\w+/=-])(?=[\w+/-]*\d)(?=[\w+/-]*[A-Z])[\w+/-]{40,}={0,2}(?![\w+/=-])"),
    )
)


_PARAMETER = re.compile(r"\b(state|nonce|code|code_challenge|ac|secret)=[^&\s]+")
"""Query parameters that are new with every login and every task."""
NAMED = frozenset({"CardHandle", "JobNumber"})
"""Elements whose values a device hands out anew."""


def steady(text: str) -> str:
    """Return `text` with every volatile value replaced by ‹its kind›."""
    for kind, pattern in _KINDS:
        text = pattern.sub(f"‹{kind}›", text)
    return _PARAMETER.sub(r"\1=‹neu›", text)
