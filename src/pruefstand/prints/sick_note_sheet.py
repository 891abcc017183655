"""The three copies of a sick note as PDF, in a layout of our own (not KBV's stylesheet)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files

import typst

from pruefstand.prints.sick_note_barcode import barcode_svg
from pruefstand.testdata.sick_notes import Cause, SickNoteOrder, Step

Rows = Iterator[tuple[str, str]]


class Copy(StrEnum):
    """Whom a copy is for; the value is its heading."""

    INSURED = "Ausfertigung für Versicherte"
    EMPLOYER = "Ausfertigung zur Vorlage beim Arbeitgeber"
    INSURER = "Ausfertigung für die Krankenkasse"


class Paper(StrEnum):
    """Paper size; A5 is the default."""

    A5 = "a5"
    A4 = "a4"


_CAUSES = {
    Cause.ACCIDENT: "sonstiger Unfall, Unfallfolgen",
    Cause.WORK_ACCIDENT: "Arbeitsunfall, Arbeitsunfallfolgen, Berufskrankheit",
    Cause.SER: "Versorgungsleiden (SER)",
}
_STEPS = {
    Step.D_PHYSICIAN: "dem Durchgangsarzt zugewiesen",
    Step.REHABILITATION: "Leistungen zur medizinischen Rehabilitation",
    Step.REINTEGRATION: "stufenweise Wiedereingliederung",
    Step.OTHER: "Sonstige",
}
_BARCODE = "barcode.svg"


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page; without `order` the form is blank."""

    copy: Copy
    order: SickNoteOrder | None = None
    patient_only: bool = False
    """Patient and practice are filled in, the certificate itself is left blank."""

    def to_pdf(self, paper: Paper = Paper.A5) -> bytes:
        """Return the page as PDF."""
        return bytes(typst.compile(self._sources(paper), format="pdf"))  # type: ignore[call-overload]

    def to_png(self, paper: Paper = Paper.A5, *, resolution: float = 300) -> bytes:
        """Return the page as an image; `resolution` is in dots per inch."""
        image = typst.compile(self._sources(paper), format="png", ppi=resolution)  # type: ignore[call-overload]
        return bytes(image)

    def _sources(self, paper: Paper) -> dict[str, bytes]:
        data = {
            "paper": paper,
            "title": "Arbeitsunfähigkeitsbescheinigung",
            "copy": self.copy,
            "rows": [list(row) for row in self.rows()],
            "barcode": _BARCODE if self._has_barcode else "",
        }
        sources: dict[str, bytes] = {
            "main.typ": files("pruefstand.prints").joinpath(_TEMPLATE).read_bytes(),
            "data.json": json.dumps(data, ensure_ascii=False).encode(),
        }
        if self._has_barcode and self.order is not None:
            sources[_BARCODE] = barcode_svg(self.order)
        return sources

    def rows(self) -> Rows:
        """Yield label and value of what this copy shows."""
        yield from self._people()
        order = None if self.patient_only else self.order
        yield "Bescheinigung", "" if order is None else _kind(order)
        yield "arbeitsunfähig seit", _day(order.start if order else None)
        yield "voraussichtlich bis", _day(order.end if order else None)
        yield "festgestellt am", _day(order.asserted if order else None)
        causes = [_CAUSES[cause] for cause in order.causes] if order else []
        yield "Ursache", ", ".join(causes)
        # The employer learns neither diagnosis nor further steps.
        if self.copy is not Copy.EMPLOYER:
            yield from _medical(order)

    @property
    def _has_barcode(self) -> bool:
        return self.copy is Copy.INSURER and self.order is not None and not self.patient_only

    def _people(self) -> Rows:
        order = self.order
        yield "Name", str(order.insured.name) if order else ""
        yield "geboren am", _day(order.insured.birth_date) if order else ""
        if self.copy is not Copy.EMPLOYER:
            yield "Versicherten-ID", order.insured.kvnr if order else ""
        yield "Krankenkasse", order.coverage.insurer if order else ""
        yield "Praxis", order.practice.name if order else ""
        yield "ausgestellt am", _day(order.issued if order and not self.patient_only else None)


_TEMPLATE = "templates/sick_note.typ"


def _medical(order: SickNoteOrder | None) -> Rows:
    yield "Diagnosen", ", ".join(map(str, order.diagnoses)) if order else ""
    yield "Diagnosetext", order.text if order else ""
    steps = [_STEPS[step] for step in order.steps] if order else []
    yield "Maßnahmen", ", ".join([*steps, *([order.other_step] if order and steps else [])])
    yield "ab 7. AU-Woche", "ja" if order and order.seven_weeks else ""


def _kind(order: SickNoteOrder) -> str:
    first = "Erstbescheinigung" if order.kind.is_first else "Folgebescheinigung"
    return f"{first}, Endbescheinigung" if order.kind.is_last else first


def _day(day: date | None) -> str:
    return "" if day is None else day.strftime("%d.%m.%Y")
