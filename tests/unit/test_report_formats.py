"""Workbook, JSON, TestReport, the table of writers and the command `report`."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from importlib.metadata import EntryPoint
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import jsonschema
import openpyxl
import pytest
from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError
from typer.testing import CliRunner

from pruefstand.cli import report as command
from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.evidence.manifest import MANIFEST
from pruefstand.evidence.run_folder import RunWriter
from pruefstand.model.case import Json
from pruefstand.model.verdict import Verdict
from pruefstand.report import files, record, testreport, workbook
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer, write_reports, writers
from pruefstand.report.texts import Language, texts
from pruefstand.requirements.coverage import State
from tests.unit.report_runs import CLOCK, case, dossier_of, hostile_case, upload

HOSTILE = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "http://localhost/",
    "1.5",
)


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    writer = RunWriter(tmp_path / "run", CLOCK)
    cases = [
        case(writer, upload()),
        *(
            case(writer, [], id=f"TC-{v.name}", verdict=v, message=f"Meldung {v.name}")
            for v in Verdict
        ),
    ]
    return dossier_of(tmp_path / "run", cases, selftest=True)


def sheet(content: bytes, number: int) -> list[tuple[Any, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return list(book.worksheets[number].iter_rows(values_only=True))


def test_the_workbook_has_a_sheet_for_each_question(dossier: Dossier) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.render(dossier)))
    assert book.sheetnames == ["Übersicht", "Matrix", "Anforderungen", "Szenarien", "Befunde"]
    for tab in book.worksheets:
        assert tab.freeze_panes == "A2"
        assert tab.auto_filter.ref
        assert tab.max_row > 1
    rows = list(book["Anforderungen"].iter_rows(values_only=True))
    assert [row[2] for row in rows if row[0] == "A_3"] == ["nicht prüfbar"]


def test_moments_are_dates_and_numbers_are_numbers(dossier: Dossier) -> None:
    content = workbook.render(dossier)
    overview = {row[0]: row[1] for row in sheet(content, 0)}
    assert overview["Beginn"] == datetime(2026, 11, 24, 10)
    assert overview["Gesamturteil"] == "Prüfstandfehler"
    assert isinstance(sheet(content, 3)[1][4], float)


def test_valid_from_is_a_date(tmp_path: Path, dossier: Dossier) -> None:
    entry = dossier.coverage.entries[0]
    day = datetime(2026, 7, 1).date()
    dated = replace(entry, requirement=replace(entry.requirement, valid_from=day))
    coverage = replace(dossier.coverage, entries=(dated,))
    rows = sheet(workbook.render(replace(dossier, coverage=coverage)), 2)
    assert rows[1][8] == datetime(2026, 7, 1)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_the_tested_side_is_no_formula_link_or_number(tmp_path: Path, text: str) -> None:
    content = workbook.render(
        dossier_of(tmp_path, [hostile_case(RunWriter(tmp_path, CLOCK), text)])
    )
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for row in book["Szenarien"].iter_rows(min_row=2) for cell in row]
    found = [cell for cell in cells if cell.value == text]
    assert found
    assert {cell.data_type for cell in found} == {"s"}
    assert not [cell for cell in cells if cell.hyperlink]


def test_a_formula_would_be_seen() -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = HOSTILE[0]
    target = io.BytesIO()
    book.save(target)
    again = openpyxl.load_workbook(io.BytesIO(target.getvalue())).active
    assert again is not None
    assert again["A1"].data_type == "f"


def test_control_letters_and_endless_texts_fit_into_a_cell(tmp_path: Path) -> None:
    text = "\x00\ud800" + "x" * 65_536
    content = workbook.render(
        dossier_of(tmp_path, [hostile_case(RunWriter(tmp_path, CLOCK), text)])
    )
    value = sheet(content, 3)[1][0]
    assert value.startswith("⟨U+0000⟩?xxx")
    assert len(value) == workbook.LIMIT


def test_the_same_run_gives_the_same_workbook(dossier: Dossier) -> None:
    assert workbook.render(dossier) == workbook.render(dossier)


def schema() -> Json:
    text = package_files("pruefstand.report").joinpath("report.schema.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    jsonschema.Draft202012Validator.check_schema(loaded)
    return loaded


def test_the_json_has_the_documented_form(dossier: Dossier, tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    document = json.loads(record.render(dossier))
    validator.validate(document)
    assert document["verdict"] == "harness-error"
    assert document["cases"][0]["findings"][0]["message"] == 1
    assert document["cases"][0]["exchanges"] == 6
    validator.validate(json.loads(record.render(dossier_of(tmp_path / "none", []))))


def test_the_schema_knows_every_verdict_and_state() -> None:
    words = schema()["$defs"]
    assert words["verdict"]["enum"] == [v.name.lower().replace("_", "-") for v in Verdict]
    assert words["state"]["enum"] == [state.word for state in State]


@pytest.mark.parametrize("path", ["verdict", "cases.0.findings.0.expected", "links.0.verdict"])
def test_another_form_is_rejected(dossier: Dossier, path: str) -> None:
    document = json.loads(record.render(dossier))
    *way, last = path.split(".")
    place = document
    for name in way:
        place = place[int(name) if name.isdigit() else name]
    place[last] = 7
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema())


def test_the_words_do_not_follow_the_language(dossier: Dossier) -> None:
    english = replace(dossier, texts=texts(Language.ENGLISH))
    assert record.render(english) == record.render(dossier)


def test_the_testreport_is_a_valid_bundle(dossier: Dossier) -> None:
    content = testreport.render(dossier)
    bundle = Bundle.model_validate_json(content)
    assert len(bundle.entry) == 9
    results = {e.resource.identifier.value: e.resource.result for e in bundle.entry}
    assert results["TC-1"] == "pass"
    assert results["TC-FAILED"] == "fail"
    assert results["TC-OPEN"] == "pending"
    assert testreport.render(dossier) == content


def test_the_testreport_uses_the_codes_of_r4() -> None:
    assert set(testreport.RESULTS.values()) == {"pass", "fail", "pending"}
    actions = {*testreport.ASSERTIONS.values(), *testreport.STEPS.values()}
    assert actions == {"pass", "skip", "fail", "warning", "error"}
    assert set(testreport.RESULTS) == set(testreport.ASSERTIONS) == set(Verdict)


def test_a_testreport_of_another_shape_is_rejected(dossier: Dossier) -> None:
    bundle = testreport.bundle(dossier)
    del bundle["entry"][0]["resource"]["testScript"]
    with pytest.raises(ValidationError):
        Bundle.model_validate(bundle)


def test_hostile_text_leaves_the_testreport_valid(tmp_path: Path) -> None:
    text = "\x00\x1b\ud800 =<b>\n\n" + "x" * 70_000
    cases = [
        hostile_case(RunWriter(tmp_path, CLOCK), text),
        hostile_case(RunWriter(tmp_path, CLOCK), ""),
    ]
    Bundle.model_validate_json(testreport.render(dossier_of(tmp_path, cases)))


def test_every_writer_has_a_file_of_its_own() -> None:
    table = writers()
    assert list(table) == ["html", "pdf", "junit", "csv", "xlsx", "json", "fhir"]
    assert len({writer.file for writer in table.values()}) == len(table)
    assert all(writer.about for writer in table.values())


def test_all_reports_are_written_and_announced(dossier: Dossier, tmp_path: Path) -> None:
    heard: list[str] = []
    written = write_reports(dossier, tmp_path / "new", announce=heard.append)
    assert heard == [path.name for path in written.values()]
    assert all(path.stat().st_size for path in written.values())


def offer(monkeypatch: pytest.MonkeyPatch, *entries: EntryPoint) -> None:
    monkeypatch.setattr(
        files, "entry_points", lambda group: entries if group == files.GROUP else ()
    )


KBV = Writer("kbv.txt", "Paket", lambda dossier: [dossier.id.encode()])


def test_an_installed_package_adds_a_format(
    dossier: Dossier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, EntryPoint("kbv", f"{__name__}:KBV", files.GROUP))
    monkeypatch.setattr(EntryPoint, "load", lambda _entry: KBV)
    write_reports(dossier, tmp_path, writers(["kbv"]))
    assert (tmp_path / "kbv.txt").read_text() == dossier.id


def test_two_formats_of_one_name_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, EntryPoint("pdf", "other:WRITER", files.GROUP))
    with pytest.raises(ConfigurationError, match="'pdf' gibt es zweimal"):
        writers()


def test_an_unknown_format_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="'doc' gibt es nicht → bekannt: html, pdf"):
        writers(["doc"])


def test_a_folder_that_cannot_be_written_is_named(dossier: Dossier, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OperatorError, match="nicht schreibbar"):
        write_reports(dossier, tmp_path / "file", writers(["json"]))


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    return ((path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file())


def test_the_command_writes_beside_the_run_and_leaves_it_alone(dossier: Dossier) -> None:
    folder = dossier.run.folder
    before = sorted(contents(folder))
    arguments = [str(folder), "--format", "json", "--format", "csv"]
    done = CliRunner().invoke(command.app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert {path.name for path in folder.with_name("run-bericht").iterdir()} == {
        "report.json",
        "matrix.csv",
    }
    assert sorted(contents(folder)) == before


def test_the_command_refuses_a_sealed_folder(dossier: Dossier) -> None:
    folder = dossier.run.folder
    (folder / MANIFEST).write_text("{}")
    arguments = [str(folder), "--out", str(folder / "sub" / "deep")]
    with pytest.raises(OperatorError, match="versiegelten Laufordner"):
        CliRunner().invoke(command.app, arguments, catch_exceptions=False)
    assert not (folder / "sub").exists()


@pytest.mark.parametrize("arguments", [[], ["nowhere"]])
def test_the_command_names_a_missing_run(arguments: list[str]) -> None:
    with pytest.raises(OperatorError, match="Laufordner"):
        CliRunner().invoke(command.app, arguments, catch_exceptions=False)


def test_the_command_lists_the_formats() -> None:
    done = CliRunner().invoke(command.app, ["--formats"], catch_exceptions=False)
    assert "testreport.json" in done.output
