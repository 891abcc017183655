"""A run folder as data frames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pruefstand.errors import OperatorError
from pruefstand.evidence.run_folder import Run

MS = 1000.0


def verdicts(run: Run) -> pd.DataFrame:
    """Return one row per scenario: id, title, verdict, steps, findings, seconds."""
    return pd.DataFrame(
        [
            {
                "Id": case.id,
                "Szenario": case.title,
                "Urteil": case.verdict.value,
                "Schritte": len(case.steps),
                "Befunde": len(case.findings),
                "Sekunden": round(case.duration, 3),
            }
            for case in run.cases
        ],
        columns=["Id", "Szenario", "Urteil", "Schritte", "Befunde", "Sekunden"],
    )


def findings(run: Run) -> pd.DataFrame:
    """Return one row per finding: which check proved or refuted which requirement where."""
    return pd.DataFrame(
        [
            {
                "Id": case.id,
                "Anforderung": finding.requirement,
                "Prüfung": finding.check,
                "Urteil": finding.verdict.value,
                "erwartet": finding.expected,
                "gesehen": finding.actual,
            }
            for case in run.cases
            for finding in case.findings
        ],
        columns=["Id", "Anforderung", "Prüfung", "Urteil", "erwartet", "gesehen"],
    )


def exchanges(run: Run) -> pd.DataFrame:
    """Return one row per recorded exchange, sizes in bytes, durations in milliseconds."""
    rows = list(_exchange_rows(run))
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["Fall", "Austausch"])
    if rows:
        frame["Beginn"] = pd.to_datetime(frame["Beginn"])
    return frame


def timings(run: Run) -> pd.DataFrame:
    """Return count, mean and maximum in milliseconds per layer, peer and operation."""
    frame = exchanges(run)
    if frame.empty:
        return frame
    grouped = frame.groupby(["Schicht", "Gegenstelle", "Operation"])["ms"]
    table = grouped.agg(["count", "mean", "max"]).reset_index()
    table.columns = ["Schicht", "Gegenstelle", "Operation", "Anzahl", "Mittel ms", "Max ms"]
    return table.sort_values("Mittel ms", ascending=False, ignore_index=True).round(1)


def message(run: Run, case: str, exchange: str, direction: str = "response") -> str:
    """Return the recorded message as text; `direction` is `request` or `response`.

    Raises OperatorError for an exchange that the run does not hold.
    """
    found = [
        entry[direction]
        for record in run.cases
        for entry in record.exchanges
        if record.id == case and entry["id"] == exchange and entry[direction]
    ]
    if not found:
        raise OperatorError(
            f"im Lauf {run.folder.name} gibt es {direction} von {exchange} in {case} nicht",
            hint="Fall und Austausch aus exchanges(run) nehmen",
        )
    headers = [f"{name}: {value}" for name, value in found[0]["headers"]]
    body = run.blob(found[0]["body"]) if found[0]["body"] else b""
    return "\n".join([found[0]["start"], *headers, "", body.decode("utf-8", "backslashreplace")])


def _exchange_rows(run: Run) -> Iterator[dict[str, Any]]:
    for case in run.cases:
        for entry in case.exchanges:
            response = entry["response"] or {}
            yield {
                "Fall": case.id,
                "Austausch": entry["id"],
                "Schicht": entry["layer"],
                "Akteur": entry["actor"],
                "Gegenstelle": entry["peer"],
                "Operation": entry["operation"],
                "Status": response.get("status"),
                "Beginn": entry["started"],
                "ms": MS * entry["duration"],
                "Anfrage": entry["request"]["size"],
                "Antwort": response.get("size", 0),
            }
