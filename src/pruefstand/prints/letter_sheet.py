"""A physician's letter on paper, as PDF/A."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from importlib.resources import files

import typst

from pruefstand.pdf.typesetting import ARCHIVE, set_pdf
from pruefstand.testdata.letters import Letter

_TEMPLATE = "templates/letter.typ"


def letter_pdf(
    letter: Letter,
    written: datetime,
    *,
    standards: Sequence[typst.PDFStandard] = ARCHIVE,
    with_people: bool = True,
) -> bytes:
    """Return the letter with all that assigns it to patient and sender, unless left out.

    Raises HarnessError when Typst refuses the document.
    """
    data = {
        "sender": [letter.practice.name, str(letter.practitioner.name), letter.practice.phone]
        if with_people
        else [],
        "recipient": letter.recipient,
        "day": letter.day.strftime("%d.%m.%Y"),
        "patient": [list(row) for row in _patient(letter)] if with_people else [],
        "paragraphs": [list(pair) for pair in letter.paragraphs],
    }
    template = files("pruefstand.prints").joinpath(_TEMPLATE).read_bytes()
    return set_pdf(template, data, what="eArztbrief", at=written, standards=standards)


def _patient(letter: Letter) -> Iterator[tuple[str, str]]:
    insured, address = letter.insured, letter.insured.address
    yield "Patient", str(insured.name)
    yield "geboren am", insured.birth_date.strftime("%d.%m.%Y")
    yield "Anschrift", f"{address.street} {address.house_number}"
    yield "Ort", f"{address.postal_code} {address.city}"
    yield "Versicherten-ID", insured.kvnr
    yield "Kostenträger", f"{letter.coverage.insurer} ({letter.coverage.iknr})"
