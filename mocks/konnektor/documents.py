"""Reading the documents of a request, in the order of the Konnektor's refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mocks.konnektor.errors import KonnektorError
from pruefstand.soap.envelope import Element, SoapProblem, child, decode, parse_xml, text

CMS = "urn:ietf:rfc:5652"
MAX_DOCUMENT = 26_214_400
"""Octets of one document."""

_MIME = re.compile(
    r"(text/plain|application/xml|text/xml|application/pdf-a|image/tiff)(\s*;\s*charset=[\w-]+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Order:
    """One document to be signed."""

    request_id: str
    content: bytes
    short_text: str
    mime_type: str
    with_revocation: bool


def read_order(request: Element, prefix: str, *, qualified: bool) -> Order:
    """Return the order in a SignRequest; `prefix` is its namespace, SIG or SIG74."""
    document = child(request, f"{prefix}:Document")
    if document is None:
        raise _syntax(f"{prefix}:Document fehlt")
    short_text = document.get("ShortText", "")
    if qualified and not short_text:
        raise _syntax("ShortText fehlt")
    _check_form(request, prefix)
    content, mime_type = document_content(document)
    if len(content) > MAX_DOCUMENT:
        raise KonnektorError(4283, f"{len(content)} Bytes")
    return Order(
        request.get("RequestID") or _missing("RequestID"),
        content,
        short_text or "Dokument",
        mime_type,
        boolean(text(request, f"{prefix}:IncludeRevocationInfo"), "IncludeRevocationInfo"),
    )


def _check_form(request: Element, prefix: str) -> None:
    inputs = f"{prefix}:OptionalInputs"
    kind = text(request, f"{inputs}/dss:SignatureType")
    enveloping = text(request, f"{inputs}/{prefix}:IncludeEContent")
    if kind != CMS:
        raise KonnektorError(4111, f"SignatureType {kind}; der Mock erzeugt nur {CMS}")
    if enveloping is None or not boolean(enveloping, "IncludeEContent"):
        raise KonnektorError(4111, "der Mock erzeugt nur CAdES mit eingebettetem Inhalt")


def document_content(document: Element) -> tuple[bytes, str]:
    """Return a document's octets and MIME type; raises 4000, 4022 or 4110."""
    data = child(document, "dss:Base64Data")
    xml = child(document, "CONN:Base64XML")
    part = data if data is not None else xml
    if part is None:
        raise _syntax("weder Base64Data noch Base64XML")
    try:
        content = decode(part.text or "")
    except SoapProblem as problem:
        raise _syntax(problem.text) from problem
    if data is None:
        _check_well_formed(content)
        return content, "application/xml"
    mime_type = data.get("MimeType", "")
    if not _MIME.fullmatch(mime_type):
        raise KonnektorError(4110, f"MimeType {mime_type!r}")
    return content, mime_type


def _check_well_formed(content: bytes) -> None:
    try:
        parse_xml(content)
    except SoapProblem as problem:
        raise KonnektorError(4022, problem.text) from problem


def boolean(value: str | None, name: str) -> bool:
    """Return an xs:boolean; anything else is 4000 with `name`."""
    if value not in ("true", "1", "false", "0"):
        raise _syntax(f"{name} ist {value!r}")
    return value in ("true", "1")


def _missing(name: str) -> str:
    raise _syntax(f"{name} fehlt")


def _syntax(detail: str) -> KonnektorError:
    return KonnektorError(4000, detail, faultcode="Client")
