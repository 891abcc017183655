"""What kind of signature a document is to get (SignatureService)."""

from __future__ import annotations

from dataclasses import dataclass

CMS = "urn:ietf:rfc:5652"
PADES = "http://uri.etsi.org/02778/3"
XADES = "urn:ietf:rfc:3275"
SMIME = "urn:ietf:rfc:5751"

MIME_TYPE = "text/plain; charset=utf-8"
"""For FHIR XML: bare text/plain would mean ISO-8859-15."""


@dataclass(frozen=True, slots=True)
class SignatureForm:
    """A signature enveloping the document when `with_content`, which only CMS knows.

    `attributes` are further signed attributes (DER), by the identifiers of their properties.
    """

    short_text: str = "Dokument"
    mime_type: str = MIME_TYPE
    kind: str = CMS
    with_content: bool = True
    crypt: str = "ECC"
    with_revocation: bool = True
    attributes: tuple[tuple[str, bytes], ...] = ()


def form_for(mime_type: str, short_text: str = "Dokument") -> SignatureForm:
    """Return the usual form for a document: XAdES for XML, PAdES for PDF/A, S/MIME for mail."""
    kind = _USUAL.get(mime_type.partition(";")[0].strip().lower(), CMS)
    return SignatureForm(short_text, mime_type, kind, with_content=kind == CMS)


_USUAL = {
    "application/xml": XADES,
    "text/xml": XADES,
    "application/pdf-a": PADES,
    "message/rfc822": SMIME,
}
