"""A text without its long encoded runs: what a person could read, and the way back to the places.

Signed documents make most of what is recorded. No name and no parameter stands inside their base64
digits, so each run becomes one sign before anything is looked for.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from pruefstand.evidence.redaction.span import Span

SIGN = "¤"
LONG = 120
"""Characters; shorter runs stay: they may be a word, a path or a number."""
_LETTER = "A-Za-z0-9+/_-"
_ENCODED = re.compile(
    # The sign before a run is part of the match: it lets the search skip ordinary words quickly.
    # Possessive: a broken run of many lines is never walked back.
    rf"[^{_LETTER}]([{_LETTER}]{{12,}}+"
    rf"(?:(?:\r?\n|&#1[03];|&#x[aAdD];)++[{_LETTER}]{{4,}}+)*+={{0,2}}+)"
)


def encoded_runs(text: str) -> list[tuple[int, int]]:
    """Return where 12 or more letters of base64 or hex stand in a row, broken lines joined."""
    return [(found.start(1) - 1, found.end(1) - 1) for found in _ENCODED.finditer(f"\n{text}")]


class Thin:
    """`text` is the original with SIGN for each of its long runs."""

    def __init__(self, original: str, runs: Iterable[tuple[int, int]]) -> None:
        long = [(start, stop) for start, stop in runs if stop - start >= LONG]
        self.text = "".join(_without(original, long))
        removed = list(accumulate((stop - start - 1 for start, stop in long), initial=0))
        self._removed = removed
        self._signs = [start - gone for (start, _), gone in zip(long, removed, strict=False)]

    def place(self, place: int) -> int:
        """Return where the place `place` of the thin text is in the original."""
        return place + self._removed[bisect_left(self._signs, place)]

    def in_original(self, span: Span) -> Span:
        """Return the same span in the original."""
        if not self._signs:
            return span
        return Span(self.place(span.start), self.place(span.stop), span.kind, span.learn)


def _without(text: str, runs: Iterable[tuple[int, int]]) -> Iterator[str]:
    place = 0
    for start, stop in runs:
        yield text[place:start]
        yield SIGN
        place = stop
    yield text[place:]
