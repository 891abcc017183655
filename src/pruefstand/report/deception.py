"""Letters that reverse or hide text could make a report say what the record does not."""

from __future__ import annotations

import re

_DECEPTIVE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Return `text` with such letters spelled out: `⟨U+202E⟩`."""
    return _DECEPTIVE.sub(lambda found: spelled(found.group()), text)


def spelled(letter: str) -> str:
    """Return the code point of `letter` as text."""
    return f"⟨U+{ord(letter):04X}⟩"
