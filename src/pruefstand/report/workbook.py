"""`matrix.xlsx`: the run as a workbook; every text is a text, never a formula or a link."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, date, datetime

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pruefstand.clock import BERLIN
from pruefstand.model.verdict import Verdict
from pruefstand.report import matrix
from pruefstand.report.deception import visible
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer
from pruefstand.report.texts import Texts
from pruefstand.requirements.coverage import Entry

LIMIT = 32_767
"""Characters a cell holds."""
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}
_COLOURS = {
    Verdict.PASSED: "#E2F4E8",
    Verdict.ATTESTED: "#E2F4E8",
    Verdict.FAILED: "#FCE8E6",
    Verdict.HARNESS_ERROR: "#FCE8E6",
    Verdict.HINT: "#FDF1D6",
    Verdict.UNDECIDED: "#FDF1D6",
    Verdict.OPEN: "#FDF1D6",
}

Cell = str | int | float | date | datetime | None
Table = tuple[str, Sequence[tuple[str, int]], Sequence[Sequence[Cell]]]
"""Text key of the sheet, text keys and widths of its columns, rows."""


def render(dossier: Dossier) -> bytes:
    """Return the workbook; the same run gives the same octets."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, _OPTIONS) as book:
        book.set_properties({"title": dossier.id, "created": _moment(dossier) or _EPOCH})
        sheets = _Sheets(book, dossier.texts)
        for table in (_overview, _matrix, _requirements, _cases, _findings):
            sheets.add(*table(dossier))
    return target.getvalue()


