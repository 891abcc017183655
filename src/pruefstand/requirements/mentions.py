"""Requirement ids that code and READMEs mention, to name the source of a behaviour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MENTIONED = re.compile(r"(?<![\w-])(?:[A-Z][A-Z0-9]*-)*A_\d{4,5}(?:-\d{2})?(?![\w])")
SUFFIXES = (".py", ".md")


@dataclass(frozen=True, slots=True)
class Mention:
    """An id and where it is written."""

    id: str
    file: str
    line: int


def read_mentions(root: Path, folder: str) -> list[Mention]:
    """Return every gematik id in the Python and Markdown files below `folder` of `root`."""
    found: list[Mention] = []
    for path in sorted((root / folder).rglob("*")):
        if path.suffix in SUFFIXES:
            found += mentions_in(path.read_text("utf-8"), path.relative_to(root).as_posix())
    return found


def mentions_in(text: str, file: str) -> Iterator[Mention]:
    """Yield the ids in `text`; a list such as `A_19025-02/-03` names its first one only."""
    for number, line in enumerate(text.splitlines(), 1):
        for match in _MENTIONED.finditer(line):
            yield Mention(match.group(), file, number)
