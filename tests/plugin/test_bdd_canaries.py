"""What pytest-bdd does behind our back, and what our plugin makes of it, one scenario each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pruefstand.cli.accept import ONLY_OURS
from pruefstand.model.case import CaseRecord

CONFTEST = """
import json
from pathlib import Path

import pytest

from pruefstand.checks.check import Check, Judgement
from pruefstand.pytest_plugin.plugin import record_of
from pruefstand.transport.recorder import Recorder


@pytest.fixture()
def recorder():
    return Recorder()


def judged(name, holds, should=False):
    return Check(name, ("A_1",), lambda _: Judgement(holds, f"{name} soll", f"{name} ist"), should)


holds = judged("holds", True)
breaks = judged("breaks", False)
breaks_too = judged("breaks_too", False)
should_hold = judged("should_hold", False, should=True)


class Collector:
    def pytest_runtest_logreport(self, report):
        case = record_of(report)
        if case is not None:
            with Path(__file__).with_name("cases.ndjson").open("a") as file:
                file.write(json.dumps(case.to_json()) + "\\n")


def pytest_configure(config):
    if not hasattr(config, "workerinput"):  # the controller alone collects
        config.pluginmanager.register(Collector())
"""

STEPS = """
import pytest
from pytest_bdd import given, when, then, parsers, scenarios

import conftest
from pruefstand.errors import ConfigurationError, EnvironmentProblem, OperatorError, SutError

scenarios("case.feature")


@given("alles ist bereit")
def ready():
    pass


@when("nichts geschieht")
def nothing():
    pass


@then("gilt die Regel")
def rule_holds(check):
    check(conftest.holds)


@then("gelten zwei falsche Regeln")
def two_rules_break(check):
    check(conftest.breaks)
    check(conftest.breaks_too)


@then("gilt die Empfehlung nicht")
def hint(check):
    check(conftest.holds, conftest.should_hold)


@then("eine Regel bricht und der Schritt endet")
def breaks_then_skips(check):
    check(conftest.breaks)
    pytest.skip("keine Karte")


@then("eine Regel bricht und der Nachbar schweigt")
def breaks_then_silence(check):
    check(conftest.breaks)
    raise EnvironmentProblem("keine Antwort")


@then("gibt es nur eine Bemerkung")
def remark(check):
    check.hint("bemerkung", "a", "b")


@when("der Schritt nebenläufig ist")
async def coroutine_step(check):
    check(conftest.holds)


@when("der Schritt übersprungen wird")
def skipping():
    pytest.skip("keine Karte")


@when("der Schritt platzt")
def bursting():
    raise RuntimeError("Defekt")


@when("die Datei unbrauchbar ist")
def operator():
    raise OperatorError("rezept.xml, Zeile 3: kein Bundle", hint="Datei prüfen")


@when("das Profil falsch ist")
def config():
    raise ConfigurationError("Profil falsch")


@when("der Nachbar schweigt")
def environment():
    raise EnvironmentProblem("keine Antwort")


@when("das System sich falsch verhält")
def sut():
    raise SutError("keine Signatur")


@given("ein Aufräumen, das misslingt", target_fixture="broken")
def broken(breaking):
    return breaking


@pytest.fixture()
def breaking():
    yield 1
    raise RuntimeError("Aufräumen misslungen")


@given(parsers.parse("der Fall {name}"))
def named(name):
    pass
"""

Run = Callable[..., list[CaseRecord]]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Run the given scenario lines in a project of their own and return the records."""

    def go(feature: str, *arguments: str) -> list[CaseRecord]:
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(test_case=STEPS)
        pytester.makefile(".feature", case=f"# language: de\nFunktionalität: F\n{feature}")
        result = pytester.runpytest_subprocess(*ONLY_OURS, "-W", "ignore", *arguments)
        result.stdout.no_fnmatch_line("*INTERNALERROR*")
        return records(pytester.path)

    return go


def records(folder: Path) -> list[CaseRecord]:
    """Return what the collecting conftest wrote."""
    file = folder / "cases.ndjson"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [CaseRecord.from_json(json.loads(line)) for line in lines]


