"""The practice's desk for letters to colleagues: write, sign, put into a mail."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.drivers.kim import KimMember
from pruefstand.flows import earztbrief
from pruefstand.flows.earztbrief import LetterDraft
from pruefstand.kim.dienstkennung import EARZTBRIEF
from pruefstand.kim.earztbrief import RECEIPT_TO, RETURN_PATH
from pruefstand.kim.mail import KimMail
from pruefstand.prints.letter_sheet import letter_pdf
from pruefstand.rng import Rng
from pruefstand.testdata.letters import Letter

SUBJECT = "eArztbrief"
TEXT = "Diese Nachricht enthält einen eArztbrief."


@dataclass(slots=True)
class LetterDesk:
    """One practice with its Konnektor and its KIM address."""

    konnektor: KonnektorClient
    member: KimMember
    rng: Rng

    def write(
        self, letter: Letter, to: str, *, with_further: bool = False, read_receipt: bool = False
    ) -> KimMail:
        """Return the mail of one signed letter; raises KonnektorFault, SutError."""
        number = str(self.rng.uuid())
        written = self.written(earztbrief.draft(letter, number, self.member.clock.now()))
        pdf = self.sign(written)
        further = [letter_pdf(letter, written.written)] if with_further else []
        return self.member.write(
            [to],
            SUBJECT,
            TEXT,
            attachments=earztbrief.attachments(number, pdf, written.xml, further),
            dienstkennung=EARZTBRIEF,
            further=self.receipt_fields() if read_receipt else (),
        )

    def written(self, draft: LetterDraft) -> LetterDraft:
        """Return the files of a letter as they are to be signed and sent."""
        return draft

    def sign(self, written: LetterDraft) -> bytes:
        """Return the signed PDF/A."""
        return earztbrief.sign(self.konnektor, written.pdf)

    def receipt_fields(self) -> tuple[tuple[str, str], ...]:
        """Return the header fields that ask for a read receipt."""
        return (RECEIPT_TO, self.member.address), (RETURN_PATH, f"<{self.member.address}>")
