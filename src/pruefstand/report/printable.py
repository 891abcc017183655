"""Text as the PDF can print it: every glyph comes from the fonts bundled with Typst.

PDF/A forbids a glyph that no font has. What the fonts lack and what hides or turns text is
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
    (0x2B0, 0x2FF),
    (0x384, 0x38A),
    (0x38E, 0x3A1),
    (0x3A3, 0x481),
    (0x48A, 0x4FF),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2027),
    (0x202F, 0x2040),
    (0x2044, 0x2052),
    (0x2070, 0x2071),
    (0x2074, 0x208E),
    (0x20A0, 0x20C0),
    (0x2122, 0x2122),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x2500, 0x2606),
    (0x2713, 0x2714),
    (0x2717, 0x2718),
    (0x27E6, 0x27EB),
    (0xFFFD, 0xFFFD),
)
"""Code points that the bundled fonts have, first and last; combining marks only after a letter."""
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
