"""Each rule of a document holds for what the builder writes and breaks on one damage."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import date, timedelta

import pytest

from pruefstand.checks.erezept_document import RULES, document_keeps, keeps
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Identity
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.xml import to_xml
from pruefstand.rng import Rng
from pruefstand.testdata.insurers import after_accident
from pruefstand.testdata.orders import Accident, PrescriptionOrder, Series, Teratogenic, order
from pruefstand.testdata.practices import physician
from tests.unit.synthetic_traffic import ID, NOON, PKI, Traffic, in_vau

PRIVATE = "200.000.123.456.789.51"
DAY = date(2026, 7, 1)


def written(rezept_id: str = ID, **wanted: object) -> bytes:
    chosen: PrescriptionOrder = order(Rng(1), **wanted)  # type: ignore[arg-type]
    return build_prescription(chosen, rezept_id=rezept_id, version="1.4", authored=NOON)


def part() -> bytes:
    series = Series(1, 2, DAY, DAY + timedelta(days=30), "6f2c1c9e-3c0b-4d8e-9a57-0d6f1f0c2b11")
    chosen = replace(order(Rng(1)), series=series)
    return build_prescription(chosen, rezept_id=ID, version="1.4", authored=NOON)


def changed(**fields: object) -> bytes:
    chosen = replace(order(Rng(1)), **fields)  # type: ignore[arg-type]
    return build_prescription(chosen, rezept_id=ID, version="1.4", authored=NOON)


def in_training() -> bytes:
    trainee = replace(order(Rng(1)).practitioner, number="", qualification="03")
    return changed(practitioner=trainee, responsible=physician(Rng(2)))


def accident_at_work() -> bytes:
    accident = Accident("2", "Muster GmbH", DAY)
    return changed(coverage=after_accident(Rng(3), "BG"), accident=accident, copayment="1")


def private() -> bytes:
    return written(PRIVATE, insurance="PKV", flow_type=200)


CONTROLS: dict[str, tuple[bytes, list[tuple[bytes, bytes]]]] = {
    "order_is_active": (
        written(),
        [
            (b'<status value="active"/><intent', b'<status value="draft"/><intent'),
            (b'<intent value="order"/>', b'<intent value="plan"/>'),
            (b'<quantity><value value="1"/>', b'<quantity><value value="0"/>'),
            (b"medicationReference>", b"medicationCode>"),
        ],
    ),
    "bundle_is_complete": (
        written(),
        [
            (
                b'<medicationReference><reference value="Medication/',
                b'<medicationReference><reference value="Medication/x',
            ),
            (
                b'<beneficiary><reference value="Patient/',
                b'<beneficiary><reference value="Patient/x',
            ),
            (b"<Composition>", b"<Basic>"),
        ],
    ),
    "patients_use_the_prescription_profile": (
        written(),
        [
            (b"KBV_PR_ERP_Prescription|", b"KBV_PR_ERP_PracticeSupply|"),
            (b"<Coverage>", b"<SupplyRequest>"),
        ],
    ),
    "category_is_known": (
        written(),
        [
            (
                b'KBV_CS_ERP_Medication_Category"/><code value="00"',
                b'KBV_CS_ERP_Medication_Category"/><code value="09"',
            )
        ],
    ),
    "instructions_are_for_compounding": (
        written(),
        [(b"KBV_EX_ERP_Medication_Vaccine", b"KBV_EX_ERP_Medication_CompoundingInstruction")],
    ),
    "private_prescriptions_name_the_kvnr": (
        private(),
        [
            (b"http://fhir.de/sid/gkv/kvid-10", b"http://fhir.de/sid/pkv/kvid-10"),
            (PRIVATE.encode(), ID.encode()),
        ],
    ),
    "private_prescriptions_name_pkv": (
        private(),
        [(b'<code value="PKV"/>', b'<code value="GKV"/>'), (PRIVATE.encode(), ID.encode())],
    ),
    "parts_name_their_start": (
        part(),
        [
            (b"<start value=", b"<begin value="),
            (
                b'<valueBoolean value="true"/></extension><extension url="Numm',
                b'<valueBoolean value="false"/></extension><extension url="Numm',
            ),
        ],
    ),
    "strength_is_split": (
        written(),
        [(b"<strength>", b"<power>"), (b"<denominator>", b"<reference>")],
    ),
    "responsible_person_where_due": (
        in_training(),
        [
            (b"<attester>", b"<witness>"),
            (
                b'KBV_CS_FOR_Qualification_Type"/><code value="03"/>',
                b'KBV_CS_FOR_Qualification_Type"/><code value="00"/>',
            ),
        ],
    ),
    "accident_insurers_pay_for_work": (
        accident_at_work(),
        [
            (b'<code value="BG"/>', b'<code value="GKV"/>'),
            (b"KBV_EX_FOR_Alternative_IK", b"KBV_EX_FOR_Other_IK"),
        ],
    ),
    "supply_is_within_the_law": (
        changed(category="02", teratogenic=Teratogenic(4, childbearing=True)),
        [
            (b'Duration><value value="4"/>', b'Duration><value value="5"/>'),
            (b"Woche(n)", b"Monat(e)"),
        ],
    ),
}
SPOILED = [(rule, pair) for rule, (_, pairs) in CONTROLS.items() for pair in pairs]


def balanced(before: bytes, after: bytes, document: bytes) -> bytes:
    """Return the damaged document; a renamed element is renamed at both ends."""
    assert before in document, before
    changed = document.replace(before, after)
    if (
        before.startswith(b"<")
        and before.endswith(b">")
        and b" " not in before
        and b"/" not in before
    ):
        changed = changed.replace(b"</" + before[1:], b"</" + after[1:])
    return changed


def test_every_rule_has_controls() -> None:
    assert CONTROLS.keys() == RULES.keys()


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_holds_for_a_right_document(rule: str) -> None:
    assert keeps(rule, CONTROLS[rule][0])
    assert not keeps(rule, b"no xml")


@pytest.mark.parametrize(("rule", "damage"), SPOILED, ids=lambda value: str(value)[:60])
def test_a_rule_breaks_on_one_damage(rule: str, damage: tuple[bytes, bytes]) -> None:
    assert not keeps(rule, balanced(*damage, CONTROLS[rule][0]))


def uploaded(document: bytes, status: int = 200, card: Identity | None = None) -> list[object]:
    signed = QesSigner(card or PKI.hba().qes).sign(document, at=NOON)
    binary = {
        "resourceType": "Binary",
        "contentType": "application/pkcs7-mime",
        "data": base64.b64encode(signed).decode(),
    }
    body = to_xml({"resourceType": "Parameters", "parameter": [{"name": "e", "resource": binary}]})
    channel = [item for item in Traffic().exchanges() if item.id == "vau"]
    return [*channel, in_vau("Task/$activate", f"POST /Task/{ID}/$activate", status, body)]


def test_the_check_reads_every_upload() -> None:
    check = document_keeps("category_is_known", "P36-42")
    assert check.judge(uploaded(written())).holds  # type: ignore[arg-type]
    wrong = balanced(*CONTROLS["category_is_known"][1][0], written())
    assert check.judge(uploaded(written(), 400)).holds  # type: ignore[arg-type]
    for bad in (uploaded(wrong), uploaded(wrong, 400), []):
        assert not check.judge(bad).holds  # type: ignore[arg-type]
