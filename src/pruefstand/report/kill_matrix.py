"""The kill matrix as CSV, JSON and one HTML table."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from html import escape
from pathlib import Path

from pruefstand.requirements.kill_matrix import Judgement, Matrix, Row

FILES = ("kill-matrix.csv", "kill-matrix.json", "kill-matrix.html")
_COLUMNS = (
    "Rolle",
    "Fehler",
    "Was geschieht",
    "Köder",
    "soll rot",
    "ist rot",
    "Urteil",
    "Prüfungen",
    "Szenarien",
    "abgebrochen",
)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#1a1a1a;background:#fff}"
    "table{border-collapse:collapse}caption{text-align:left;font-weight:600}"
    "td,th{border:1px solid #bbb;padding:.3rem .5rem;vertical-align:top;text-align:left}"
    "th{background:#f2f2f2;position:sticky;top:0}.bad td{background:#fde8e8}"
)


def write_matrix(matrix: Matrix, folder: Path) -> list[Path]:
    """Write all forms into `folder` and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = (csv_text(matrix), json_text(matrix), html_text(matrix))
    paths = [folder / name for name in FILES]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def csv_text(matrix: Matrix) -> str:
    """Return the matrix as CSV, one line per fault."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_cells(row) for row in matrix.rows)
    return sheet.getvalue()


def json_text(matrix: Matrix) -> str:
    """Return the matrix with its problems as JSON."""
    rows = [
        {
            "fault": row.address,
            "text": row.fault.text,
            "lure": row.fault.lure,
            "expected": sorted(row.fault.breaks),
            "red": sorted(row.red),
            "checks": sorted(row.killed),
            "judgement": row.judgement.value,
            "scenarios": row.scenarios,
            "died": row.died,
        }
        for row in matrix.rows
    ]
    whole = {"holds": matrix.holds, "problems": list(matrix.problems), "faults": rows}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def html_text(matrix: Matrix) -> str:
    """Return the matrix as one page without any outside resource."""
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in _COLUMNS)
    body = "".join(_html_row(row) for row in matrix.rows)
    problems = "".join(f"<li>{escape(problem)}</li>" for problem in matrix.problems)
    exact = sum(row.judgement is Judgement.EXACT for row in matrix.rows)
    faults = sum(row.judgement is not Judgement.LURE for row in matrix.rows)
    return (
        '<!doctype html><html lang="de"><head><meta charset="utf-8">'
        f"<title>Kill-Matrix</title><style>{_STYLE}</style></head><body><main>"
        "<h1>Kill-Matrix: Fehler gegen Anforderungen</h1>"
        f"<p>{exact} von {faults} Fehlern färben genau ihre Anforderungen rot.</p>"
        f"{f'<ul>{problems}</ul>' if problems else ''}"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></main></body></html>\n"
    )


def _html_row(row: Row) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in _cells(row))
    return f"<tr{'' if row.holds else ' class=bad'}>{cells}</tr>"


def _cells(row: Row) -> tuple[str, ...]:
    role, _, name = row.address.partition("/")
    return (
        role,
        name,
        row.fault.text,
        row.fault.lure,
        _listed(row.fault.breaks),
        _listed(row.red),
        row.judgement.value,
        _listed(row.killed),
        str(row.scenarios),
        str(row.died),
    )


def _listed(names: Iterable[str]) -> str:
    return " ".join(sorted(names))
