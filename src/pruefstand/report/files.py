"""Writes the reports of a run into its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pruefstand.evidence.run_folder import Run
from pruefstand.report import html, junit


@dataclass(frozen=True, slots=True)
class Reports:
    """Where the reports of a run are."""

    html: Path
    junit: Path


def write_reports(run: Run) -> Reports:
    """Write `report.html` and `junit.xml` into the run folder and return their paths."""
    reports = Reports(run.folder / "report.html", run.folder / "junit.xml")
    page = html.render(run)
    reports.html.write_text(page, encoding="utf-8", errors="replace", newline="\n")
    started = str(run.info.get("started", ""))
    reports.junit.write_bytes(junit.render(run.cases, started=started))
    return reports