class _Sheets:
    """Writes tables with a frozen, filtered head."""

    def __init__(self, book: xlsxwriter.Workbook, texts: Texts) -> None:
        self._book = book
        self._texts = texts
        self._head = book.add_format({"bold": True, "bg_color": "#E8ECF1", "bottom": 1})
        self._wrap = book.add_format({"text_wrap": True, "valign": "top"})
        self._day = book.add_format({"num_format": "dd.mm.yyyy", "valign": "top"})
        self._moment = book.add_format({"num_format": "dd.mm.yyyy hh:mm:ss", "valign": "top"})
        self._number = book.add_format({"valign": "top"})
        self._tones = {
            texts.verdict(verdict): book.add_format({"bg_color": colour})
            for verdict, colour in _COLOURS.items()
        }

    def add(
        self, name: str, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[Cell]]
    ) -> None:
        """Add the sheet `name` with one row per entry of `rows`."""
        sheet = self._book.add_worksheet(self._texts(name))
        for place, (key, width) in enumerate(columns):
            sheet.set_column(place, place, width)
            sheet.write_string(0, place, self._texts(key), self._head)
        sheet.freeze_panes(1, 0)
        last = max(len(rows), 1)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        for line, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                self._write(sheet, line, place, value)
        self._colour(sheet, last, len(columns) - 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _write(self, sheet: Worksheet, line: int, place: int, value: Cell) -> None:
        match value:
            case None | "":
                sheet.write_blank(line, place, None, self._wrap)
            case datetime():
                local = value.astimezone(BERLIN).replace(tzinfo=None)
                sheet.write_datetime(line, place, local, self._moment)
            case date():
                sheet.write_datetime(line, place, value, self._day)
            case int() | float():
                sheet.write_number(line, place, value, self._number)
            case _:
                sheet.write_string(line, place, _text(value), self._wrap)

    def _colour(self, sheet: Worksheet, last: int, right: int) -> None:
        for word, tone in self._tones.items():
            rule: dict[str, str | Format] = {
                "type": "cell",
                "criteria": "==",
                "value": f'"{word}"',
                "format": tone,
            }
            sheet.conditional_format(1, 0, last, right, rule)


def _text(value: str) -> str:
    plain = visible(value).encode("utf-8", errors="replace").decode("utf-8")
    return plain if len(plain) <= LIMIT else f"{plain[: LIMIT - 1]}…"


def _moment(dossier: Dossier, name: str = "finished") -> datetime | None:
    try:
        found = datetime.fromisoformat(str(dossier.run.info.get(name)))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _overview(dossier: Dossier) -> Table:
    t = dossier.texts
    rows: list[tuple[Cell, Cell]] = [(t("result.overall"), t.verdict(dossier.overall))]
    if dossier.run.info.get("selftest"):
        rows.append((t("cover.title"), t("cover.selftest")))
    for key, value in dossier.facts:
        moment = _moment(dossier, key.removeprefix("result."))
        rows.append((t(key), moment or value))
    rows += [(t.verdict(verdict), count) for verdict, count in dossier.counts.items()]
    counted = dossier.coverage.summary.items()
    rows += [(f"{t('result.requirements')}: {t.state(s)}", count) for s, count in counted]
    return "sheet.overview", (("sheet.field", 34), ("sheet.value", 80)), rows


def _matrix(dossier: Dossier) -> Table:
    columns = (
        ("sheet.requirement", 18),
        ("sheet.case", 22),
        ("sheet.title", 60),
        ("sheet.verdict", 18),
        ("sheet.checks", 40),
        ("sheet.reason", 60),
    )
    t = dossier.texts
    rows = [
        tuple(t.verdict(Verdict(value)) if place == 3 else value for place, value in enumerate(row))
        for row in map(astuple, matrix.rows(dossier.run.cases))
    ]
    return "sheet.matrix", columns, rows


def _requirements(dossier: Dossier) -> Table:
    columns = (
        ("matrix.requirement", 20),
        ("matrix.name", 60),
        ("matrix.state", 18),
        ("matrix.reason", 50),
        ("matrix.cases", 10),
        ("matrix.verb", 9),
        ("matrix.source", 30),
        ("result.version", 14),
        ("matrix.valid_from", 12),
        ("matrix.valid_to", 12),
        ("matrix.method", 12),
        ("matrix.confidence", 12),
        ("matrix.document", 22),
    )
    rows = [_requirement(dossier.texts, entry) for entry in dossier.coverage.entries]
    return "sheet.requirements", columns, rows


def _requirement(t: Texts, entry: Entry) -> tuple[Cell, ...]:
    row = entry.requirement
    return (
        row.id,
        row.title,
        t.state(entry.state),
        entry.reason,
        len(entry.cases),
        row.verb,
        row.source,
        row.source_version,
        row.valid_from,
        row.valid_to,
        row.method,
        t("matrix.read" if row.was_read else "matrix.index"),
        row.document,
    )


def _cases(dossier: Dossier) -> Table:
    columns = (
        ("sheet.case", 22),
        ("sheet.title", 70),
        ("sheet.feature", 32),
        ("sheet.verdict", 18),
        ("sheet.seconds", 12),
        ("sheet.messages", 12),
        ("sheet.reason", 60),
    )
    rows = [
        (
            row.record.id,
            row.record.title,
            row.record.feature,
            dossier.texts.verdict(row.record.verdict),
            round(row.record.duration, 3),
            row.messages,
            row.record.message,
        )
        for row in dossier.survey.rows
    ]
    return "sheet.cases", columns, rows


def _findings(dossier: Dossier) -> Table:
    columns = (
        ("findings.verdict", 18),
        ("findings.requirement", 18),
        ("findings.check", 40),
        ("findings.where", 50),
        ("findings.expected", 50),
        ("findings.actual", 50),
        ("findings.next", 50),
    )
    t = dossier.texts
    rows = [
        (
            t.verdict(remark.verdict),
            remark.requirement,
            remark.check,
            f"{remark.record.id} {remark.record.title}",
            remark.expected,
            remark.actual,
            remark.next_step(t),
        )
        for remark in dossier.survey.remarks
    ]
    return "sheet.findings", columns, rows


WRITER = Writer(
    "matrix.xlsx",
    "Arbeitsmappe: Matrix, Anforderungen, Szenarien, Befunde",
    lambda dossier: [render(dossier)],
)
