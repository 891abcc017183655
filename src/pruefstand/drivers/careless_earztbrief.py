"""A desk for letters that writes and signs carelessly.

With an empty fault set it behaves exactly as the desk it extends. What goes wrong with the mail
itself stands in `careless_mail`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pruefstand.cda.header import IKNR, INSURED_ID
from pruefstand.cda.letter import build_letter
from pruefstand.drivers import carelessness_kim as named
from pruefstand.drivers.earztbrief import LetterDesk
from pruefstand.drivers.slips import Placing, Slip, replaced
from pruefstand.flows.earztbrief import LetterDraft
from pruefstand.model.fault import FaultSet
from pruefstand.prints.letter_sheet import letter_pdf
from pruefstand.rng import Rng
from pruefstand.testdata import persons

INSTEAD = Placing.INSTEAD


def _xml(*pairs: tuple[str, str]) -> Callable[[LetterDraft], LetterDraft]:
    """Return what replaces every place of each pattern in the XML."""

    def edit(draft: LetterDraft) -> LetterDraft:
        text = draft.xml.decode()
        for pattern, by in pairs:
            text = re.sub(pattern, by, text)
        return replace(draft, xml=text.encode())

    return edit


def _no_archive(draft: LetterDraft) -> LetterDraft:
    return replace(draft, pdf=letter_pdf(draft.letter, draft.written, standards=()))


def _no_people(draft: LetterDraft) -> LetterDraft:
    return replace(draft, pdf=letter_pdf(draft.letter, draft.written, with_people=False))


def _other_patient(draft: LetterDraft) -> LetterDraft:
    other = replace(draft.letter, insured=persons.insured(Rng("anderer Patient")))
    xml = build_letter(other, document_id="1", written=draft.written, body="1.pdf")
    return replace(draft, xml=xml)


FILES: tuple[Slip[LetterDraft], ...] = (
    Slip(named.LETTER_NO_ARCHIVE, "", INSTEAD, _no_archive),
    Slip(named.LETTER_NO_PEOPLE, "", INSTEAD, _no_people),
    Slip(named.LETTER_OTHER_PATIENT, "", INSTEAD, _other_patient),
    Slip(named.LETTER_NO_CDA, "", INSTEAD, _xml(("<typeId [^>]*>", ""))),
    Slip(
        named.LETTER_BARE_HEADER,
        "",
        INSTEAD,
        _xml((r"<postalCode>\d+</postalCode>", ""), (r"<code code=\"SELF\".*?</code>", "")),
    ),
    Slip(
        named.LETTER_OTHER_OID,
        "",
        INSTEAD,
        _xml((re.escape(f'"{INSURED_ID}"'), '"2.999.8"'), (re.escape(f'"{IKNR}"'), '"2.999.5"')),
    ),
)


@dataclass(slots=True)
class CarelessLetterDesk(LetterDesk):
    """A desk whose `faults` decide."""

    faults: FaultSet = field(default_factory=FaultSet)

    def written(self, draft: LetterDraft) -> LetterDraft:
        """Return what becomes of the files of a letter."""
        return replaced(FILES, self.faults, "", draft)

    def sign(self, written: LetterDraft) -> bytes:
        """Return the PDF as it is sent."""
        if named.LETTER_UNSIGNED in self.faults:
            return written.pdf
        return LetterDesk.sign(self, written)
