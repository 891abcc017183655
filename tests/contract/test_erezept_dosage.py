"""$activate compares the rendered dosage with the structured one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pruefstand.clients.erezept import Activation, ErezeptRefusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.dosage_text import is_structured
from pruefstand.fhir.rules.dosage import judge_dosage
from pruefstand.fhir.rules.prescription_view import PrescriptionView
from pruefstand.fhir.xml import safe_parse
from tests.contract.erezept_bench import DAY, Bench

PARTS = (
    '<dosageInstruction><timing><repeat><frequency value="1"/><period value="1"/>'
    '<periodUnit value="d"/><when value="{when}"/></repeat></timing><doseAndRate>'
    '<doseQuantity><value value="{value}"/><unit value="Stück"/><system value="x"/>'
    '<code value="1"/></doseQuantity></doseAndRate></dosageInstruction>'
)
RIGHT = "0,5-0-2-0 Stück"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-dosage", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def upload(
    bench: Bench, text: str = RIGHT, evening: str = "EVE", language: str = "de-DE"
) -> Activation:
    task = bench.created()
    document = bench.document(task.prescription_id).decode()
    structured = PARTS.format(when="MORN", value="0.5") + PARTS.format(when=evening, value="2")
    document, count = re.subn("<dosageInstruction>.*</dosageInstruction>", structured, document)
    assert count == 1
    document, count = re.subn(
        r'<valueMarkdown value="[^"]*"/>', f'<valueMarkdown value="{text}"/>', document
    )
    assert count == 1
    signed = bench.sign(document.replace("de-DE", language).encode())
    return bench.as_role("practice").activate(task.prescription_id, task.access_code, signed)


def test_the_right_text_is_accepted(bench: Bench) -> None:
    assert upload(bench).status == 200


def test_another_text_is_refused_with_the_expected_one(bench: Bench) -> None:
    with pytest.raises(ErezeptRefusal) as refusal:
        upload(bench, "0,5-0-3-0 Stück")
    assert refusal.value.status == 400
    assert "does not match" in refusal.value.text
    assert refusal.value.text.startswith("Validation of rendered dosage-instructions: ")
    assert f"expected: {RIGHT}" in str(refusal.value.diagnostics)


@pytest.mark.parametrize("changed", [{"evening": "MORN"}, {"language": "en"}])
def test_what_the_profile_forbids_is_a_validation_error(
    bench: Bench, changed: dict[str, str]
) -> None:
    with pytest.raises(ErezeptRefusal) as refusal:
        upload(bench, **changed)
    assert (refusal.value.status, refusal.value.text) == (400, "FHIR-Validation error")


@pytest.mark.skipif("PRUEFSTAND_SPECS" not in os.environ, reason="PRUEFSTAND_SPECS is not set")
def test_official_prescriptions_carry_the_text_we_generate() -> None:
    folder = Path(os.environ["PRUEFSTAND_SPECS"]) / "examples" / "KBV_PR_ERP_Bundle" / "1.4.1"
    views = [
        PrescriptionView.of(safe_parse(path.read_bytes())).dosage
        for path in (folder / "valid").rglob("*.xml")
    ]
    structured = [view for view in views if is_structured(view.instructions)]
    assert structured
    for view in structured:
        assert judge_dosage(view) is None
