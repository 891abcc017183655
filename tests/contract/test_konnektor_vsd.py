"""Reading an eGK: containers, online check, proof and refusals."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator
from datetime import timedelta

import pytest
from lxml import etree

from mocks.konnektor.insured_data import insured_data
from mocks.konnektor.state import State
from mocks.konnektor.vsd import proof_key
from pruefstand.clients.konnektor import KonnektorFault
from pruefstand.clients.konnektor.insured import Insurance, read_insurance
from pruefstand.crypto.hcv import hash_check_value, read
from pruefstand.model.exchange import Layer
from tests.contract.konnektor_bench import Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message, soap_folder

EGK, HBA, SMCB = "EGK-1", "HBA-1", "SMC-B-1"
KVNR = "X110411675"
CARDS = [
    {"type": "HBA", "handle": HBA, "slot": 1},
    {"type": "SMC-B", "handle": SMCB, "slot": 2},
    {"type": "EGK", "handle": EGK, "kvnr": KVNR, "slot": 3},
]


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench(cards=CARDS) as ready:
        ready.client.verify_pin(SMCB, "PIN.SMC")
        yield ready


def insurance(
    konnektor: Bench, egk: str = EGK, professional: str = SMCB, *, online: bool = True
) -> Insurance:
    """Read the card with its proof."""
    return read_insurance(konnektor.client, egk, professional, online=online, receipt=True)


def code(konnektor: Bench, egk: str = EGK, professional: str = SMCB, *, online: bool = True) -> int:
    """Return the code with which reading is refused."""
    with pytest.raises(KonnektorFault) as refusal:
        insurance(konnektor, egk, professional, online=online)
    fault = refusal.value
    assert fault.error.component == ("Konnektor" if fault.code > 4000 else "FM_VSDM")
    return fault.code


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    insurance(konnektor)
    code(konnektor, professional=HBA)
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_containers_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    found = insurance(konnektor)
    official = soap_folder() / "fa" / "vsds" / "Schema_VSD.xsd"
    schema = etree.XMLSchema(etree.parse(official))
    assert found.protected is not None
    for document in (found.personal, found.general, found.protected):
        assert b"ISO-8859-15" in document[:60]
        schema.assertValid(etree.fromstring(document))
    assert KVNR.encode() in found.personal


@pytest.mark.parametrize("version", [1, 2])
def test_proof_confirms_who_was_checked_and_when(konnektor: Bench, version: int) -> None:
    konnektor.settings["check_digit_version"] = version
    receipt = insurance(konnektor).receipt
    assert receipt is not None
    assert (receipt.result, receipt.timestamp[:12]) == (2, "202611241100")
    state = State.from_context(konnektor.ctx)
    proof = read(receipt.check_digit or b"", proof_key(state))
    assert (proof.kvnr, proof.operator) == (KVNR, "A")
    assert abs(proof.at - konnektor.ctx.clock.now()) < timedelta(seconds=10)
    data = insured_data(state.card(EGK), konnektor.ctx.rng)
    expected = hash_check_value(data.coverage_begin, data.street) if version == 2 else None
    assert proof.hcv == expected


@pytest.mark.parametrize("result", [1, 2, 3, 4, 5, 6])
def test_only_a_check_that_was_done_has_a_check_digit(konnektor: Bench, result: int) -> None:
    konnektor.settings["vsd_result"] = result
    receipt = insurance(konnektor).receipt
    assert receipt is not None
    assert receipt.result == result
    assert (receipt.check_digit is not None) == (result in (1, 2))


def test_data_come_also_when_the_ti_is_gone(konnektor: Bench) -> None:
    konnektor.settings["ti_online"] = False
    found = insurance(konnektor)
    assert found.receipt is not None
    assert found.receipt.result == 3
    assert found.personal


def test_proof_stays_on_the_card_and_is_missing_before_the_first_check(konnektor: Bench) -> None:
    assert code(konnektor, online=False) == 3040
    bare = read_insurance(konnektor.client, EGK, SMCB, online=False, receipt=False)
    assert bare.receipt is None
    first = insurance(konnektor)
    assert insurance(konnektor, online=False).receipt == first.receipt


def test_professional_card_must_be_unlocked(konnektor: Bench) -> None:
    assert code(konnektor, professional=HBA) == 3042
    konnektor.client.verify_pin(HBA, "PIN.CH")
    assert insurance(konnektor, professional=HBA)
    with bench(cards=CARDS) as locked:
        assert code(locked) == 3041


def test_cards_must_be_of_the_right_kind_and_plugged(konnektor: Bench) -> None:
    assert code(konnektor, egk=SMCB) == 4051
    assert code(konnektor, professional=EGK) == 4051
    assert code(konnektor, egk="EGK-9") == 4008


def test_revoked_egk_is_no_proof_of_insurance_where_the_ti_is_asked(konnektor: Bench) -> None:
    pki, now = konnektor.ctx.pki, konnektor.ctx.clock.now()
    pki.revoke(pki.egk(KVNR).aut.der, now - timedelta(days=1))
    assert code(konnektor) == 106
    assert read_insurance(konnektor.client, EGK, SMCB, online=False, receipt=False).personal


def test_proof_is_valid_in_the_official_schema(konnektor: Bench) -> None:
    insurance(konnektor)
    response = konnektor.layer(Layer.SOAP)[-1].response
    assert response is not None
    encoded = response.body.partition(b"Pruefungsnachweis>")[2].partition(b"<")[0]
    root = etree.fromstring(gzip.decompress(base64.b64decode(encoded)))
    official = soap_folder() / "fa" / "vsds" / "Pruefungsnachweis.xsd"
    etree.XMLSchema(etree.parse(official)).assertValid(root)
