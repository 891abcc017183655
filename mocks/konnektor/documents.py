"""Reading the documents of a request, in the order of the Konnektor's refusals."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.properties import signed_attributes
from pruefstand.soap.envelope import Element, SoapProblem, child, decode, parse_xml, text

CMS = "urn:ietf:rfc:5652"
PADES = "http://uri.etsi.org/02778/3"
XADES = "urn:ietf:rfc:3275"
SMIME = "urn:ietf:rfc:5751"
MAX_DOCUMENT = 26_214_400
"""Octets of one document."""

_MIME = re.compile(
    r"(text/plain|application/xml|text/xml|application/pdf-a|image/tiff)(\s*;\s*charset=[\w-]+)?",
    re.IGNORECASE,
)
_PDF, _XML = "application/pdf-a", ("application/xml", "text/xml")


class Form(StrEnum):
    """How the signature and its document go together."""

    ENVELOPING = "CAdES with the content"
    DETACHED = "CAdES without the content"
    PDF = "PAdES"
    XML = "XAdES, enveloped"


_INSIDE = {PADES: Form.PDF, XADES: Form.XML}
"""Types whose signature lies inside the document."""


@dataclass(frozen=True, slots=True)
class Order:
    """One document to be signed."""

    request_id: str
    content: bytes
    short_text: str
    mime_type: str
    form: Form
    attributes: tuple[bytes, ...]
    with_revocation: bool
    warning: int


def read_order(request: Element, prefix: str, *, qualified: bool, xades: bool = True) -> Order:
    """Return the order in a SignRequest; `prefix` is its namespace, SIG or SIG74.

    Without `xades` seals inside XML are refused, which is left to the maker.
    """
    document = child(request, f"{prefix}:Document")
    if document is None:
        raise _syntax(f"{prefix}:Document fehlt")
    short_text = document.get("ShortText", "")
    if qualified and not short_text:
        raise _syntax("ShortText fehlt")
    inputs = child(request, f"{prefix}:OptionalInputs")
    form = _form(inputs, document, prefix, qualified=qualified)
    if form is Form.XML and (qualified or not xades):
        # QES inside XML needs a signature policy, and those belong to the Fachmodule.
        raise KonnektorError(4111, f"SignatureType {XADES}")
    content, mime_type = document_content(document)
    if len(content) > MAX_DOCUMENT:
        raise KonnektorError(4283, f"{len(content)} Bytes")
    if form is Form.PDF and not content.startswith(b"%PDF-"):
        raise KonnektorError(4124 if qualified else 4112, "kein PDF")
    placed = inputs is not None and child(inputs, "dss:SignaturePlacement") is not None
    return Order(
        request.get("RequestID") or _missing("RequestID"),
        content,
        short_text or "Dokument",
        mime_type,
        form,
        signed_attributes(inputs),
        boolean(text(request, f"{prefix}:IncludeRevocationInfo"), "IncludeRevocationInfo"),
        4197 if placed else 0,
    )


def _form(inputs: Element | None, document: Element, prefix: str, *, qualified: bool) -> Form:
    """Return the form that type and document ask for; 4111 and 4279 for what is not offered."""
    kind = None if inputs is None else text(inputs, "dss:SignatureType")
    embedded = None if inputs is None else text(inputs, f"{prefix}:IncludeEContent")
    kind = kind or _usual_type(document)
    if kind == SMIME and not qualified:
        raise KonnektorError(4279, kind)
    if kind not in (CMS, *_INSIDE):
        raise KonnektorError(4111, f"SignatureType {kind}")
    if inputs is not None and child(inputs, "dss:ReturnUpdatedSignature") is not None:
        raise KonnektorError(4111, "Parallel- und Gegensignatur werden nicht angeboten")
    if kind in _INSIDE:
        if embedded is not None:
            raise KonnektorError(4111, "IncludeEContent gibt es nur für CMS")
        return _INSIDE[kind]
    wanted = embedded is not None and boolean(embedded, "IncludeEContent")
    return Form.ENVELOPING if wanted else Form.DETACHED


def _usual_type(document: Element) -> str:
    """Return the type for a document whose client names none: XAdES, PAdES or CAdES."""
    data = child(document, "dss:Base64Data")
    mime_type = "application/xml" if data is None else data.get("MimeType", "")
    if mime_type.partition(";")[0].strip().lower() in _XML:
        return XADES
    return PADES if mime_type.lower() == _PDF else CMS


def document_content(document: Element) -> tuple[bytes, str]:
    """Return a document's octets and MIME type; raises 4000, 4022 or 4110."""
    content, mime_type = raw_content(document)
    if mime_type is None:
        _check_well_formed(content)
        return content, "application/xml"
    if not _MIME.fullmatch(mime_type):
        raise KonnektorError(4110, f"MimeType {mime_type!r}")
    return content, mime_type


def raw_content(document: Element) -> tuple[bytes, str | None]:
    """Return a document's octets as they are; the MIME type is None for Base64XML."""
    data = child(document, "dss:Base64Data")
    part = data if data is not None else child(document, "CONN:Base64XML")
    if part is None:
        raise _syntax("weder Base64Data noch Base64XML")
    try:
        content = decode(part.text or "")
    except SoapProblem as problem:
        raise _syntax(problem.text) from problem
    return content, None if data is None else data.get("MimeType", "")


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
