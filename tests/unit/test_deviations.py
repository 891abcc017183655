"""Known deviations: read strictly, never a green verdict, expired and vanished ones are named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from pruefstand.cli.accept import exit_code
from pruefstand.cli.surroundings import counting
from pruefstand.errors import ConfigurationError, ExitCode
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.requirements.deviations import (
    Deviation,
    State,
    account,
    excused,
    read_deviations,
)

DAY = date(2026, 11, 25)
KNOWN = Deviation("ABW-1", "Ada", "wird behoben", DAY, requirement="A_10001")
ENTRY = """
[[deviation]]
id = "ABW-1"
requirement = "A_10001"
case = "ERP-0001"
owner = "Ada"
reason = "wird behoben"
expires = 2026-11-25
ticket = "PVS-1"
"""


def finding(verdict: Verdict, requirement: str = "A_10001") -> Finding:
    return Finding(requirement, "pruefung", verdict, "soll", "ist")


def case(*findings: Finding, id: str = "ERP-0001#a", error: str | None = None) -> CaseRecord:
    """Return a case that failed by its checks, or with `error`."""
    failed = [f for f in findings if f.verdict is Verdict.FAILED]
    told = "\n".join(f.line for f in failed) if error is None else error
    verdict = Verdict.FAILED if failed or error else Verdict.PASSED
    step = StepRecord("Dann", "x", "failed" if told else "passed", error=told)
    return CaseRecord(id, "T", "f", (), verdict, steps=(step,), findings=findings, blame="sut")


def states(deviation: Deviation, *cases: CaseRecord, day: date = DAY) -> State:
    return account([deviation], cases, day)[0].state


def test_an_entry_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "deviations.toml"
    file.write_text(ENTRY, "utf-8")
    (found,) = read_deviations(file, tmp_path / "fehlt.toml")
    wanted = Deviation("ABW-1", "Ada", "wird behoben", DAY, "A_10001", "ERP-0001", "PVS-1")
    assert found == wanted


def test_the_shipped_register_is_empty_and_valid() -> None:
    root = Path(__file__).resolve().parents[2]
    assert read_deviations(root / "catalogue" / "deviations.toml") == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('owner = "Ada"', "", "owner fehlt"),
        ('reason = "wird behoben"', 'reason = ""', "reason fehlt"),
        ("expires = 2026-11-25", "", "expires fehlt"),
        ("expires = 2026-11-25", 'expires = "morgen"', "kein Tag"),
        ("expires = 2026-11-25", "expires = 2026-11-25T10:00:00", "kein Tag"),
        ('ticket = "PVS-1"', "ticket = 1", "kein Text"),
        ('ticket = "PVS-1"', 'tiket = "x"', "unbekannter Schlüssel 'tiket'"),
        ('requirement = "A_10001"\ncase = "ERP-0001"', "", "weder requirement noch case"),
        ("[[deviation]]", "[[abweichung]]", "erwartet nur Tabellen"),
        ("[[deviation]]", "[deviation]", "erwartet nur Tabellen"),
        ("[[deviation]]", "[[deviation", "kein gültiges TOML"),
        (ENTRY, ENTRY + ENTRY, "steht schon im Register"),
    ],
)
def test_a_broken_entry_is_named_with_its_file(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    file = tmp_path / "deviations.toml"
    file.write_text(ENTRY.replace(old, new), "utf-8")
    with pytest.raises(ConfigurationError, match=words) as caught:
        read_deviations(file)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([case(finding(Verdict.FAILED))], State.KNOWN),
        ([case(finding(Verdict.HINT))], State.KNOWN),
        ([case(finding(Verdict.PASSED))], State.GONE),
        ([case(finding(Verdict.PASSED)), case(finding(Verdict.FAILED), id="b")], State.KNOWN),
        ([case(finding(Verdict.NOT_APPLICABLE))], State.UNSEEN),
        ([case(finding(Verdict.FAILED, "A_2"))], State.UNSEEN),
        ([], State.UNSEEN),
    ],
)
def test_a_run_says_what_became_of_a_deviation(cases: list[CaseRecord], expected: State) -> None:
    assert states(KNOWN, *cases) is expected


def test_after_its_last_day_it_counts_fully_again() -> None:
    failed = case(finding(Verdict.FAILED))
    later = account([KNOWN], [failed], date(2026, 11, 26))
    assert later[0].state is State.EXPIRED
    assert not excused(failed, later)
    assert exit_code(counting([failed], later), 0, broken=False) is ExitCode.SUT_FAILED


def test_a_test_case_without_requirement_is_covered_as_a_whole() -> None:
    whole = replace(KNOWN, requirement="", case="ERP-0001")
    failed = case(error="Verbindung abgelehnt")
    accounted = account([whole], [failed, case(id="ERP-0002", error="x")], DAY)
    assert accounted[0].cases == ("ERP-0001#a",)
    assert excused(failed, accounted)
    assert states(replace(whole, case="ERP-0001#b"), failed) is State.UNSEEN
    assert states(whole, replace(failed, verdict=Verdict.OPEN)) is State.UNSEEN


@pytest.mark.parametrize(
    "failed",
    [
        case(finding(Verdict.FAILED), finding(Verdict.FAILED, "A_2")),
        case(finding(Verdict.FAILED), error="Verbindung abgelehnt"),
        case(error="Verbindung abgelehnt"),
    ],
    ids=["another-finding", "another-error", "no-finding"],
)
def test_only_what_is_known_is_excused(failed: CaseRecord) -> None:
    accounted = account([KNOWN], [failed], DAY)
    assert not excused(failed, accounted)
    assert exit_code(counting([failed], accounted), 0, broken=False) is ExitCode.SUT_FAILED


def test_the_verdict_stays_red_and_the_exit_code_needs_consent() -> None:
    failed = case(finding(Verdict.FAILED))
    accounted = account([KNOWN], [failed], DAY)
    assert failed.verdict is Verdict.FAILED
    assert exit_code([failed], 0, broken=False) is ExitCode.SUT_FAILED
    assert exit_code(counting([failed], accounted), 0, broken=False) is ExitCode.GREEN
    told = accounted[0].to_json()
    assert (told["state"], told["cases"]) == ("bekannte Abweichung", ["ERP-0001#a"])
    assert "bis 25.11.2026, Ada" in str(accounted[0])
