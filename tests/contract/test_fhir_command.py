"""`pruefstand fhir validate`: exit codes, forms of output, and the seam of the E-Rezept mock."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pruefstand.cli.fhir import app
from pruefstand.errors import ExitCode
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.validation import message, prescription_validator
from pruefstand.ids import rezept_id
from pruefstand.rng import Rng
from pruefstand.testdata.insurers import Insurance
from pruefstand.testdata.medications import Kind
from pruefstand.testdata.orders import order
from tests.contract.fhir_examples import files, specs, validator

AUTHORED = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
KINDS: tuple[Kind, ...] = ("pzn", "wirkstoff", "freitext", "rezeptur")
RUN = CliRunner()


def example(verdict: str) -> Path:
    """Return one example with the given verdict."""
    specs()
    return files(verdict, "KBV_PR_ERP_Bundle/1.4.1")[0]


def built(kind: Kind = "pzn", insurance: Insurance = "GKV", version: str = "1.4") -> bytes:
    """Return a prescription the harness builds itself."""
    flow = {"GKV": 160, "PKV": 200}[insurance]
    given = order(Rng(3), kind=kind, insurance=insurance, flow_type=flow)
    rx = rezept_id.compose(flow, 7)
    return build_prescription(given, rezept_id=rx, version=version, authored=AUTHORED)


@pytest.mark.parametrize(
    ("verdict", "code", "word"),
    [("valid", ExitCode.GREEN, ": gültig"), ("invalid", ExitCode.SUT_FAILED, ": ungültig")],
)
def test_the_exit_code_tells_the_verdict(verdict: str, code: ExitCode, word: str) -> None:
    done = RUN.invoke(app, ["validate", str(example(verdict))])
    assert (done.exit_code, word in done.output) == (code, True), done.output


def test_a_folder_is_walked_and_json_has_one_line_per_file() -> None:
    done = RUN.invoke(app, ["validate", str(example("invalid").parent), "--format", "json"])
    (record,) = [json.loads(line) for line in done.output.splitlines()]
    assert record["valid"] is False
    assert record["findings"][0]["rule"] == "-erp-dosageExtensionOhneDosierung"


def test_standard_input_gives_an_operation_outcome() -> None:
    data = example("invalid").read_bytes()
    done = RUN.invoke(app, ["validate", "-", "--format", "outcome"], input=data)
    assert json.loads(done.output)["issue"][0]["severity"] == "error"


def test_the_reference_day_can_be_given() -> None:
    path = str(example("valid"))
    assert RUN.invoke(app, ["validate", path, "--as-of", "2026-11-23"]).exit_code == 0
    done = RUN.invoke(app, ["validate", path, "--as-of", "2026-01-01"])
    assert done.exit_code == ExitCode.SUT_FAILED
    assert "profile-period" in done.output


def test_an_empty_folder_selects_nothing(tmp_path: Path) -> None:
    specs()
    assert RUN.invoke(app, ["validate", str(tmp_path)]).exit_code == ExitCode.NOTHING_SELECTED


def test_without_packages_nothing_is_decided(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PRUEFSTAND_SPECS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    done = RUN.invoke(app, ["validate", "-"], input=b"<Bundle/>")
    assert isinstance(done.exception, MissingPackage)
    assert done.exception.exit_code is ExitCode.UNDECIDED


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("insurance", ["GKV", "PKV"])
@pytest.mark.parametrize("version", ["1.3", "1.4"])
def test_what_the_harness_builds_is_valid(kind: Kind, insurance: Insurance, version: str) -> None:
    specs()
    result = validator().validate(built(kind, insurance, version))
    assert result.valid, [message(finding) for finding in result.errors]


def test_the_mock_gets_one_line_per_error() -> None:
    check = prescription_validator(specs())
    good = built()
    assert check(good) == []
    (line,) = check(good.replace(b'<status value="active"', b'<status value="falsch"'))[:1]
    assert "MedicationRequest" in line or ".status" in line
