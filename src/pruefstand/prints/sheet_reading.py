"""Reads a printed token sheet back: what a person sees on it, and what its codes say."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from lxml import etree, html

from pruefstand.prints.token_sheet import Token, payload, symbol

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
_VIEW = re.compile(r"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+)")
_MILLIMETRES = re.compile(r"([\d.]+)mm")
Dark = frozenset[tuple[int, int]]


def read(page: str, tokens: Sequence[Token]) -> bytes:
    """Return the page as JSON: heading, details, printed ids, text and measures of each code.

    A code is read by redrawing: its text is that of the sheet's `tokens`, one or all, whose
    DataMatrix (ISO/IEC 16022) has exactly the drawn modules. Any other drawing reads as empty.
    `width` is that of the dark modules, `quiet` the narrowest margin around them, in millimetres.
    """
    root = html.fromstring(page)
    known = _known(tokens)
    shown = {
        "heading": _text(root.find(".//h1")),
        "details": {
            _text(name): _text(name.getnext()) for name in root.iter("dt") if name is not None
        },
        "prescriptions": [
            {
                "id": _text(article.find(".//p[@class='id']")),
                "drugs": [_text(drug) for drug in article.iter("h2")],
                "code": _code(article, known),
                **_measures(article),
            }
            for article in root.iter("article")
        ],
        "collective": _code(root.find(".//header"), known),
    }
    return json.dumps(shown, ensure_ascii=False).encode("utf-8")


def _known(tokens: Sequence[Token]) -> dict[Dark, str]:
    choices = [*((token,) for token in tokens), tuple(tokens)]
    return {_drawn(symbol(choice).svg()): payload(choice) for choice in choices}


def _drawn(drawing: str) -> Dark:
    """Return the dark modules, counted from the first row and column that has any."""
    found = [
        (int(x) + step, int(y)) for x, y, run in _RUN.findall(drawing) for step in range(int(run))
    ]
    left, top = (min(place[axis] for place in found) if found else 0 for axis in (0, 1))
    return frozenset((x - left, y - top) for x, y in found)


def _measures(part: etree._Element) -> dict[str, float]:
    """Return width and quiet zone of the only drawing in `part`; nothing when it has no scale."""
    drawings = list(part.iter("svg"))
    view = _VIEW.fullmatch(str(drawings[0].get("viewbox", ""))) if len(drawings) == 1 else None
    printed = _MILLIMETRES.fullmatch(str(drawings[0].get("width", ""))) if view else None
    runs = [(int(x), int(y), int(run)) for path in part.iter("path") for x, y, run in _runs(path)]
    if view is None or printed is None or not runs:
        return {}
    x, y, wide, high = (float(number) for number in view.groups())
    scale = float(printed[1]) / wide
    left, top = min(run[0] for run in runs), min(run[1] for run in runs)
    right, bottom = max(run[0] + run[2] for run in runs), max(run[1] + 1 for run in runs)
    quiet = min(left - x, top - y, x + wide - right, y + high - bottom)
    return {"width": round(scale * (right - left), 2), "quiet": round(scale * quiet, 2)}


def _runs(path: etree._Element) -> list[tuple[str, str, str]]:
    return _RUN.findall(str(path.get("d", "")))


def _code(part: etree._Element | None, known: dict[Dark, str]) -> str:
    """Return the text of the only code in `part`; empty without one, or with an unreadable one."""
    paths = [] if part is None else [str(path.get("d", "")) for path in part.iter("path")]
    return known.get(_drawn(paths[0]), "") if len(paths) == 1 else ""


def _text(node: etree._Element | None) -> str:
    return "" if node is None else " ".join("".join(map(str, node.itertext())).split())
