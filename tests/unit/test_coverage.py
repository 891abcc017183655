"""States of requirements after a run: only an executed check proves one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pruefstand.cli import requirements as command
from pruefstand.clock import VirtualClock
from pruefstand.errors import ExitCode, OperatorError
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem
from pruefstand.requirements.coverage import State, cover
from tests.unit.catalogue_rows import requirement

ROW = requirement("A_10001")


def item(*keys: str, reason: str = "") -> ChecklistItem:
    """Return an item of a checklist."""
    return ChecklistItem("CL-1", "L", "G", "T", "E", keys, "automatic", reason)


CATALOGUE = Catalogue(
    (
        ROW,
        replace(ROW, id="A_20002"),
        replace(ROW, id="A_30003", method="document", not_tested_reason="ein Dokument"),
    ),
    {"quelle": frozenset({"erezept"})},
    (item("quelle:A_10001", "quelle:A_20002"),),
)


def finding(verdict: Verdict, identifier: str = "A_10001") -> Finding:
    """Return what a check says."""
    return Finding(identifier, "pruefung", verdict, "soll", "ist")


def case(
    *findings: Finding,
    verdict: Verdict = Verdict.PASSED,
    tags: tuple[str, ...] = (),
    id: str = "T-1",
) -> CaseRecord:
    """Return a case of the folder `erezept`."""
    return CaseRecord(id, "Titel", "erezept/x.feature", tags, verdict, findings=findings)


def state(*cases: CaseRecord, identifier: str = "A_10001") -> State:
    """Return the state of one requirement after `cases`."""
    entries = cover(CATALOGUE, cases).entries
    return next(entry.state for entry in entries if entry.requirement.id == identifier)


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (Verdict.PASSED, State.PROVEN),
        (Verdict.FAILED, State.FAILED),
        (Verdict.HINT, State.HINT),
        (Verdict.UNDECIDED, State.INCONCLUSIVE),
        (Verdict.OPEN, State.OPEN),
        (Verdict.ATTESTED, State.ATTESTED),
        (Verdict.NOT_APPLICABLE, State.NOT_APPLICABLE),
    ],
)
def test_a_finding_decides_the_state(verdict: Verdict, expected: State) -> None:
    assert state(case(finding(verdict))) is expected


def test_every_verdict_has_a_state() -> None:
    assert all(isinstance(state(case(finding(verdict))), State) for verdict in Verdict)


def test_a_claim_without_a_check_proves_nothing() -> None:
    assert state(case(tags=("req:A_10001",))) is State.CLAIMED_ONLY
    assert state(case(finding(Verdict.PASSED), tags=("req:A_10001",))) is State.PROVEN


def test_a_claim_of_a_case_that_ended_early_is_inconclusive() -> None:
    ended = case(verdict=Verdict.FAILED, tags=("req:A_10001",), id="T-2")
    assert state(ended) is State.INCONCLUSIVE
    assert state(case(finding(Verdict.PASSED)), ended) is State.INCONCLUSIVE


def test_a_check_that_was_executed_outranks_a_mere_claim() -> None:
    assert state(case(finding(Verdict.PASSED)), case(tags=("req:A_10001",))) is State.PROVEN


def test_one_failed_check_outranks_every_other() -> None:
    verdicts = [Verdict.PASSED, Verdict.ATTESTED, Verdict.UNDECIDED, Verdict.FAILED, Verdict.HINT]
    cases = [case(finding(verdict), id=f"T-{n}") for n, verdict in enumerate(verdicts)]
    entry = cover(CATALOGUE, cases).entries[0]
    assert (entry.state, entry.cases) == (State.FAILED, ("T-3",))


def test_a_pass_in_a_failed_case_still_counts() -> None:
    both = case(finding(Verdict.PASSED), finding(Verdict.FAILED, "A_20002"), verdict=Verdict.FAILED)
    assert state(both) is State.PROVEN
    assert state(both, identifier="A_20002") is State.FAILED


def test_a_defect_of_the_harness_devalues_what_passed() -> None:
    broken = Verdict.HARNESS_ERROR
    assert state(case(finding(Verdict.PASSED), verdict=broken)) is State.INCONCLUSIVE
    assert state(case(finding(Verdict.FAILED), verdict=broken)) is State.FAILED


def test_what_no_case_names_is_uncovered_or_not_testable() -> None:
    entries = {entry.requirement.id: entry for entry in cover(CATALOGUE, []).entries}
    assert entries["A_10001"].state is State.UNCOVERED
    assert entries["A_30003"].state is State.NOT_TESTABLE
    assert entries["A_30003"].reason == "ein Dokument"


def test_a_proof_outranks_not_testable() -> None:
    assert state(case(finding(Verdict.PASSED, "A_30003")), identifier="A_30003") is State.PROVEN


def test_ids_the_catalogue_lacks_are_named() -> None:
    result = cover(CATALOGUE, [case(finding(Verdict.PASSED, "A_9"), tags=("req:A_8",))])
    assert result.unknown == ("A_8", "A_9")


def test_observations_without_an_id_are_no_requirement() -> None:
    assert cover(CATALOGUE, [case(finding(Verdict.HINT, ""))]).unknown == ()


def test_the_summary_names_every_state() -> None:
    result = cover(CATALOGUE, [case(finding(Verdict.PASSED))])
    assert set(result.summary) == set(State)
    assert sum(result.summary.values()) == len(CATALOGUE.requirements)


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([case(finding(Verdict.PASSED))], ExitCode.GREEN),
        ([case(finding(Verdict.FAILED))], ExitCode.SUT_FAILED),
        ([case(finding(Verdict.UNDECIDED))], ExitCode.UNDECIDED),
        ([case(tags=("req:A_10001",))], ExitCode.UNDECIDED),
        ([case(finding(Verdict.PASSED, "A_9"))], ExitCode.HARNESS),
        ([], ExitCode.NOTHING_SELECTED),
    ],
)
def test_the_exit_code_follows_what_was_touched(
    cases: list[CaseRecord], expected: ExitCode
) -> None:
    assert cover(CATALOGUE, cases).exit_code is expected


def checkpoint(*findings: Finding, of: ChecklistItem | None = None) -> tuple[State, str]:
    """Return state and reason of the one item of the checklist."""
    given = replace(CATALOGUE, checklist=(of,)) if of else CATALOGUE
    (entry,) = cover(given, [case(*findings)]).items
    return entry.state, entry.reason


def test_a_checkpoint_needs_all_its_requirements() -> None:
    one, two = finding(Verdict.PASSED), finding(Verdict.PASSED, "A_20002")
    assert checkpoint(one, two) == (State.PROVEN, "2 von 2 Anforderungen belegt")
    assert checkpoint(one) == (State.UNCOVERED, "1 von 2 Anforderungen belegt")
    assert checkpoint(one, finding(Verdict.FAILED, "A_20002"))[0] is State.FAILED


def test_a_checkpoint_without_requirements_is_never_proven() -> None:
    assert checkpoint(finding(Verdict.PASSED), of=item())[0] is State.UNCOVERED
    told = checkpoint(of=item(reason="nur durch eine Person"))
    assert told == (State.NOT_TESTABLE, "nur durch eine Person")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Write two runs; in the newest A_19275 is proven and P6-21 only claimed."""
    clock = VirtualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    newest = case(finding(Verdict.PASSED, "A_19275"), tags=("req:P6-21",))
    for name, record in {
        "20261123-100000-aaaaaa": case(finding(Verdict.FAILED, "A_19275"), verdict=Verdict.FAILED),
        "20261123-110000-bbbbbb": newest,
    }.items():
        RunWriter(tmp_path / name, clock).finish({"id": name, "selftest": True}, [record])
    return tmp_path


