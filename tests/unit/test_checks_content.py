"""Checks of content against data and algorithms: each holds and breaks."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from pruefstand.checks.check import Check
from pruefstand.checks.erezept_content import (
    document_is_canonical,
    dosage_keeps_its_profile,
    dosage_text_is_generated,
    master_data_are_unchanged,
    physician_signs_teratogenic,
)
from pruefstand.checks.erezept_print import product_lines_have_their_order
from pruefstand.crypto.pki import Identity
from pruefstand.fhir.canonical import canonical
from pruefstand.fhir.prescription import build_prescription
from pruefstand.rng import Rng
from pruefstand.testdata.orders import PrescriptionOrder, order
from tests.unit.synthetic_traffic import ID, NOON, PKI
from tests.unit.test_checks_document import uploaded
from tests.unit.test_checks_print import paper

T_ID = "166.000.123.456.789.10"
ORDER = order(Rng(1))
WRITTEN = canonical(build_prescription(ORDER, rezept_id=ID, version="1.4", authored=NOON))
NAME = ORDER.medication.name  # type: ignore[union-attr]
NAMED = master_data_are_unchanged({"name": NAME}, "P36-22")


def holds(check: Check, document: bytes) -> bool:
    return check.judge(uploaded(document)).holds  # type: ignore[arg-type]


CONTROLS: tuple[tuple[Check, Callable[[bytes], bytes]], ...] = (
    (document_is_canonical, lambda it: it.replace(b"></id>", b" ></id>", 1)),
    (dosage_keeps_its_profile, lambda it: it.replace(b"dosageInstruction", b"dosage")),
    (
        dosage_text_is_generated,
        lambda it: it.replace(b'Markdown value="', b'Markdown value="x'),
    ),
    (NAMED, lambda it: it.replace(NAME.encode(), b"Anderes")),
)
TRIED = (
    *(row[0] for row in CONTROLS),
    physician_signs_teratogenic,
    product_lines_have_their_order,
)


@pytest.mark.parametrize("odd", [b'<a xmlns="foo"/>', b"<a>", b""])
def test_what_has_no_canonical_form_is_not_its_own(odd: bytes) -> None:
    assert document_is_canonical.judge(uploaded(odd)).holds is False


@pytest.mark.parametrize(("check", "damage"), CONTROLS)
def test_content_is_judged(check: Check, damage: Callable[[bytes], bytes]) -> None:
    assert damage(WRITTEN) != WRITTEN
    assert holds(check, WRITTEN)
    assert not holds(check, damage(WRITTEN))


@pytest.mark.parametrize(
    ("card", "prescription_id", "expected"),
    [
        (PKI.hba().qes, T_ID, True),
        (PKI.hba(role="zahnarzt").qes, T_ID, False),
        (PKI.hba().qes, ID, False),
    ],
)
def test_only_a_physician_signs_teratogenic(
    card: Identity, prescription_id: str, expected: bool
) -> None:
    document = WRITTEN.replace(ID.encode(), prescription_id.encode())
    exchanges = uploaded(document, card=card)
    judgement = physician_signs_teratogenic.judge(exchanges)  # type: ignore[arg-type]
    assert judgement.holds is expected


PZN = ORDER.medication.pzn  # type: ignore[union-attr]
FIXED = replace(ORDER, substitution=False)


@pytest.mark.parametrize(
    ("ordered", "line", "expected"),
    [
        (ORDER, f"1x {NAME} PZN {PZN}", True),
        (ORDER, f"1x {NAME[:9]}… PZN {PZN}", True),
        (ORDER, f"2x {NAME} PZN {PZN}", False),
        (ORDER, f"PZN {PZN} 1x {NAME}", False),
        (ORDER, f"1x {NAME}", False),
        (ORDER, f"1x {NAME} PZN {PZN} aut idem", False),
        (FIXED, f"1x {NAME} PZN {PZN}, aut idem ausgeschlossen", True),
        (FIXED, f"1x {NAME} PZN {PZN}", False),
    ],
)
def test_a_product_line_has_its_order(
    ordered: PrescriptionOrder, line: str, expected: bool
) -> None:
    document = build_prescription(ordered, rezept_id=ID, version="1.4", authored=NOON)
    page = json.dumps({"prescriptions": [{"id": ID, "drugs": [line]}]}).encode()
    exchanges = [*uploaded(document), paper(page)]
    judgement = product_lines_have_their_order.judge(exchanges)  # type: ignore[arg-type]
    assert judgement.holds is expected
