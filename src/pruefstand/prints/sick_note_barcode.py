"""The PDF417 barcode on the insurer's copy of a sick note: 28 fields, tabs, ISO 8859-15 (P7)."""

from __future__ import annotations

import io
from datetime import date

import pdf417gen

from pruefstand.testdata.sick_notes import Cause, NoteKind, SickNoteOrder, Step

FIELDS = 28
CHARSET = "iso-8859-15"
LONGEST = 70
"""Characters of the free texts and of the diagnoses."""

COLUMNS = 12
_FORM = ("01", "a", "12")


def barcode_fields(order: SickNoteOrder, *, covered_until: date | None = None) -> tuple[str, ...]:
    """Return the fields in their order; what is not ticked is empty."""
    cover, practitioner = order.coverage, order.practitioner
    return (
        *_FORM,
        _day(covered_until),
        cover.iknr,
        order.insured.kvnr,
        cover.insured_status,
        cover.person_group,
        cover.disease_programme,
        order.asv_team or order.practice.bsnr,
        practitioner.number,
        _day(order.issued),
        _tick(order.kind.is_first),
        _tick(not order.kind.is_first),
        _tick(Cause.WORK_ACCIDENT in order.causes),
        _tick(Step.D_PHYSICIAN in order.steps),
        _day(order.start),
        _day(order.end),
        _day(order.asserted),
        _tick(Cause.ACCIDENT in order.causes),
        _tick(Cause.SER in order.causes),
        _tick(Step.REHABILITATION in order.steps),
        _tick(Step.REINTEGRATION in order.steps),
        order.other_step[:LONGEST] if Step.OTHER in order.steps else "",
        _tick(order.seven_weeks),
        _tick(order.kind in (NoteKind.FIRST_AND_LAST, NoteKind.LAST)),
        ", ".join(map(str, order.diagnoses))[:LONGEST],
        order.text[:LONGEST],
    )


def barcode_content(order: SickNoteOrder, *, covered_until: date | None = None) -> bytes:
    """Return the octets: fields separated by tabs, none after the last.

    A character outside ISO 8859-15 becomes a question mark; a tab inside a text becomes a blank.
    """
    fields = barcode_fields(order, covered_until=covered_until)
    return "\t".join(" ".join(text.split()) for text in fields).encode(CHARSET, "replace")


def barcode_svg(order: SickNoteOrder) -> bytes:
    """Return the symbol as SVG."""
    codes = pdf417gen.encode(barcode_content(order), columns=COLUMNS, security_level=3)
    target = io.BytesIO()
    pdf417gen.render_svg(codes, scale=3, ratio=3).write(target, encoding="utf-8")
    return target.getvalue()


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%Y%m%d")


def _tick(on: bool) -> str:
    return "1" if on else ""