def test_coverage_reads_the_newest_run(runs: Path) -> None:
    result = CliRunner().invoke(command.app, ["coverage", "--runs", str(runs), "--json"])
    told = json.loads(result.stdout)
    states = {row["id"]: row["state"] for row in told["requirements"]}
    assert result.exit_code == ExitCode.UNDECIDED
    assert told["run"] == "20261123-110000-bbbbbb"
    assert told["selftest"] is True
    assert (states["A_19275"], states["P6-21"]) == ("proven", "claimed-only")


def test_coverage_of_a_given_run_shows_the_wanted_state(runs: Path) -> None:
    given = str(runs / "20261123-100000-aaaaaa")
    result = CliRunner().invoke(command.app, ["coverage", given, "--state", "failed"])
    assert result.exit_code == ExitCode.SUT_FAILED
    assert "Selbsttest des Prüfstands" in result.stdout
    assert "A_19275" in result.stdout
    assert "P6-21" not in result.stdout


def test_coverage_without_a_run_names_the_next_action(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="zuerst pruefstand accept"):
        CliRunner().invoke(
            command.app, ["coverage", "--runs", str(tmp_path)], catch_exceptions=False
        )


def test_an_unknown_state_is_refused(runs: Path) -> None:
    with pytest.raises(OperatorError, match="--state gut gibt es nicht → erlaubt: failed"):
        CliRunner().invoke(
            command.app, ["coverage", "--runs", str(runs), "--state", "gut"], catch_exceptions=False
        )


def test_show_says_that_only_the_title_was_seen() -> None:
    index = CliRunner().invoke(command.app, ["show", "A_19021-02"]).stdout
    read = CliRunner().invoke(command.app, ["show", "A_19275"]).stdout
    assert command.ONLY_INDEX in index
    assert "Text gelesen" in read
    assert command.ONLY_INDEX not in read


def test_show_knows_checkpoints() -> None:
    assert "kbv_erezept:P6-21" in CliRunner().invoke(command.app, ["show", "CL-GOL-06c"]).stdout


@pytest.mark.parametrize(
    ("identifier", "words"),
    [("A_19021-01", "in Kraft ist A_19021-02"), ("P36_37", "meinten Sie .*P36-37")],
)
def test_show_helps_with_a_wrong_id(identifier: str, words: str) -> None:
    with pytest.raises(OperatorError, match=words):
        CliRunner().invoke(command.app, ["show", identifier], catch_exceptions=False)