def scenario(*steps: str, tags: str = "@tc:T-1", title: str = "S") -> str:
    """Return a scenario block."""
    body = "\n".join(f"    {step}" for step in steps)
    return f"\n  {tags}\n  Szenario: {title}\n{body}\n"


def statuses(case: CaseRecord) -> list[str]:
    """Return the status of each step."""
    return [step.status for step in case.steps]


def test_a_scenario_whose_checks_hold_passes(run: Run) -> None:
    (case,) = run(scenario("Angenommen alles ist bereit", "Dann gilt die Regel"))
    assert case.verdict == "bestanden"
    assert statuses(case) == ["passed", "passed"]
    assert (case.id, case.title, Path(case.feature).name) == ("T-1", "S", "case.feature")
    assert [(finding.requirement, finding.check) for finding in case.findings] == [("A_1", "holds")]


def test_an_async_step_is_refused(run: Run) -> None:
    # pytest-bdd alone calls it, never awaits it and reports green (pytest-bdd #223).
    (case,) = run(scenario("Wenn der Schritt nebenläufig ist", "Dann gilt die Regel"))
    assert case.verdict == "Prüfstandfehler"
    assert "async" in case.message
    assert statuses(case) == ["failed", "skipped"]


def test_an_undefined_step_is_a_harness_error(run: Run) -> None:
    (case,) = run(
        scenario("Angenommen alles ist bereit", "Wenn niemand das kennt", "Dann gilt die Regel")
    )
    assert case.verdict == "Prüfstandfehler"
    assert "niemand das kennt" in case.message
    assert statuses(case) == ["passed", "undefined", "skipped"]


def test_an_undefined_first_step_is_not_lost(run: Run) -> None:
    (case,) = run(scenario("Wenn niemand das kennt", "Dann gilt die Regel"))
    assert case.verdict == "Prüfstandfehler"
    assert statuses(case) == ["undefined", "skipped"]


def test_a_skip_inside_a_step_is_not_passed(run: Run) -> None:
    (case,) = run(
        scenario(
            "Angenommen alles ist bereit",
            "Wenn der Schritt übersprungen wird",
            "Dann gilt die Regel",
        )
    )
    assert case.verdict == "nicht entscheidbar"
    assert "keine Karte" in case.message
    assert statuses(case) == ["passed", "skipped", "skipped"]


def test_a_skip_after_a_held_check_is_still_undecided(run: Run) -> None:
    (case,) = run(scenario("Dann gilt die Regel", "Wenn der Schritt übersprungen wird"))
    assert case.verdict == "nicht entscheidbar"


def test_a_scenario_without_checks_proves_nothing(run: Run) -> None:
    (case,) = run(scenario("Angenommen alles ist bereit", "Wenn nichts geschieht"))
    assert case.verdict == "nicht entscheidbar"
    assert statuses(case) == ["passed", "passed"]


def test_all_failures_of_a_step_are_collected(run: Run) -> None:
    (case,) = run(
        scenario(
            "Angenommen alles ist bereit", "Dann gelten zwei falsche Regeln", "Und gilt die Regel"
        )
    )
    assert case.verdict == "nicht bestanden"
    assert [finding.check for finding in case.findings] == ["breaks", "breaks_too"]
    assert "breaks soll" in case.message
    assert "breaks_too soll" in case.message
    assert statuses(case) == ["passed", "failed", "skipped"]


def test_a_missed_recommendation_is_a_hint(run: Run) -> None:
    (case,) = run(scenario("Dann gilt die Empfehlung nicht"))
    assert case.verdict == "Hinweis"
    assert statuses(case) == ["passed"]


@pytest.mark.parametrize(
    ("step", "verdict", "blame"),
    [
        ("die Datei unbrauchbar ist", "nicht entscheidbar", "operator"),
        ("das Profil falsch ist", "nicht entscheidbar", "config"),
        ("der Nachbar schweigt", "nicht entscheidbar", "environment"),
        ("das System sich falsch verhält", "nicht bestanden", "sut"),
        ("der Schritt platzt", "Prüfstandfehler", "harness"),
    ],
)
def test_blame_decides_the_verdict(run: Run, step: str, verdict: str, blame: str) -> None:
    (case,) = run(scenario("Dann gilt die Regel", f"Wenn {step}", "Dann gilt die Regel"))
    assert (case.verdict, case.blame) == (verdict, blame)
    assert statuses(case) == ["passed", "failed", "skipped"]


