"""Reads a printed token sheet back: what a person sees on it, and what its codes say."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from lxml import etree, html

from pruefstand.prints.token_sheet import Token, payload, symbol

_RUN = re.compile(r"M(\d+) (\d+)h(\d+)v1h-\d+z")
Dark = frozenset[tuple[int, int]]


def read(page: str, tokens: Sequence[Token]) -> bytes:
    """Return the page as JSON: heading, details, printed ids, and the text of each drawn code.

    A code is read by redrawing: its text is that of the sheet's `tokens`, one or all, whose
    DataMatrix (ISO/IEC 16022) has exactly the drawn modules. Any other drawing reads as empty.
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
    return frozenset(
        (int(x) + step, int(y)) for x, y, run in _RUN.findall(drawing) for step in range(int(run))
    )


def _code(part: etree._Element | None, known: dict[Dark, str]) -> str:
    """Return the text of the only code in `part`; empty without one, or with an unreadable one."""
    paths = [] if part is None else [str(path.get("d", "")) for path in part.iter("path")]
    return known.get(_drawn(paths[0]), "") if len(paths) == 1 else ""


def _text(node: etree._Element | None) -> str:
    return "" if node is None else " ".join("".join(map(str, node.itertext())).split())
