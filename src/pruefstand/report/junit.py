"""JUnit XML for CI systems: what is not proven must not look green there."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator

from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer

ELEMENT = {
    Verdict.FAILED: "failure",
    Verdict.HARNESS_ERROR: "error",
    Verdict.UNDECIDED: "error",
    Verdict.OPEN: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
}
"""The child that says why a case is not green; the other verdicts have none."""
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(cases: Iterable[CaseRecord], *, name: str = "pruefstand", started: str = "") -> bytes:
    """Return the JUnit document; `started` is ISO 8601, durations are in seconds."""
    cases = list(cases)
    kinds = [ELEMENT.get(case.verdict) for case in cases]
    counts = {
        "tests": str(len(cases)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(case.duration for case in cases):.3f}",
    }
    root = ET.Element("testsuites", counts)
    stamp = {"timestamp": _clean(started)} if started else {}
    suite = ET.SubElement(root, "testsuite", {"name": _clean(name), **stamp, **counts})
    for case in cases:
        _add_case(suite, case)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _add_case(suite: ET.Element, case: CaseRecord) -> None:
    attributes = {
        "classname": _clean(case.feature),
        "name": _clean(f"{case.id} {case.title}".strip()),
        "time": f"{case.duration:.3f}",
    }
    element = ET.SubElement(suite, "testcase", attributes)
    kind = ELEMENT.get(case.verdict)
    if kind:
        message = _clean(case.message or case.verdict.value)
        child = ET.SubElement(element, kind, {"message": message, "type": case.verdict.value})
        child.text = _clean("\n".join(_explanation(case)))
    elif case.verdict is Verdict.HINT:
        ET.SubElement(element, "system-out").text = _clean("\n".join(_explanation(case)))


def _explanation(case: CaseRecord) -> list[str]:
    lines = [case.message, f"→ {case.hint}" if case.hint else ""]
    lines += [f"{s.keyword} {s.text}: {s.error}" for s in case.steps if s.error]
    lines += [
        f"{f.requirement} {f.check}: erwartet {f.expected}, tatsächlich {f.actual}"
        for f in case.findings
        if f.verdict is not Verdict.PASSED
    ]
    return [line for line in lines if line]


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _pieces(dossier: Dossier) -> Iterator[bytes]:
    yield render(dossier.run.cases, started=str(dossier.run.info.get("started", "")))


WRITER = Writer("junit.xml", "Testergebnis für CI-Systeme", _pieces)
