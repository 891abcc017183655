"""Structural rules of PDF/A-2b (ISO 19005-2) that can be read without a validator."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

FORBIDDEN_ACTIONS = {
    *("/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData", "/Hide"),
    *("/SetOCGState", "/Rendition", "/Trans", "/GoTo3DView", "/GoToR", "/SubmitForm", "/URI"),
}
"""Actions that run something or leave the document; a link into the web would be one."""
FILTERS = {"/FlateDecode", "/DCTDecode", "/ASCIIHexDecode", "/ASCII85Decode", "/RunLengthDecode"}


def problems(content: bytes) -> list[str]:
    """Return the rules `content` breaks, in the order of the standard's clauses."""
    reader = PdfReader(io.BytesIO(content))
    objects = list(_objects(reader))
    root: Any = reader.trailer["/Root"]
    checks = {
        "6.1.2 header with four high octets": content.startswith(b"%PDF-1.")
        and all(octet > 127 for octet in content.split(b"\n")[1][1:5]),
        "6.1.3 ID in the trailer": len(reader.trailer.get("/ID", ())) == 2,
        "6.1.3 no encryption": "/Encrypt" not in reader.trailer,
        "6.1.7 no external streams": not any("/F" in o for o in objects if _is_stream(o)),
        "6.1.7 permitted filters": all(_filters(o) <= FILTERS for o in objects if _is_stream(o)),
        "6.2.3 output intent with ICC profile": _has_output_intent(root),
        "6.2.8 no image interpolation": not any(bool(o.get("/Interpolate")) for o in objects),
        "6.2.10 blending space of transparent pages": all(_blends(page) for page in reader.pages),
        "6.2.11 every font embedded": all(_embedded(o) for o in objects if _is_font(o)),
        "6.5 no forbidden action": not any(o.get("/S") in FORBIDDEN_ACTIONS for o in objects),
        "6.6.2 no embedded files": "/EmbeddedFiles" not in root.get("/Names", {}),
        "6.6.3 XMP metadata, plain": _is_plain_xmp(root),
        "6.6.4 identified as 2B": _identity(root) == ("2", "B"),
        "6.1.3 no open action": "/OpenAction" not in root and "/AA" not in root,
    }
    return [name for name, holds in checks.items() if not holds]


def _objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    waiting: list[Any] = [reader.trailer]
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if isinstance(item, IndirectObject):
            if item.idnum in seen:
                continue
            seen.add(item.idnum)
            item = item.get_object()
        if isinstance(item, DictionaryObject):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, ArrayObject):
            waiting.extend(item)


def _is_stream(item: DictionaryObject) -> bool:
    return isinstance(item, StreamObject)


def _filters(item: DictionaryObject) -> set[str]:
    found = item.get("/Filter", ArrayObject())
    return {str(name) for name in (found if isinstance(found, ArrayObject) else [found])}


def _has_output_intent(root: Any) -> bool:
    intents = [intent.get_object() for intent in root.get("/OutputIntents", ())]
    return any(
        intent.get("/S") == "/GTS_PDFA1"
        and intent["/DestOutputProfile"].get_object().get_data()[36:40] == b"acsp"
        for intent in intents
    )


def _blends(page: Any) -> bool:
    group = page.get("/Group")
    return group is None or "/CS" in group.get_object()


def _is_font(item: DictionaryObject) -> bool:
    return item.get("/Type") == "/FontDescriptor"


def _embedded(descriptor: DictionaryObject) -> bool:
    return any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))


def _is_plain_xmp(root: Any) -> bool:
    metadata = root.get("/Metadata")
    return metadata is not None and "/Filter" not in metadata.get_object()


def _identity(root: Any) -> tuple[str, str]:
    metadata = root.get("/Metadata")
    if metadata is None:
        return "", ""
    text = metadata.get_object().get_data().decode()
    return _value(text, "part"), _value(text, "conformance")


def _value(text: str, name: str) -> str:
    for opening, closing in ((f"<pdfaid:{name}>", "<"), (f'pdfaid:{name}="', '"')):
        if opening in text:
            return text.split(opening)[1].split(closing)[0]
    return ""
