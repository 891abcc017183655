"""`testreport.json`: a FHIR R4 Bundle with one TestReport per scenario.

One TestReport answers one TestScript, and a scenario is our script: a single report of the run
would have to name a script that does not exist. A step is an operation, a finding an assertion.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

from pruefstand.model.case import CaseRecord, Json, StepRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer

SYSTEM = "urn:pruefstand:testfall"
RUNS = "urn:pruefstand:lauf"
_NAMESPACE = uuid.UUID("6f4f0a1e-0d1f-5a53-9d5f-6b6a0f7f2c11")
RESULTS = {
    Verdict.PASSED: "pass",
    Verdict.HINT: "pass",
    Verdict.ATTESTED: "pass",
    Verdict.FAILED: "fail",
    Verdict.HARNESS_ERROR: "fail",
    Verdict.UNDECIDED: "pending",
    Verdict.OPEN: "pending",
    Verdict.NOT_APPLICABLE: "pending",
}
"""Code of `TestReport.result`; what is not proven stays pending."""
ASSERTIONS = {
    Verdict.PASSED: "pass",
    Verdict.ATTESTED: "pass",
    Verdict.HINT: "warning",
    Verdict.FAILED: "fail",
    Verdict.HARNESS_ERROR: "error",
    Verdict.UNDECIDED: "skip",
    Verdict.OPEN: "skip",
    Verdict.NOT_APPLICABLE: "skip",
}
"""Code of an action's result."""
STEPS = {"passed": "pass", "failed": "fail", "skipped": "skip", "undefined": "error"}


def render(dossier: Dossier) -> bytes:
    """Return the Bundle in UTF-8."""
    text = json.dumps(bundle(dossier), ensure_ascii=False, indent=1)
    return (text + "\n").encode("utf-8", errors="backslashreplace")


def bundle(dossier: Dossier) -> Json:
    """Return the Bundle; ids follow from run and scenario, so that a run has one Bundle."""
    issued = str(dossier.run.info.get("finished") or dossier.run.info.get("started") or "")
    entries = [
        _entry(dossier, case, number, issued) for number, case in enumerate(dossier.run.cases, 1)
    ]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "identifier": {"system": RUNS, "value": _line(dossier.id)},
        **({"timestamp": issued} if issued else {}),
        **({"entry": entries} if entries else {}),
    }


def _entry(dossier: Dossier, case: CaseRecord, number: int, issued: str) -> Json:
    identity = str(uuid.uuid5(_NAMESPACE, f"{_line(dossier.id)}/{number}"))
    info = dossier.run.info
    resource: Json = {
        "resourceType": "TestReport",
        "id": identity,
        "identifier": {"system": SYSTEM, "value": _line(case.id) or str(number)},
        "name": _line(case.title) or _line(case.id) or str(number),
        "status": "completed",
        "testScript": {
            "identifier": {"system": SYSTEM, "value": _line(case.id) or str(number)},
            "display": _line(case.feature) or "?",
        },
        "result": RESULTS[case.verdict],
        "tester": f"pruefstand {info.get('harness') or ''}".strip(),
        **({"issued": issued} if issued else {}),
        "participant": [
            {"type": "test-engine", "uri": "urn:pruefstand", "display": "pruefstand"},
            {"type": "server", "uri": "urn:pruefstand:sut", "display": _line(dossier.sut)},
        ],
    }
    actions = list(_actions(case))
    if actions:
        resource["test"] = [
            {"name": _line(case.id) or str(number), "description": case.verdict, "action": actions}
        ]
    return {"fullUrl": f"urn:uuid:{identity}", "resource": resource}


def _actions(case: CaseRecord) -> Iterator[Json]:
    for step in case.steps:
        yield {"operation": _step(step)}
    for finding in case.findings:
        yield {"assert": _assertion(finding)}
    # A scenario without step or check still has to say why it is what it is.
    if case.message:
        yield {"assert": {"result": ASSERTIONS[case.verdict], "message": _text(case.message)}}


def _step(step: StepRecord) -> Json:
    said = f"{step.keyword} {step.text}" + (f": {step.error}" if step.error else "")
    return {"result": STEPS.get(step.status, "error"), "message": _text(said)}


def _assertion(finding: Finding) -> Json:
    said = f"{finding.check}: erwartet {finding.expected}, tatsächlich {finding.actual}"
    return {
        "result": ASSERTIONS[finding.verdict],
        "message": _text(said),
        "detail": _line(f"{finding.requirement} {finding.verdict}"),
    }


def _text(value: str) -> str:
    """Return a FHIR markdown: control characters are not allowed, empty values neither."""
    allowed = "".join(c if c >= " " or c in "\t\n\r" else "\ufffd" for c in value)
    return allowed.encode("utf-8", errors="replace").decode() if allowed.strip() else "–"


def _line(value: str) -> str:
    return " ".join(_text(value).split()) if value.strip() else ""


WRITER = Writer(
    "testreport.json", "FHIR TestReport R4, ein Bundle je Lauf", lambda dossier: [render(dossier)]
)
