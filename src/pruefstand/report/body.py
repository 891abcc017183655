"""A message body as text a person can read; hostile content stays text."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

LIMIT = 64 * 1024
"""Characters shown at most."""
_BINARY_HEAD = 256
_INDENT_LIMIT = 4 * LIMIT
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Form(StrEnum):
    """What was done with a body to show it."""

    XML = "xml"
    JSON = "json"
    TEXT = "text"
    BINARY = "binary"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class BodyView:
    """How a body is shown."""

    form: Form
    text: str
    size: int
    """Bytes of the original."""
    cut: bool = False


def present(body: bytes) -> BodyView:
    """Return `body` indented (XML, JSON), as text, or as a hex head when it is neither."""
    if len(body) <= _INDENT_LIMIT:
        indented = _xml(body) or _json(body)
        if indented is not None:
            return _view(*indented, size=len(body))
    window = body[: LIMIT * 4]
    text = _text(window, whole=len(window) == len(body))
    if text is None:
        head = _hex_dump(body[:_BINARY_HEAD])
        return BodyView(Form.BINARY, head, len(body), cut=len(body) > _BINARY_HEAD)
    return BodyView(
        Form.TEXT, text[:LIMIT], len(body), cut=len(text) > LIMIT or len(window) < len(body)
    )


def _view(form: Form, text: str, *, size: int) -> BodyView:
    return BodyView(form, text[:LIMIT], size, cut=len(text) > LIMIT)


def _xml(body: bytes) -> tuple[Form, str] | None:
    head = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"<") or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_blank_text=True)
    try:
        root = etree.fromstring(head, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    etree.indent(root, "  ")
    return Form.XML, etree.tostring(root, encoding="unicode")


def _json(body: bytes) -> tuple[Form, str] | None:
    if body.lstrip()[:1] not in {b"{", b"["}:
        return None
    try:
        return Form.JSON, json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return None


def _text(body: bytes, *, whole: bool) -> str | None:
    try:
        # The end of a window may split a character; the decoder keeps its first bytes back.
        text = codecs.getincrementaldecoder("utf-8")().decode(body, final=whole)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _hex_dump(body: bytes) -> str:
    rows = []
    for offset in range(0, len(body), 16):
        chunk = body[offset : offset + 16]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in chunk)
        rows.append(f"{offset:04x}  {chunk.hex(' '):<47}  {letters}")
    return "\n".join(rows)
