"""The sick note's documents: every variant by shape, and with the official packages by profile."""

from __future__ import annotations

import os
import re
import uuid
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pruefstand.fhir.kasse_error import CODES, KasseError, code_of, read_kasse_error
from pruefstand.fhir.sick_note import build_sick_note, new_document_id
from pruefstand.fhir.sick_note_facts import read_sick_note
from pruefstand.fhir.sick_note_storno import build_storno
from pruefstand.fhir.validation import Validator
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import VARIANTS, NoteKind, sick_note, variant

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
EVERY = [(kind, name) for kind in NoteKind for name in VARIANTS]
SPECS = os.environ.get("PRUEFSTAND_SPECS")
OFFICIAL = pytest.mark.skipif(not SPECS, reason="PRUEFSTAND_SPECS nennt keine Pakete")


def built(kind: NoteKind, name: str) -> bytes:
    rng = Rng(f"{kind}/{name}")
    order = variant(rng, DAY, name, kind)
    return build_sick_note(order, document_id=new_document_id(rng), written=NOW)


def storno(seed: int = 1) -> bytes:
    rng = Rng(seed)
    order = sick_note(rng, DAY)
    return build_storno(
        order.practitioner,
        order.practice,
        cancelled=new_document_id(rng),
        document_id=new_document_id(rng),
        written=NOW,
    )


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator(Path(SPECS) if SPECS else None)


@OFFICIAL
@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_every_variant_is_valid_by_the_official_profiles(
    validator: Validator, kind: NoteKind, name: str
) -> None:
    assert validator.validate(built(kind, name)).errors == ()


@OFFICIAL
def test_a_storno_is_valid_by_the_official_profiles(validator: Validator) -> None:
    assert validator.validate(storno()).errors == ()


@OFFICIAL
@pytest.mark.parametrize("by_mail", [True, False])
def test_an_error_is_valid_by_the_official_profiles(validator: Validator, by_mail: bool) -> None:
    reference = {"message_id": "a@b"} if by_mail else {"document_id": str(uuid.UUID(int=5))}
    error = KasseError(str(uuid.UUID(int=1)), "101", "Nicht lesbar", **reference)
    errors = validator.validate(error.to_xml()).errors
    # The wording of the key table is not ours to repeat; nothing else may be wrong.
    assert {finding.rule for finding in errors} <= {"display"}


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_references_lead_into_the_same_document(kind: NoteKind, name: str) -> None:
    data = built(kind, name)
    root = safe_parse(data)
    inside = {
        f"{one.tag.rpartition('}')[2]}/{one.find('{*}id').get('value')}"
        for one in root.iterfind("{*}entry/{*}resource/*")
    }
    wanted = {one.get("value") for one in root.iter("{*}reference")}
    assert wanted <= inside
    assert inside - wanted <= {one for one in inside if one.startswith("Composition/")}


@pytest.mark.parametrize(("kind", "name"), EVERY)
def test_facts_come_back(kind: NoteKind, name: str) -> None:
    order = variant(Rng(f"{kind}/{name}"), DAY, name, kind)
    facts = read_sick_note(built(kind, name))
    assert facts.kind == kind
    assert facts.start == order.start
    assert (facts.asserted, facts.end, facts.issued) == (order.asserted, order.end, DAY)
    assert facts.steps == order.steps
    assert facts.causes == order.causes
    assert facts.kvnr == order.insured.kvnr
    assert facts.iknr == order.coverage.iknr
    assert not facts.is_storno


def test_bytes_are_utf8_without_mark_and_follow_the_seed() -> None:
    first, again = (built(NoteKind.FIRST, "diagnosetext") for _ in range(2))
    assert first == again
    assert not first.startswith(b"\xef\xbb\xbf")
    assert "Ä" * 70 in first.decode("utf-8")


def test_a_new_file_has_a_new_version_5_id() -> None:
    rng = Rng(3)
    ids = [new_document_id(rng) for _ in range(50)]
    assert len(set(ids)) == 50
    assert {uuid.UUID(one).version for one in ids} == {5}


def test_a_storno_names_no_patient() -> None:
    data = storno()
    facts = read_sick_note(data)
    assert facts.is_storno
    assert re.fullmatch(r"[0-9a-f-]{36}", facts.cancelled)
    assert b"<Patient>" not in data


def test_a_naive_time_is_refused() -> None:
    rng = Rng(4)
    with pytest.raises(ValueError, match="time zone"):
        build_sick_note(
            sick_note(rng, DAY), document_id=new_document_id(rng), written=datetime(2026, 1, 1)
        )


@pytest.mark.parametrize("trouble", list(CODES))
def test_errors_come_back(trouble: object) -> None:
    for storno_code, code in enumerate(CODES[trouble]):  # type: ignore[index]
        if not code:
            with pytest.raises(ValueError, match="nicht vor"):
                code_of(trouble, storno=bool(storno_code))  # type: ignore[arg-type]
            continue
        error = KasseError(str(uuid.UUID(int=7)), code, "Text", message_id="x@y")
        assert read_kasse_error(error.to_xml()) == error


def test_only_errors_of_an_insurer_count() -> None:
    error = KasseError(str(uuid.UUID(int=7)), "100", "Text", document_id="6ba7b810")
    data = error.to_xml()
    start, end = data.index(b"<issue>"), data.index(b"</issue>") + len(b"</issue>")
    issue = data[start:end]
    remark = issue.replace(b'"fatal"', b'"information"').replace(b"100", b"999")
    assert read_kasse_error(data[:start] + remark + data[start:]) == error
    with pytest.raises(FhirSyntaxProblem):
        read_kasse_error(data[:start] + issue + data[start:])
    with pytest.raises(FhirSyntaxProblem):
        read_kasse_error(data[:start] + remark + data[end:])


@pytest.mark.parametrize(
    "data",
    [b"", b"<x", b"<Bundle xmlns='http://hl7.org/fhir'/>", b"<OperationOutcome/>", b"\0" * 9],
)
def test_other_documents_are_refused(data: bytes) -> None:
    with pytest.raises(FhirSyntaxProblem):
        read_sick_note(data)
    with pytest.raises(FhirSyntaxProblem):
        read_kasse_error(data)
