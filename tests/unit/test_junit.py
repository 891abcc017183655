from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report import junit


def case(verdict: Verdict, **more: str) -> CaseRecord:
    return CaseRecord(
        id="TC-1",
        title=more.get("title", "Rezept"),
        feature="E-Rezept",
        tags=(),
        verdict=verdict,
        steps=(StepRecord("Dann", "ist es da", "failed", 0.1, more.get("error", "fehlt")),),
        findings=(Finding("A_1", "Status", verdict, "201", "500"),),
        duration=1.25,
        message=more.get("message", ""),
        hint=more.get("hint", ""),
    )


@pytest.mark.parametrize(
    ("verdict", "element"),
    [
        (Verdict.PASSED, None),
        (Verdict.HINT, "system-out"),
        (Verdict.ATTESTED, None),
        (Verdict.FAILED, "failure"),
        (Verdict.HARNESS_ERROR, "error"),
        (Verdict.UNDECIDED, "error"),
        (Verdict.OPEN, "skipped"),
        (Verdict.NOT_APPLICABLE, "skipped"),
    ],
)
def test_only_proven_cases_are_green(verdict: Verdict, element: str | None) -> None:
    root = ET.fromstring(junit.render([case(verdict)]))
    found = root.find("testsuite/testcase")
    assert found is not None
    assert [child.tag for child in found] == ([element] if element else [])


def test_counts_and_times_add_up() -> None:
    root = ET.fromstring(junit.render([case(verdict) for verdict in Verdict]))
    assert root.attrib == {
        "tests": "8",
        "failures": "1",
        "errors": "2",
        "skipped": "2",
        "time": "10.000",
    }


def test_a_failure_says_what_where_and_what_next() -> None:
    record = case(Verdict.FAILED, message="Kein Rezept", hint="Konnektor prüfen")
    failure = ET.fromstring(junit.render([record])).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "Kein Rezept"
    assert failure.text == (
        "Kein Rezept\n→ Konnektor prüfen\nDann ist es da: fehlt\n"
        "A_1 Status: erwartet 201, tatsächlich 500"
    )


def test_hostile_text_stays_text() -> None:
    hostile = "\x00\x1b]<script>alert(1)</script>]]>&amp;\ud800\uffff"
    document = junit.render([case(Verdict.FAILED, title=hostile, message=hostile, error=hostile)])
    failure = ET.fromstring(document).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "��]<script>alert(1)</script>]]>&amp;��"
    assert b"<script>" not in document


def test_no_cases_is_a_valid_document() -> None:
    assert ET.fromstring(junit.render([], started="2026-11-24")).get("tests") == "0"
