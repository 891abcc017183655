"""Names, Dienstkennung and attachment of the three eAU messages (KBV annex eAU, section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from pruefstand.kim.dienstkennung import HEADER, Dienstkennung
from pruefstand.kim.mail import Attachment, content_of, split_parts
from pruefstand.model.mail import MalformedMail, RawMail

APPLICATION = "eAU"
VERSION = "V1.2"
TEST_MARK, PRODUCTION_MARK = "T", "E"
_STEM = re.compile(
    r"(?P<mark>[ET])EAU0_(?P<part>Storno_|Fehler_)?(?:urn:uuid:)?(?P<id>[0-9a-f-]{36})"
)


class EauMessage(StrEnum):
    """What a message carries; the value is the procedure of its Dienstkennung."""

    NOTE = "Lieferung"
    STORNO = "Storno-Arzt"
    ERROR = "Fehler-Kasse"

    @property
    def dienstkennung(self) -> Dienstkennung:
        """The Dienstkennung of today's version."""
        return Dienstkennung(APPLICATION, self, VERSION)

    @property
    def description(self) -> str:
        """Content-Description of the attachment."""
        return _DESCRIPTIONS[self]

    def stem(self, document_id: str, *, test: bool) -> str:
        """Return the name of file and mail; a `test` file never goes to a real insurer."""
        mark = TEST_MARK if test else PRODUCTION_MARK
        return f"{mark}EAU0_{_PARTS[self]}{document_id}"

    def attachment(self, document_id: str, content: bytes, *, test: bool) -> Attachment:
        """Return the only attachment: signed by the practice, plain XML from the insurer."""
        stem = self.stem(document_id, test=test)
        if self is EauMessage.ERROR:
            return Attachment(f"{stem}.xml", content, "application/xml", self.description)
        return Attachment(f"{stem}.p7s", content, description=self.description)


_PARTS = {EauMessage.NOTE: "", EauMessage.STORNO: "Storno_", EauMessage.ERROR: "Fehler_"}
_DESCRIPTIONS = {
    EauMessage.NOTE: "eAU",
    EauMessage.STORNO: "eAUStorno",
    EauMessage.ERROR: "eAUFehler-Kasse",
}


@dataclass(frozen=True, slots=True)
class Stem:
    """A name taken apart."""

    message: EauMessage
    document_id: str
    test: bool

    @classmethod
    def parse(cls, name: str) -> Stem:
        """Read a name with or without file extension; raises ValueError.

        The document id may have its URN scheme, as the annex words it.
        """
        found = _STEM.fullmatch(name.removesuffix(".p7s").removesuffix(".xml"))
        if found is None:
            raise ValueError(f"{name!r} ist kein Name einer eAU-Nachricht")
        message = next(one for one, part in _PARTS.items() if part == (found["part"] or ""))
        return cls(message, found["id"], found["mark"] == TEST_MARK)


def message_of(mail: RawMail) -> EauMessage | None:
    """Return what a mail says it carries; its version does not matter."""
    try:
        stated = Dienstkennung.parse(mail.get(HEADER) or "")
        return EauMessage(stated.procedure) if stated.application == APPLICATION else None
    except ValueError:
        return None


def attachments(mail: RawMail) -> list[RawMail]:
    """Return the parts that are attached files, whatever their kind."""
    try:
        parts = split_parts(mail)
    except MalformedMail:
        return []
    return [
        part
        for part in parts
        if (part.get("Content-Disposition") or "").lower().startswith("attachment")
    ]


def text_of(mail: RawMail) -> str:
    """Return the first text of a mail, empty when it has none."""
    try:
        parts = split_parts(mail) or [mail]
        text = next(
            (part for part in parts if (part.get("Content-Type") or "").startswith("text/plain")),
            None,
        )
        return "" if text is None else content_of(text).decode("utf-8", "replace").strip()
    except MalformedMail:
        return ""
