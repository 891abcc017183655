"""Rules of the prescriptions the harness builds itself."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pruefstand.fhir import located
from pruefstand.fhir.existing import ExistingPrescription
from pruefstand.fhir.located import Element
from pruefstand.fhir.prescription import build_prescription
from pruefstand.ids import rezept_id
from pruefstand.rng import Rng
from pruefstand.testdata import practices
from pruefstand.testdata.insurers import Insurance
from pruefstand.testdata.medications import Kind
from pruefstand.testdata.names import PersonName
from pruefstand.testdata.orders import PrescriptionOrder, Series, order

AUTHORED = datetime(2026, 7, 20, 9, 30, tzinfo=UTC)
RX = rezept_id.compose(160, 123456789)
KINDS: tuple[Kind, ...] = ("pzn", "wirkstoff", "freitext", "rezeptur")
INSURANCES: tuple[Insurance, ...] = ("GKV", "PKV")
VERSIONS = ("1.3", "1.4")

every_kind = pytest.mark.parametrize("kind", KINDS)
every_insurance = pytest.mark.parametrize("insurance", INSURANCES)
every_version = pytest.mark.parametrize("version", VERSIONS)


def build(given: PrescriptionOrder, *, version: str = "1.4", rx: str = RX) -> bytes:
    return build_prescription(given, rezept_id=rx, version=version, authored=AUTHORED)


def resource(bundle: bytes, resource_type: str) -> Element:
    (found,) = located.parse(bundle).all("entry", "resource", resource_type)
    return found


@every_kind
@every_insurance
@every_version
@pytest.mark.parametrize("steered", [False, True])
def test_built_prescription_is_one_a_practice_could_send(
    kind: Kind, insurance: Insurance, version: str, steered: bool
) -> None:
    flow = {"GKV": (160, 169), "PKV": (200, 209)}[insurance][steered]
    rx = rezept_id.compose(flow, 7)
    given = order(Rng(kind), kind=kind, insurance=insurance, flow_type=flow)
    read = ExistingPrescription.from_bytes(build(given, version=version, rx=rx), "built")
    assert read.problems == ()
    assert (read.flow_type, read.rezept_id) == (flow, rx)
    assert (read.profile_version, read.insurance) == (version, insurance)
    assert (read.category, read.kvnr) == ("00", given.insured.kvnr)
    assert read.authored_on == date(2026, 7, 20)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not() -> None:
    assert build(order(Rng(5))) == build(order(Rng(5)))
    assert build(order(Rng(5))) != build(order(Rng(6)))


def test_resources_of_two_prescriptions_have_different_ids() -> None:
    given = order(Rng(5))
    first = located.parse(build(given))
    second = located.parse(build(given, rx=rezept_id.compose(160, 2)))
    assert first.text("id") != second.text("id")


@every_kind
@every_version
def test_every_reference_meets_an_entry_and_every_entry_is_referred_to(
    kind: Kind, version: str
) -> None:
    root = located.parse(build(order(Rng(1), kind=kind), version=version))
    entries = {
        f"{r.name}/{r.text('id')}" for e in root.all("entry", "resource") for r in e.children
    }
    references = {e.value for e in root.walk() if e.name == "reference" and e.value}
    assert references == {entry for entry in entries if not entry.startswith("Composition/")}
    for entry in root.all("entry"):
        (inner,) = entry.all("resource")[0].children
        assert str(entry.text("fullUrl")).endswith(f"/{inner.name}/{inner.text('id')}")


@every_version
def test_version_id_is_required_in_1_4_and_forbidden_in_1_3(version: str) -> None:
    root = located.parse(build(order(Rng(1)), version=version))
    metas = [e for e in root.walk() if e.name == "meta"]
    assert len(metas) == 8
    assert {meta.text("versionId") for meta in metas} == {"1" if version == "1.4" else None}


@every_kind
def test_substitution_is_forbidden_for_active_substances_only(kind: Kind) -> None:
    request = resource(build(order(Rng(1), kind=kind)), "MedicationRequest")
    assert bool(request.all("substitution")) == (kind != "wirkstoff")


def test_dosage_text_of_1_4_is_repeated_as_rendered_text() -> None:
    request = resource(build(replace(order(Rng(1)), dosage_text="1-0-1-0")), "MedicationRequest")
    rendered = [e.value for e in request.walk() if e.name == "valueMarkdown"]
    assert rendered == [request.text("dosageInstruction", "text")] == ["1-0-1-0"]


def test_missing_dosage_of_1_4_leaves_no_instruction_behind() -> None:
    request = resource(build(replace(order(Rng(1)), dosage_text="")), "MedicationRequest")
    assert not request.all("dosageInstruction")
    (flag,) = [e for e in request.all("extension") if "DosageFlag" in e.attributes["url"]]
    assert flag.text("valueBoolean") == "false"


def test_compounding_of_1_3_carries_directions_instead_of_a_dosage() -> None:
    given = order(Rng(1), kind="rezeptur")
    request = resource(build(given, version="1.3"), "MedicationRequest")
    (instruction,) = request.all("dosageInstruction")
    assert [child.name for child in instruction.children] == ["patientInstruction"]


def test_day_of_writing_is_the_german_day() -> None:
    late = datetime(2026, 7, 20, 22, 30, tzinfo=UTC)
    data = build_prescription(order(Rng(1)), rezept_id=RX, version="1.4", authored=late)
    assert ExistingPrescription.from_bytes(data, "built").authored_on == date(2026, 7, 21)


def test_part_of_a_series_is_redeemable_from_its_start() -> None:
    series = Series(2, 4, date(2026, 10, 1), date(2026, 12, 31), Rng(1).uuid())
    read = ExistingPrescription.from_bytes(build(replace(order(Rng(1)), series=series)), "built")
    assert read.is_series
    assert read.first_redeemable == date(2026, 10, 1)


def test_note_is_written_when_there_is_one() -> None:
    given = order(Rng(1))
    noted = resource(build(replace(given, note="nüchtern")), "MedicationRequest")
    assert noted.text("note", "text") == "nüchtern"
    assert not resource(build(given), "MedicationRequest").all("note")


def test_given_values_are_taken_unchecked_for_negative_cases() -> None:
    given = order(Rng(1), kvnr="X123456789", lanr="123456728", iknr="104212058")
    read = ExistingPrescription.from_bytes(build(given), "built")
    assert {p.value for p in read.problems} == {"X123456789", "123456728", "104212058"}


def test_physician_can_be_named_like_the_holder_of_the_card() -> None:
    given = order(Rng(1), physician_name="Dr. med. Eva Maria Probst")
    assert given.practitioner.name == PersonName("Eva Maria", "Probst", title="Dr. med.")
    assert str(given.practitioner.name) == "Dr. med. Eva Maria Probst"
    name = resource(build(given), "Practitioner").all("name")[0]
    assert (name.text("family"), name.text("prefix")) == ("Probst", "Dr. med.")


def test_a_name_of_one_word_is_refused() -> None:
    with pytest.raises(ValueError, match="given and family"):
        PersonName.parse("Probst")


def test_dentist_has_a_zahnarztnummer() -> None:
    given = replace(order(Rng(1)), practitioner=practices.dentist(Rng(1), telematik_id="2-1"))
    person = resource(build(given), "Practitioner")
    assert person.text("identifier", "system") == "http://fhir.de/sid/kzbv/zahnarztnummer"
    assert person.all("identifier")[1].text("value") == "2-1"


@pytest.mark.parametrize("version", ["1.1", "1.5", "", "1.4.1"])
def test_unknown_profile_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="KBV_PR_ERP_Bundle"):
        build(order(Rng(1)), version=version)


def test_time_without_zone_is_refused() -> None:
    naive = AUTHORED.replace(tzinfo=None)
    with pytest.raises(ValueError, match="time zone"):
        build_prescription(order(Rng(1)), rezept_id=RX, version="1.4", authored=naive)


def _shape(root: Element) -> set[str]:
    """Return every way of element names, with the addresses of extensions and profiles."""
    ways: dict[Element, str] = {}
    for node in root.walk():
        above = ways[node.parent] if node.parent else ""
        profile = "|" + str(node.text("meta", "profile")) if node.text("meta", "profile") else ""
        ways[node] = f"{above}/{node.name}{node.attributes.get('url', '')}{profile}"
    return set(ways.values())


@pytest.mark.parametrize(("version", "folder"), [("1.3", "1.3.3"), ("1.4", "1.4.1")])
@every_kind
@every_insurance
def test_no_element_is_built_that_official_examples_lack(
    version: str, folder: str, kind: Kind, insurance: Insurance
) -> None:
    specs = os.environ.get("PRUEFSTAND_SPECS")
    if not specs:
        pytest.skip("PRUEFSTAND_SPECS is not set: no official examples")
    examples = Path(specs, "examples", "KBV_PR_ERP_Bundle", folder, "valid").rglob("*.xml")
    official = set().union(*(_shape(located.parse(file.read_bytes())) for file in examples))
    built = located.parse(build(order(Rng(1), kind=kind, insurance=insurance), version=version))
    assert _shape(built) - official == set()
