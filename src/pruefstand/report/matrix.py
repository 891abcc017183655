"""`matrix.csv`: requirement × case × verdict, one row for each pair, for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass

from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict, roll_up
from pruefstand.report.files import Writer

HEADER = ("Anforderung", "Testfall", "Titel", "Urteil", "Prüfungen", "Grund")
NO_CHECK = "beansprucht, aber keine Prüfung ausgeführt"
CLAIM = "req:"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WITHOUT_CHECK = frozenset({Verdict.NOT_APPLICABLE, Verdict.ATTESTED, Verdict.OPEN})


@dataclass(frozen=True, slots=True)
class Row:
    """What one case says about one requirement; `requirement` is empty when it names none."""

    requirement: str
    case: str
    title: str
    verdict: str
    checks: str
    reason: str


def render(cases: Iterable[CaseRecord]) -> bytes:
    """Return the matrix as CSV: UTF-8 with byte order mark and semicolons, as Excel reads it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for row in rows(cases):
        writer.writerow([_cell(value) for value in astuple(row)])
    return text.getvalue().encode("utf-8-sig", errors="replace")


def rows(cases: Iterable[CaseRecord]) -> list[Row]:
    """Return the rows by requirement, then case; a case without requirement keeps a row."""
    found = [row for case in cases for row in _rows(case)]
    return sorted(found, key=lambda row: (row.requirement, row.case, row.title))


def _rows(case: CaseRecord) -> Iterator[Row]:
    judged: dict[str, list[Finding]] = {}
    for finding in case.findings:
        judged.setdefault(finding.requirement, []).append(finding)
    claims = [tag.removeprefix(CLAIM) for tag in case.tags if tag.startswith(CLAIM)]
    for requirement, findings in judged.items():
        yield _judged(case, requirement, findings)
    for claim in dict.fromkeys(map(_identifier, claims)):
        if claim not in judged:
            yield _claimed(case, claim)
    if not judged and not claims:
        yield Row("", case.id, case.title, case.verdict.value, "", case.message)


def _judged(case: CaseRecord, requirement: str, findings: list[Finding]) -> Row:
    verdict = roll_up(finding.verdict for finding in findings)
    checks = dict.fromkeys(finding.check for finding in findings)
    deciding = next(finding for finding in findings if finding.verdict is verdict)
    reason = ""
    if verdict is not Verdict.PASSED:
        reason = f"{deciding.check}: erwartet {deciding.expected}, tatsächlich {deciding.actual}"
    # A defect of the harness devalues what the case seemed to prove, not what it found wrong.
    if case.verdict is Verdict.HARNESS_ERROR and verdict is not Verdict.FAILED:
        verdict, reason = Verdict.HARNESS_ERROR, case.message
    return Row(requirement, case.id, case.title, verdict.value, ", ".join(checks), reason)


def _claimed(case: CaseRecord, claim: str) -> Row:
    kept = case.verdict in _WITHOUT_CHECK
    verdict = case.verdict if kept else Verdict.UNDECIDED
    reason = case.message if kept else NO_CHECK
    return Row(claim, case.id, case.title, verdict.value, "", reason)


def _identifier(claim: str) -> str:
    # A tag cannot hold a space; only ids such as `Anlage 2 Nr. 1` have one.
    return claim.replace("_", " ") if claim.startswith("Anlage_") else claim


def _cell(text: str) -> str:
    """Keep a spreadsheet from running text of the tested system as a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


WRITER = Writer(
    "matrix.csv",
    "Anforderung × Testfall × Urteil für Tabellenprogramme und Skripte",
    lambda dossier: [render(dossier.run.cases)],
)
