"""The printed copies and their barcode, read back by an independent decoder."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from pruefstand.prints.sick_note_barcode import (
    FIELDS,
    barcode_content,
    barcode_fields,
)
from pruefstand.prints.sick_note_sheet import Copy, Paper, Sheet
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import VARIANTS, Diagnosis, NoteKind, variant

DAY = date(2026, 11, 25)
FULL = replace(
    variant(Rng("print"), DAY, "maßnahmen"),
    text="Rückenschmerz nach Sturz, 5 € Salbe",
    diagnoses=(Diagnosis("O26.83"), Diagnosis("S51.9", "G", "L")),
    seven_weeks=True,
)


def read(png: bytes) -> bytes:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    assert found.format == zxingcpp.BarcodeFormat.PDF417
    return bytes(found.bytes)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_the_barcode_is_read_back_field_by_field(name: str) -> None:
    order = variant(Rng(name), DAY, name, NoteKind.LAST if name == "unfall" else NoteKind.FIRST)
    fields = read(Sheet(Copy.INSURER, order).to_png()).decode("iso-8859-15").split("\t")
    assert len(fields) == FIELDS
    assert tuple(fields) == barcode_fields(order)


def test_the_fields_stand_in_their_order() -> None:
    fields = barcode_fields(FULL, covered_until=date(2027, 3, 31))
    assert fields[:4] == ("01", "a", "12", "20270331")
    assert fields[4:6] == (FULL.coverage.iknr, FULL.insured.kvnr)
    assert fields[9:12] == (FULL.practice.bsnr, FULL.practitioner.number, "20261125")
    assert fields[12:16] == ("1", "", "", "1")
    assert fields[16:19] == ("20261125", "20261129", "20261125")
    assert fields[21:23] == ("1", "1")
    assert fields[24:26] == ("1", "")
    assert fields[26] == "O26.83 G, S51.9 G L"


def test_the_content_is_iso_8859_15_without_trailing_tab() -> None:
    content = barcode_content(FULL)
    assert b"R\xfcckenschmerz" in content
    assert b"5 \xa4" in content
    assert content.count(b"\t") == FIELDS - 1
    assert not content.endswith(b"\t")


def test_hostile_text_cannot_move_a_field() -> None:
    content = barcode_content(replace(FULL, text="a\tb\nc 中 " + "x" * 500))
    assert content.count(b"\t") == FIELDS - 1
    assert b"a b c ? x" in content


@pytest.mark.parametrize("paper", list(Paper))
def test_each_copy_shows_what_its_reader_may_know(paper: Paper) -> None:
    shown = {copy: text_of(Sheet(copy, FULL).to_pdf(paper)) for copy in Copy}
    for text in shown.values():
        assert FULL.insured.name.family in text
        assert "29.11.2026" in text
    assert "O26.83" not in shown[Copy.EMPLOYER]
    assert FULL.insured.kvnr not in shown[Copy.EMPLOYER]
    assert "O26.83" in shown[Copy.INSURER]
    assert "O26.83" in shown[Copy.INSURED]


@pytest.mark.parametrize(("paper", "width"), [(Paper.A5, 420), (Paper.A4, 595)])
def test_the_paper_has_its_size_and_the_copy_one_page(paper: Paper, width: int) -> None:
    (page,) = PdfReader(io.BytesIO(Sheet(Copy.INSURER, FULL).to_pdf(paper))).pages
    assert round(float(page.mediabox.width)) == width


def test_only_the_insurers_copy_has_the_barcode() -> None:
    assert read(Sheet(Copy.INSURER, FULL).to_png(Paper.A4)) == barcode_content(FULL)
    for copy in (Copy.INSURED, Copy.EMPLOYER):
        image = Image.open(io.BytesIO(Sheet(copy, FULL).to_png()))
        assert zxingcpp.read_barcodes(image) == []


def test_blank_forms_tell_nothing() -> None:
    blank = text_of(Sheet(Copy.INSURED).to_pdf())
    assert "arbeitsunfähig seit" in blank
    assert "2026" not in blank
    person = text_of(Sheet(Copy.INSURED, FULL, patient_only=True).to_pdf())
    assert FULL.insured.name.family in person
    assert "O26.83" not in person
    assert "2026" not in person


def test_text_is_no_code() -> None:
    order = replace(FULL, text='#panic("x") $ * _ \\')
    assert '#panic("x")' in text_of(Sheet(Copy.INSURED, order).to_pdf())
