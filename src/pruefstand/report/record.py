"""`report.json`: the judged run for programs; its form is `report.schema.json`.

Words are English and the same in every language of the reports. Message bodies are not repeated:
`exchanges` counts them, `events.ndjson` and `blobs/` hold them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from pruefstand.model.case import Json
from pruefstand.model.verdict import Verdict
from pruefstand.report.architecture import LinkState
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer
from pruefstand.report.survey import Row
from pruefstand.requirements.coverage import Entry

FORMAT = "pruefstand-report-1"
RUN_FIELDS = (
    "id",
    "started",
    "finished",
    "as_of",
    "profile",
    "seed",
    "harness",
    "commit",
    "exit_code",
    "events",
)


def render(dossier: Dossier) -> bytes:
    """Return the JSON document in UTF-8."""
    text = json.dumps(document(dossier), ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", errors="backslashreplace")


def document(dossier: Dossier) -> Json:
    """Return what `report.json` holds."""
    info = dossier.run.info
    return {
        "format": FORMAT,
        "run": {name: info.get(name) for name in RUN_FIELDS},
        "sut": {name: info.get("sut", {}).get(name) for name in ("name", "version", "driver")},
        "finished": dossier.run.finished,
        "selftest": bool(info.get("selftest")),
        "verdict": _word(dossier.overall),
        "counts": {_word(verdict): count for verdict, count in dossier.counts.items()},
        "states": {state.word: count for state, count in dossier.coverage.summary.items()},
        "requirements": [_requirement(entry) for entry in dossier.coverage.entries],
        "unknown_requirements": list(dossier.coverage.unknown),
        "checklist": [
            {
                "id": entry.item.id,
                "title": entry.item.title,
                "state": entry.state.word,
                "reason": entry.reason,
            }
            for entry in dossier.coverage.items
        ],
        "links": _links(dossier.architecture.links, on_map=True)
        + _links(dossier.architecture.elsewhere, on_map=False),
        "cases": [_case(row) for row in dossier.survey.rows],
        "attestations": [asdict(item) for item in dossier.attestations],
        "deviations": [asdict(item) for item in dossier.deviations],
    }


def _word(verdict: Verdict) -> str:
    return verdict.name.lower().replace("_", "-")


def _requirement(entry: Entry) -> Json:
    row = entry.requirement
    return {
        "id": row.id,
        "document": row.document,
        "source": row.source,
        "source_version": row.source_version,
        "verb": row.verb,
        "title": row.title,
        "confidence": row.confidence,
        "state": entry.state.word,
        "reason": entry.reason,
        "cases": list(entry.cases),
    }


def _links(states: Iterable[LinkState], *, on_map: bool) -> list[Json]:
    return [
        {
            "ends": [state.link.left, state.link.right],
            "item": state.link.item,
            "on_map": on_map,
            "verdict": _word(state.verdict) if state.verdict else None,
            "exchanges": state.exchanges,
            "cases": list(state.cases),
        }
        for state in states
    ]


def _case(row: Row) -> Json:
    summary = row.record.summary_json()
    findings = [
        {
            "requirement": finding.requirement,
            "check": finding.check,
            "verdict": _word(finding.verdict),
            "expected": finding.expected,
            "actual": finding.actual,
            "exchange": finding.exchange,
            "message": number,
        }
        for finding, number in zip(row.record.findings, row.places, strict=True)
    ]
    return {
        **summary,
        "verdict": _word(row.record.verdict),
        "findings": findings,
        "exchanges": row.exchanges,
        "messages": row.messages,
    }


WRITER = Writer(
    "report.json",
    "Urteile für Programme, Form in report.schema.json",
    lambda dossier: [render(dossier)],
)
