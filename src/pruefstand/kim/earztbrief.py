"""The parts of an eArztbrief's mail (KBV Anforderungskatalog eArztbrief, P43-03)."""

from __future__ import annotations

import re
from enum import StrEnum

from pruefstand.kim.mail import Attachment

RECEIPT_TO, RETURN_PATH = "Disposition-Notification-To", "Return-Path"
"""Fields a read receipt needs (AK3)."""

FURTHER = re.compile(r"eAB-Anhang-\d{2}")


class Part(StrEnum):
    """One attachment; the value is its Content-Description, numbered for further ones."""

    PDF = "eAB-PDF-signed"
    XML = "eAB-XML"
    FURTHER = "eAB-Anhang"

    def attachment(self, document_id: str, content: bytes, number: int = 0) -> Attachment:
        """Return the attached file."""
        described = f"{self}-{number:02}" if self is Part.FURTHER else str(self)
        name = self.file_name(document_id, number)
        kind = "application/xml" if self is Part.XML else "application/pdf"
        return Attachment(name, content, kind, described)

    def file_name(self, document_id: str, number: int = 0) -> str:
        """Return the name of the file, which tells nothing of the patient."""
        marked = f"{document_id}-{number:02}" if self is Part.FURTHER else document_id
        return f"{marked}.{'xml' if self is Part.XML else 'pdf'}"
