"""eArztbrief: write PDF/A and CDA, sign the PDF inside, and make the attachments of its mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pruefstand.cda.letter import build_letter
from pruefstand.clients.konnektor import KonnektorClient, form_for
from pruefstand.clients.konnektor.signatures import read_signed_documents
from pruefstand.errors import SutError
from pruefstand.flows.anmelden import card_handle
from pruefstand.kim.earztbrief import Part
from pruefstand.kim.mail import Attachment
from pruefstand.prints.letter_sheet import letter_pdf
from pruefstand.testdata.letters import Letter

SHORT_TEXT = "eArztbrief"
SIGNED_TYPE = "application/pdf-a"
"""What the Konnektor is told of a PDF/A, so that it signs inside (PAdES)."""


@dataclass(frozen=True, slots=True)
class LetterDraft:
    """The two files of one letter before the signature; both are of the same patient."""

    letter: Letter
    written: datetime
    pdf: bytes
    xml: bytes


def draft(letter: Letter, document_id: str, written: datetime) -> LetterDraft:
    """Write a letter; the XML comes about by itself (P41-02)."""
    xml = build_letter(
        letter, document_id=document_id, written=written, body=Part.PDF.file_name(document_id)
    )
    return LetterDraft(letter, written, letter_pdf(letter, written), xml)


def sign(konnektor: KonnektorClient, pdf: bytes) -> bytes:
    """Return the PDF with the physician's qualified signature in it (P42-01).

    Raises KonnektorFault, and SutError when the answer holds no document.
    """
    hba = card_handle(konnektor, "HBA")
    reply, prefix = konnektor.request_signatures(hba, [pdf], form_for(SIGNED_TYPE, SHORT_TEXT))
    signed = [found for found in read_signed_documents(reply.body, prefix) if found]
    if not signed:
        raise SutError("Konnektor liefert kein signiertes PDF", hint="Signaturart PAdES prüfen")
    return signed[0]


def attachments(
    document_id: str, pdf: bytes, xml: bytes, further: Sequence[bytes] = ()
) -> list[Attachment]:
    """Return one signed PDF/A, one XML, and `further` PDFs, described as the annex words it."""
    more = [Part.FURTHER.attachment(document_id, one, n) for n, one in enumerate(further, 1)]
    return [Part.PDF.attachment(document_id, pdf), Part.XML.attachment(document_id, xml), *more]
