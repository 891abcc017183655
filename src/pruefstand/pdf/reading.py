"""What a PDF says: the archive format it claims in its metadata, and its text layer."""

from __future__ import annotations

import io
import re
import unicodedata
from dataclasses import dataclass

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError
from pypdf.generic import StreamObject

_UNREADABLE = (
    PyPdfError,
    DependencyError,
    NotImplementedError,
    ArithmeticError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    IndexError,
    OSError,
    RecursionError,
)
"""What the PDF library raises for octets that are no PDF, a broken one, or one it cannot unpack."""

MOST_PAGES = 200
"""Pages may share one packed stream: a small file could be read for hours."""
MOST_TEXT = 4_000_000
"""Characters."""

_PART, _CONFORMANCE = (
    re.compile(rb"pdfaid:" + name + rb"(?:>|\s*=\s*[\"'])\s*(" + value + rb")")
    for name, value in ((rb"part", rb"\d"), (rb"conformance", rb"[A-Za-z]"))
)
"""Both forms of XMP: an element, or an attribute of rdf:Description."""


class PdfProblem(ValueError):
    """The octets are no PDF that can be read."""


@dataclass(frozen=True, slots=True)
class PdfDocument:
    """`archive` is the claimed format such as `2B`, or `4`, and empty without a claim."""

    archive: str
    text: str

    @property
    def has_text(self) -> bool:
        """Whether there is a text layer at all; a scanned page has none."""
        return bool(self.text.strip())

    def shows(self, words: str) -> bool:
        """Tell whether the text holds `words`, without regard to case, breaks and ligatures."""
        return _bare(words) in _bare(self.text)


def read_pdf_document(document: bytes) -> PdfDocument:
    """Return what a PDF says; raises PdfProblem.

    Whether a file keeps to what it claims (ISO 19005) needs a validator such as veraPDF.
    """
    try:
        reader = PdfReader(io.BytesIO(document))
        return PdfDocument(_claimed(_metadata(reader)), _text(reader))
    except _UNREADABLE as problem:
        raise PdfProblem(str(problem)) from problem


def _text(reader: PdfReader) -> str:
    if len(reader.pages) > MOST_PAGES:
        raise PdfProblem(f"more than {MOST_PAGES} pages")
    pages, size = [], 0
    for page in reader.pages:
        pages.append(page.extract_text())
        size += len(pages[-1])
        if size > MOST_TEXT:
            raise PdfProblem(f"more than {MOST_TEXT} characters")
    return "\n".join(pages)


def _metadata(reader: PdfReader) -> bytes:
    found = reader.root_object.get("/Metadata")
    stream = found.get_object() if found is not None else None
    return stream.get_data() if isinstance(stream, StreamObject) else b""


def _claimed(metadata: bytes) -> str:
    if metadata[:2] in (b"\xfe\xff", b"\xff\xfe"):
        metadata = metadata.decode("utf-16", "replace").encode()
    part, level = _PART.search(metadata), _CONFORMANCE.search(metadata)
    # Part 4 has no conformance level; the others have one.
    if part is None or (level is None and part[1] != b"4"):
        return ""
    return (part[1] + (level[1] if level else b"")).decode("ascii").upper()


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().replace("\xad", "").split())
