"""Writes the reports of a run into its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pruefstand.evidence.run_folder import Run
from pruefstand.report import html, junit, matrix


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the reports of a run are."""

    html: Path
    junit: Path
    matrix: Path


def write_reports(run: Run) -> Reports:
    """Write `report.html`, `junit.xml` and `matrix.csv` into the run folder, return their paths."""
    names = ("report.html", "junit.xml", "matrix.csv")
    reports = Reports(*(run.folder / name for name in names))
    with reports.html.open("w", encoding="utf-8", errors="replace", newline="\n") as page:
        page.writelines(html.pieces(run))
    started = str(run.info.get("started", ""))
    reports.junit.write_bytes(junit.render(run.cases, started=started))
    reports.matrix.write_bytes(matrix.render(run.cases))
    return reports
