"""Rules of prescriptions given as files: hostile ones are refused, good ones barely touched."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pruefstand.errors import Blame, OperatorError
from pruefstand.fhir import existing
from pruefstand.fhir.existing import ExistingPrescription
from pruefstand.fhir.existing_reader import PrescriptionFileError
from pruefstand.fhir.prescription import build_prescription
from pruefstand.ids import kvnr, rezept_id
from pruefstand.rng import Rng
from pruefstand.testdata.insurers import Insurance
from pruefstand.testdata.orders import Series, order

DAY = date(2026, 11, 23)
NEW_ID = rezept_id.compose(160, 4711)
OLD_ID = rezept_id.compose(160, 1)


def built(
    *, insurance: Insurance = "GKV", rx: str = OLD_ID, series: Series | None = None, **given: str
) -> bytes:
    wanted = replace(order(Rng(1), insurance=insurance, **given), series=series)  # type: ignore[arg-type]
    return build_prescription(
        wanted, rezept_id=rx, version="1.4", authored=datetime(2026, 7, 20, 8, tzinfo=UTC)
    )


def read(data: bytes) -> ExistingPrescription:
    return ExistingPrescription.from_bytes(data, "rezept.xml")


def cut(pattern: str, replacement: str = "") -> bytes:
    changed = re.sub(pattern, replacement, built().decode(), count=1, flags=re.DOTALL)
    assert changed.encode() != built()
    return changed.encode()


REFUSED = {
    "empty": (lambda: b"", "Zeile 1"),
    "no xml": (lambda: b"\x89PNG\r\n", "kein"),
    "json": (lambda: b'{"resourceType":"Bundle"}', "Zeile 1"),
    "signed file": (lambda: b"0\x82\x10\x00\x06\x09*\x86H", "NUL"),
    "dtd": (lambda: b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + built(), "DTD"),
    "cut off": (lambda: built()[:5000], "Zeile"),
    "latin-1": (lambda: built().decode().replace("UTF-8", "ISO-8859-1", 1).encode(), "UTF-8"),
    "no bundle": (lambda: b'<Patient xmlns="http://hl7.org/fhir"/>', "FHIR-Bundle"),
    "no namespace": (lambda: b"<Bundle/>", "FHIR-Bundle"),
    "no profile": (lambda: cut("<meta>.*?</meta>"), "Profilangabe"),
    "other profile": (lambda: cut("KBV_PR_ERP_Bundle", "KBV_PR_EAU_Bundle"), "KBV_PR_EAU_Bundle"),
    "old version": (lambda: cut(r"Bundle\|1\.4", "Bundle|1.1"), "1.3 oder 1.4"),
    "no version": (lambda: cut(r"Bundle\|1\.4", "Bundle"), "1.3 oder 1.4"),
    "other publisher": (lambda: cut("https://fhir.kbv.de/Str", "https://evil/Str"), "Profil"),
    "no rezept-id": (lambda: cut("GEM_ERP_NS_PrescriptionId", "OTHER"), "Rezept-ID"),
    "no request": (lambda: cut("<MedicationRequest>.*</MedicationRequest>"), "MedicationRequest"),
    "no coverage": (lambda: cut("<Coverage>.*</Coverage>"), "Coverage"),
    "no day": (lambda: cut('<authoredOn value="[^"]*"/>'), "kein Datum"),
    "strange day": (lambda: cut('2026-07-20"/><requester', '20260720"/><requester'), "JJJJ-MM-TT"),
    "impossible day": (lambda: cut('2026-07-20"/><req', '2026-02-30"/><req'), "2026-02-30"),
    "10 MB": (lambda: built() + b" " * 10_000_000, "zu groß"),
    "two requests": (
        lambda: cut("(<entry>.*?<MedicationRequest>.*?</entry>)", r"\1\1"),
        "MedicationRequest",
    ),
    "deep": (lambda: b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 9000, "Ebenen"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unusable_file_is_the_operators_and_says_file_and_expectation(name: str) -> None:
    make, told = REFUSED[name]
    with pytest.raises(OperatorError) as caught:
        read(make())
    assert isinstance(caught.value, PrescriptionFileError)
    assert caught.value.blame is Blame.OPERATOR
    assert str(caught.value).startswith("rezept.xml: ")
    assert told in str(caught.value)
    assert caught.value.hint


def test_file_at_the_size_limit_is_still_read() -> None:
    data = built()
    assert read(data + b" " * (existing.LARGEST_FILE - len(data))).problems == ()


@pytest.mark.parametrize("name", ["missing.xml", "", "a\0b"])
def test_unreadable_path_is_the_operators(tmp_path: Path, name: str) -> None:
    with pytest.raises(PrescriptionFileError, match="lesbare Datei"):
        ExistingPrescription.load(tmp_path / name)


def test_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.xml")
    with pytest.raises(PrescriptionFileError, match="keine gewöhnliche Datei"):
        ExistingPrescription.load(tmp_path / "pipe.xml")


def test_file_without_read_permission_is_the_operators(tmp_path: Path) -> None:
    file = tmp_path / "secret.xml"
    file.write_bytes(built())
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("this user reads everything")
    with pytest.raises(PrescriptionFileError, match="lesbare Datei"):
        ExistingPrescription.load(file)


def test_load_reads_what_from_bytes_reads(tmp_path: Path) -> None:
    file = tmp_path / "rezept.xml"
    file.write_bytes(built())
    loaded = ExistingPrescription.load(str(file))
    assert loaded.data == built()
    assert loaded.name == str(file)


def test_valid_file_has_no_problems() -> None:
    assert read(built()).problems == ()


WRONG = {
    "kvnr": "P123464113",
    "iknr": "123456789",
    "lanr": "123456728",
    "bsnr": "72111110",
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_check_digit_is_reported_with_line_and_expectation(name: str) -> None:
    (problem,) = read(built(**{name: WRONG[name]})).problems
    assert (problem.file, problem.value) == ("rezept.xml", WRONG[name])
    assert problem.line >= 1
    assert problem.path.startswith("Bundle.entry[")
    assert problem.expected
    assert problem.what
    assert "Zeile" in str(problem)


def test_wrong_pzn_and_rezept_id_are_reported() -> None:
    data = built(rx="160.100.000.000.007.22")
    pzn = re.search(rb'ifa/pzn"/><code value="(\d{8})"', data)
    assert pzn
    wrong = pzn[1][:7] + b"%d" % ((int(pzn[1][7:]) + 1) % 10)
    found = read(data.replace(pzn[1], wrong)).problems
    assert [p.value for p in found] == ["160.100.000.000.007.22", wrong.decode()]


def test_adapt_never_repairs_unasked() -> None:
    given = read(built(kvnr="P123464113"))
    adapted = read(given.adapt(rezept_id=NEW_ID, authored=DAY))
    assert [p.value for p in adapted.problems] == ["P123464113"]


@pytest.mark.parametrize("name", WRONG)
def test_repair_replaces_wrong_identifiers_and_lists_them(name: str) -> None:
    given = read(built(**{name: WRONG[name]}))
    adapted = read(given.adapt(rezept_id=NEW_ID, authored=DAY, repair=True))
    assert adapted.problems == ()
    listed = given.changes(rezept_id=NEW_ID, authored=DAY, repair=True)
    assert [change.old for change in listed].count(WRONG[name]) == 1
    assert len(listed) == 3


def test_repair_keeps_all_but_the_check_digit() -> None:
    given = read(built(kvnr="P123464113"))
    adapted = read(given.adapt(rezept_id=NEW_ID, authored=DAY, repair=True))
    assert str(adapted.kvnr)[:9] == "P12346411"
    assert kvnr.is_valid(str(adapted.kvnr))


def test_adapt_changes_rezept_id_and_day_only() -> None:
    given = read(built())
    adapted = given.adapt(rezept_id=NEW_ID, authored=DAY)
    expected = given.data.replace(OLD_ID.encode(), NEW_ID.encode())
    old, new = (f'<authoredOn value="{day}"/>'.encode() for day in ("2026-07-20", "2026-11-23"))
    assert adapted == expected.replace(old, new)
    assert [change.path for change in given.changes(rezept_id=NEW_ID, authored=DAY)] == [
        "Bundle.identifier.value",
        "Bundle.entry[1].resource.MedicationRequest.authoredOn",
    ]


def test_adapting_to_what_stands_there_changes_nothing() -> None:
    given = read(built())
    assert given.adapt(rezept_id=OLD_ID, authored=given.authored_on) == given.data
    assert given.changes(rezept_id=OLD_ID, authored=given.authored_on) == ()


def test_an_instant_counts_as_its_german_day() -> None:
    late = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    given = read(built())
    assert read(given.adapt(rezept_id=NEW_ID, authored=late)).authored_on == DAY


def test_period_of_a_series_moves_by_the_same_days() -> None:
    series = Series(1, 2, date(2026, 8, 1), date(2026, 12, 31), Rng(1).uuid())
    given = read(built(series=series))
    later = given.authored_on + timedelta(days=10)
    adapted = read(given.adapt(rezept_id=NEW_ID, authored=later))
    assert [e.value for e in adapted.content.period] == ["2026-08-11", "2027-01-10"]
    assert adapted.first_redeemable == date(2026, 8, 11)


def test_period_at_the_end_of_time_cannot_move() -> None:
    series = Series(1, 2, date(2026, 8, 1), date(9999, 12, 31), Rng(1).uuid())
    with pytest.raises(PrescriptionFileError, match="verschieben"):
        read(built(series=series)).adapt(rezept_id=NEW_ID, authored=DAY)


@pytest.mark.parametrize(
    ("insurance", "flow_in_file", "flow"),
    [
        ("GKV", 160, 160),
        ("GKV", 169, 169),
        ("GKV", 200, 160),
        ("PKV", 160, 200),
        ("PKV", 200, 200),
        ("PKV", 209, 209),
        ("PKV", 169, 209),
    ],
)
def test_workflow_follows_the_insurance_and_the_steering(
    insurance: Insurance, flow_in_file: int, flow: int
) -> None:
    rx = rezept_id.compose(flow_in_file, 1)
    assert read(built(insurance=insurance, rx=rx)).flow_type == flow


def test_t_rezept_has_its_own_workflow() -> None:
    t_rezept = cut('(Medication_Category"/><code value=)"00"', r'\1"02"')
    assert read(t_rezept).category == "02"
    assert read(t_rezept).flow_type == 166


def test_prefixes_quotes_references_and_byte_order_mark_are_kept() -> None:
    text = built().decode().replace("<authoredOn value=", "<authoredOn\n  value = ")
    text = text.replace('"2026-07-20"/><requester', "'2026-07-2&#48;' /><!-- ä --><requester")
    data = b"\xef\xbb\xbf" + text.encode()
    adapted = read(data).adapt(rezept_id=NEW_ID, authored=DAY)
    assert adapted == data.replace(b"2026-07-2&#48;", b"2026-11-23").replace(
        OLD_ID.encode(), NEW_ID.encode()
    )


def _official(version: str, verdict: str) -> list[Path]:
    specs = os.environ.get("PRUEFSTAND_SPECS", "")
    folder = Path(specs, "examples", "KBV_PR_ERP_Bundle", version, verdict)
    return sorted(folder.rglob("*.xml")) if specs else []


official_only = pytest.mark.skipif(
    not _official("1.4.1", "valid"), reason="PRUEFSTAND_SPECS is not set: no official examples"
)


@official_only
@pytest.mark.parametrize("file", _official("1.4.1", "valid"), ids=lambda file: str(file.name))
def test_official_prescription_keeps_every_byte_that_need_not_change(file: Path) -> None:
    given = ExistingPrescription.load(file)
    listed = given.changes(rezept_id=NEW_ID, authored=DAY)
    # The oracle knows no XML parser: it replaces these few texts in the original bytes.
    expected = given.data.replace(given.rezept_id.encode(), NEW_ID.encode(), 1)
    for change in listed[1:]:
        name = change.path.rpartition(".")[2]
        pattern = rf'(<{name} value="){change.old}"'.encode()
        expected, count = re.subn(pattern, rf'\g<1>{change.new}"'.encode(), expected)
        assert count == 1
    adapted = given.adapt(rezept_id=NEW_ID, authored=DAY)
    assert adapted == expected
    again = ExistingPrescription.from_bytes(adapted, file.name)
    assert again.adapt(rezept_id=given.rezept_id, authored=given.authored_on) == given.data


@official_only
def test_all_official_prescriptions_of_1_4_1_are_there() -> None:
    assert len(_official("1.4.1", "valid")) == 36


@official_only
def test_the_official_example_with_wrong_identifiers_is_reported_and_repaired() -> None:
    (file,) = [f for f in _official("1.4.1", "valid") if f.name == "Beispiel_3.xml"]
    given = ExistingPrescription.load(file)
    wrong = {"160.100.000.000.007.22", "P123464113", "123456789"}
    assert {problem.value for problem in given.problems} == wrong
    assert given.flow_type == 200
    rx = rezept_id.compose(200, 4711)
    listed = given.changes(rezept_id=rx, authored=DAY, repair=True)
    assert wrong <= {change.old for change in listed}
    repaired = ExistingPrescription.from_bytes(
        given.adapt(rezept_id=rx, authored=DAY, repair=True), file.name
    )
    assert repaired.problems == ()


@official_only
def test_an_order_for_practice_supply_is_no_prescription() -> None:
    (file,) = [f for f in _official("1.3.3", "valid") if "PracticeSupply" in f.name]
    with pytest.raises(PrescriptionFileError, match="MedicationRequest"):
        ExistingPrescription.load(file)
