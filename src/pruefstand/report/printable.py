"""Text as the PDF can print it: every glyph comes from one font bundled with Typst.

PDF/A forbids a glyph that no font has. What the font lacks and what hides or turns text is
spelled out as its code point; endless words may break, endless texts are cut.
"""

from __future__ import annotations

import re
import unicodedata

from pruefstand.report.deception import spelled
from pruefstand.report.texts import Texts

LIMIT = 1_500
"""Characters of one text in the PDF at most; the other formats hold all of it."""
GLYPHS = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x24F),
    (0x2B0, 0x2E4),
    (0x384, 0x38A),
    (0x38C, 0x38C),
    (0x38E, 0x3A1),
    (0x3A3, 0x3CE),
    (0x3FD, 0x45F),
    (0x490, 0x4C4),
    (0x4D0, 0x4F9),
    (0x1E00, 0x1E9B),
    (0x1E9E, 0x1E9E),
    (0x1EA0, 0x1EF9),
    (0x2010, 0x2027),
    (0x202F, 0x2037),
    (0x2039, 0x203E),
    (0x2044, 0x2044),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20AC, 0x20AC),
    (0x2122, 0x2122),
    (0x2190, 0x2199),
    (0x220F, 0x221A),
    (0x221E, 0x221E),
    (0x2248, 0x2248),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
    (0x25A0, 0x25A1),
    (0x27E6, 0x27E9),
    (0xFFFD, 0xFFFD),
)
"""Code points of Libertinus Serif, regular and bold, first and last; marks only after a letter.

In a drawing two fonts do not mix: a glyph of the second may lose those of the first.
"""
BREAK = "\u200b"
_WORD = 18
_LONG = re.compile(rf"[^\s{BREAK}]{{{_WORD + 1},}}")
_PART = re.compile(r"[^/._:;,=&?-]*[/._:;,=&?-]?")


def printable(text: str, texts: Texts) -> str:
    """Return `text` ready for the page."""
    shown = text[:LIMIT]
    if len(text) > LIMIT:
        shown += f"… [{texts('page.cut', count=len(text))}]"
    return _LONG.sub(_breakable, spell(shown))


def spell(text: str) -> str:
    """Return `text` with everything that has no glyph spelled out, for drawings."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\t", " "))
    return "".join(
        letter if _has_glyph(letter, before) else spelled(letter)
        for before, letter in zip(f" {plain}", plain, strict=False)
    )


def _has_glyph(letter: str, before: str) -> bool:
    if letter == "\n" or "\x20" <= letter <= "\x7e":
        return True
    if "\u0300" <= letter <= "\u036f":
        return before.isascii() and before.isalpha()
    return any(first <= ord(letter) <= last for first, last in GLYPHS)


def _breakable(found: re.Match[str]) -> str:
    pieces = []
    for part in _PART.findall(found.group()):
        pieces += [part[start : start + _WORD] for start in range(0, len(part), _WORD)]
    return BREAK.join(pieces)
