"""The second opinion, with a stand-in for the reference validator.

The real archive need not be at hand. The stand-in is a script in place of `java`: it takes the
documented arguments and writes the documented OperationOutcome, or misbehaves.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pruefstand.cli.fhir import app
from pruefstand.errors import EnvironmentProblem
from pruefstand.fhir import second_opinion
from pruefstand.fhir.json import to_json
from pruefstand.fhir.packages.sets import set_for
from pruefstand.fhir.second_opinion import Opinion, ReferenceValidator, difference, module_of
from pruefstand.fhir.validation import Finding, Result
from pruefstand.fhir.validation.mapping import mapping_of
from pruefstand.fhir.validation.validator import source_of
from tests.contract.fhir_examples import files, specs, validator

STAND_IN = """#!{python}
import sys, time
from pathlib import Path
dash, jar, module, file, option, output = sys.argv[1:]
assert (dash, option) == ("-jar", "--output") and Path(file).is_file()
{act}
"""
IK = {
    "severity": "error",
    "expression": ["Bundle.entry[5].resource.ofType(Organization).identifier[0].value"],
    "details": {"text": "Constraint failed: -for-laengeIK: 'neunstellig'"},
}
NOTE = {"severity": "information", "details": {"text": "All OK"}}


def outcome(*issues: Any) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


@pytest.fixture
def java(tmp_path: Path) -> Path:
    """Return the path of the stand-in; it is written by `behaves`."""
    (tmp_path / "refv.jar").write_bytes(b"")
    return tmp_path / "java"


def behaves(java: Path, act: str) -> ReferenceValidator:
    java.write_text(STAND_IN.format(python=sys.executable, act=act), encoding="utf-8")
    java.chmod(0o755)
    return ReferenceValidator(java.parent / "refv.jar", java=str(java), timeout=10)


def writes(content: Any) -> str:
    return f"Path(output).write_text({json.dumps(content)!r})"


@pytest.mark.parametrize("bundled", [True, False])
def test_the_outcome_becomes_an_opinion(java: Path, bundled: bool) -> None:
    said = outcome(IK, NOTE)
    bundle = {"resourceType": "Bundle", "entry": [{"resource": said}]}
    found = behaves(java, writes(bundle if bundled else said)).opinion(java, "erp")
    assert not found.valid
    assert found.rules == {"-for-laengeIK"}
    assert found.places == {"Bundle.entry.resource.identifier.value"}
    assert behaves(java, writes(outcome(NOTE))).opinion(java, "eau").valid


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ("sys.exit('OutOfMemoryError')", "Ende mit 1, OutOfMemoryError"),
        ("pass", "kein Ergebnis"),
        ("Path(output).write_text('{')", "kein Ergebnis"),
        ("raise KeyError(1)", "KeyError"),
    ],
)
def test_a_crash_is_told_with_its_last_words(java: Path, act: str, words: str) -> None:
    with pytest.raises(EnvironmentProblem, match=words):
        behaves(java, act).opinion(java, "erp")


def test_an_endless_process_is_ended(java: Path) -> None:
    behaves(java, "time.sleep(60)")
    slow = ReferenceValidator(java.parent / "refv.jar", java=str(java), timeout=0.5)
    with pytest.raises(EnvironmentProblem, match=r"antwortet nicht in 0\.5 s"):
        slow.opinion(java, "erp")


def test_without_java_or_archive_nothing_is_decided(
    java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EnvironmentProblem, match="keine Datei"):
        ReferenceValidator(java.parent / "other.jar", java="java")
    monkeypatch.setattr(second_opinion.shutil, "which", lambda _: None)
    with pytest.raises(EnvironmentProblem, match="kein Java"):
        ReferenceValidator(java.parent / "refv.jar")
    away = ReferenceValidator(java.parent / "refv.jar", java=str(java.parent / "nowhere"))
    with pytest.raises(EnvironmentProblem):
        away.opinion(java, "erp")


def result(*errors: tuple[str, str]) -> Result:
    found = (Finding("invariant", rule, "error", path, 1) for rule, path in errors)
    return Result("p", tuple(found))


LENGTH = ("-for-laengeIK", "Bundle.entry[5].resource.identifier.value")
PLACE = frozenset({"Bundle.entry.resource.status"})


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (result(), Opinion(True, (), frozenset()), ((), ())),
        (result(LENGTH), Opinion(False, ("x -for-laengeIK: y",), frozenset()), ((), ())),
        (
            result(("minimum", "Bundle.entry[1].resource.status")),
            Opinion(False, ("m",), PLACE),
            ((), ()),
        ),
        (
            result(LENGTH),
            Opinion(True, (), frozenset()),
            ((" ".join((LENGTH[0], LENGTH[1].replace("[5]", ""))),), ()),
        ),
        (result(), Opinion(False, ("x -erp-a: y",), frozenset()), ((), ("-erp-a",))),
        (result(), Opinion(False, ("m",), PLACE), ((), tuple(PLACE))),
    ],
)
def test_differences_are_found_by_rule_or_place(
    ours: Result, theirs: Opinion, expected: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    found = difference(ours, theirs)
    assert (found.only_ours, found.only_theirs) == expected
    assert bool(found) == (ours.valid != theirs.valid or expected != ((), ()))


def test_the_module_follows_the_profile() -> None:
    base = "https://fhir.kbv.de/StructureDefinition/"
    assert module_of(base + "KBV_PR_EAU_Bundle|1.2") == "eau"
    assert module_of(base + "KBV_PR_ERP_Bundle|1.4") == "erp"


@pytest.mark.parametrize(("form", "suffix"), [("xml", ".xml"), ("json", ".json")])
def test_official_documents_are_handed_over_in_their_form(
    java: Path, monkeypatch: pytest.MonkeyPatch, form: str, suffix: str
) -> None:
    specs()
    behaves(java, f"assert Path(file).suffix == '{suffix}'; {writes(outcome(NOTE))}")
    monkeypatch.setattr(second_opinion.shutil, "which", lambda _: str(java))
    data = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0].read_bytes()
    if form == "json":
        packages = set_for(source_of(data).claims())
        assert packages is not None
        catalogue, _ = validator().engine(packages)
        root = source_of(data).read(catalogue, lambda finding: None)
        data = to_json(mapping_of(catalogue, root))
    path = java.parent / f"verordnung.{form}"
    path.write_bytes(data)
    jar = str(java.parent / "refv.jar")
    done = CliRunner().invoke(app, ["validate", str(path), "--referenzvalidator", jar])
    assert done.exit_code == 0, done.output
    assert "Zweitmeinung: 0 von 1 Dokumenten anders" in done.output


@pytest.mark.parametrize(("said", "different"), [(outcome(NOTE), 0), (outcome(IK), 1)])
def test_official_command_counts_the_differences(
    java: Path, monkeypatch: pytest.MonkeyPatch, said: dict[str, Any], different: int
) -> None:
    specs()
    behaves(java, writes(said))
    monkeypatch.setattr(second_opinion.shutil, "which", lambda _: str(java))
    path = files("valid", "KBV_PR_ERP_Bundle/1.4.1")[0]
    jar = str(java.parent / "refv.jar")
    done = CliRunner().invoke(app, ["validate", str(path), "--referenzvalidator", jar])
    assert done.exit_code == 0, done.output
    assert f"Zweitmeinung: {different} von 1 Dokumenten anders" in done.output
    assert ("nur dort: -for-laengeIK" in done.output) is bool(different)
