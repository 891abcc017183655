"""What FHIR XML and JSON have in common before they are parsed: what is refused, and its place."""

from __future__ import annotations

import re

NAMESPACE = "http://hl7.org/fhir"

_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._\-]+)[\"']")
_PROLOG = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?\?>)*", re.DOTALL)
_BOM = b"\xef\xbb\xbf"


class FhirSyntaxProblem(ValueError):
    """The bytes are no well-formed UTF-8 XML, or carry a DTD; `line` and `column` count from 1."""

    def __init__(self, text: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(f"Zeile {line}, Spalte {column}: {text}")
        self.text = text
        self.line = line
        self.column = column


def refuse_foreign_encoding(data: bytes) -> None:
    """Raise FhirSyntaxProblem unless `data` is UTF-8 and declares nothing else."""
    declared = _ENCODING.match(data.removeprefix(_BOM))
    if declared and declared[1].upper() not in (b"UTF-8", b"US-ASCII"):
        raise FhirSyntaxProblem(f"Zeichensatz {declared[1].decode()} statt UTF-8")
    # UTF-16 without a byte order mark can pass as UTF-8, and parsers would guess it.
    if b"\0" in data:
        line, column = position(data, data.index(b"\0"))
        raise FhirSyntaxProblem("NUL-Byte, kein UTF-8", line=line, column=column)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = position(data, error.start)
        raise FhirSyntaxProblem("kein gültiges UTF-8", line=line, column=column) from None


def refuse_dtd(data: bytes) -> None:
    """Raise FhirSyntaxProblem when a document type declaration stands before the root."""
    body = data.removeprefix(_BOM)
    prolog = _PROLOG.match(body)
    start = prolog.end() if prolog else 0
    if body[start : start + 2] == b"<!":
        line, column = position(body, start)
        raise FhirSyntaxProblem("DTD ist nicht erlaubt", line=line, column=column)


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Return line and column, from 1 and in bytes, of `offset`."""
    before = data[:offset]
    return before.count(b"\n") + 1, offset - (before.rfind(b"\n") + 1) + 1
