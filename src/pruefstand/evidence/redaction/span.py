"""A place in a text that must not be shown."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

from pruefstand.model.secret_kind import SecretKind


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:stop]` is a value of `kind`; `learn` tells whether to look for it elsewhere."""

    start: int
    stop: int
    kind: SecretKind
    learn: bool = True


def merged(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order and without overlaps: what overlaps becomes one."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.start, -span.stop)):
        if span.stop <= span.start:
            continue
        if kept and span.start < kept[-1].stop:
            last = kept[-1]
            if span.stop > last.stop:
                kept[-1] = Span(last.start, span.stop, last.kind)
        else:
            kept.append(span)
    return kept


def plain(text: str) -> str:
    """Return `text` without the escapes of XML."""
    return html.unescape(text) if "&" in text else text