def test_an_operator_error_keeps_its_hint(run: Run) -> None:
    (case,) = run(scenario("Wenn die Datei unbrauchbar ist"))
    assert (case.message, case.hint) == ("rezept.xml, Zeile 3: kein Bundle", "Datei prüfen")


def test_an_error_during_teardown_counts(run: Run) -> None:
    (case,) = run(scenario("Angenommen ein Aufräumen, das misslingt", "Dann gilt die Regel"))
    assert case.verdict == "Prüfstandfehler"
    assert "Aufräumen misslungen" in case.message
    assert statuses(case) == ["passed", "passed"]


def test_an_error_during_teardown_does_not_hide_a_failed_check(run: Run) -> None:
    (case,) = run(
        scenario("Angenommen ein Aufräumen, das misslingt", "Dann gelten zwei falsche Regeln")
    )
    assert [finding.check for finding in case.findings] == ["breaks", "breaks_too"]
    assert case.verdict == "nicht bestanden"


@pytest.mark.parametrize(
    "step",
    ["eine Regel bricht und der Schritt endet", "eine Regel bricht und der Nachbar schweigt"],
)
def test_nothing_that_follows_hides_a_failed_check(run: Run, step: str) -> None:
    (case,) = run(scenario(f"Dann {step}"))
    assert case.verdict == "nicht bestanden"
    assert [finding.check for finding in case.findings] == ["breaks"]


def test_a_remark_alone_proves_nothing(run: Run) -> None:
    (case,) = run(scenario("Dann gibt es nur eine Bemerkung"))
    assert case.verdict == "nicht entscheidbar"


def test_tags_with_a_colon_become_marks(run: Run) -> None:
    feature = scenario("Dann gilt die Regel", tags="@tc:T-1 @req:A_1 @gut") + scenario(
        "Dann gilt die Regel", tags="@tc:T-2", title="Z"
    )
    (case,) = run(feature, "-m", "req and gut")
    assert case.id == "T-1"
    assert set(case.tags) == {"tc:T-1", "req:A_1", "gut"}


@pytest.mark.parametrize("only", ["T-2", "@tc:T-2", "tc:T-2", "zweites"])
def test_only_selects_by_tag_id_or_title(run: Run, only: str) -> None:
    feature = scenario("Dann gilt die Regel") + scenario(
        "Dann gilt die Regel", tags="@tc:T-2", title="Zweites Szenario"
    )
    assert [case.id for case in run(feature, f"--pruefstand-only={only}")] == ["T-2"]


def test_each_row_of_an_outline_is_a_case_named_by_fall(run: Run) -> None:
    feature = """
  @tc:T-1
  Szenariogrundriss: S
    Angenommen der Fall <fall>
    Dann gilt die Regel

    Beispiele:
      | fall |
      | eins |
      | zwei |
"""
    assert [case.id for case in run(feature)] == ["T-1#eins", "T-1#zwei"]


def test_records_survive_xdist(run: Run) -> None:
    feature = (
        scenario("Dann gilt die Regel")
        + scenario("Dann gelten zwei falsche Regeln", tags="@tc:T-2", title="Z")
        + scenario("Wenn der Schritt übersprungen wird", tags="@tc:T-3", title="D")
    )
    cases = {case.id: case for case in run(feature, "-n", "2")}
    assert {name: str(case.verdict) for name, case in cases.items()} == {
        "T-1": "bestanden",
        "T-2": "nicht bestanden",
        "T-3": "nicht entscheidbar",
    }
    assert [finding.check for finding in cases["T-2"].findings] == ["breaks", "breaks_too"]


def test_ordinary_tests_carry_no_record(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile("def test_plain():\n    pass\n")
    pytester.runpytest_subprocess(*ONLY_OURS).assert_outcomes(passed=1)
    assert records(pytester.path) == []


def test_gevent_stays_out_of_acceptance_processes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import sys\n\ndef test_plain():\n    assert 'gevent' not in sys.modules\n")
    pytester.runpytest_subprocess(*ONLY_OURS).assert_outcomes(passed=1)
