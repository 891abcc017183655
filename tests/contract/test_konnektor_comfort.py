"""Comfort signature: one PIN.QES, many documents, and every way in which the mode ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from mocks.konnektor.routes import build
from mocks.konnektor.settings import comfort_limits
from mocks.konnektor.state import State
from pruefstand.clients.konnektor import ComfortSignature, KonnektorFault
from pruefstand.crypto import cms_qes
from pruefstand.errors import ConfigurationError
from pruefstand.model.exchange import Layer
from pruefstand.soap.envelope import parse
from pruefstand.soap.fault import read_fault
from tests.contract.konnektor_bench import CONTEXT, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
DOCUMENT = b"<Bundle/>"


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench(comfort_signature=True) as ready:
        yield ready


def comfort(konnektor: Bench, user: str | None = CONTEXT.user) -> ComfortSignature:
    """Return the comfort signature of the HBA for `user`."""
    return ComfortSignature(konnektor.another(replace(CONTEXT, user=user)), HBA)


def fresh_user(number: int) -> str:
    """Return the UUID `number`."""
    return str(UUID(int=number, version=4))


def code_of_activation(konnektor: Bench, user: str | None = CONTEXT.user) -> int:
    """Activate; return the fault's code, 0 when it was accepted."""
    try:
        comfort(konnektor, user).activate()
    except KonnektorFault as fault:
        return fault.code
    return 0


def sign(konnektor: Bench, documents: int = 1) -> int:
    """Sign with the user's PIN refused; return the fault's code, 0 when no PIN was asked."""
    konnektor.settings["pin_entry"] = "cancel"
    try:
        konnektor.client.sign_document(HBA, [DOCUMENT] * documents)
    except KonnektorFault as fault:
        return fault.code
    finally:
        konnektor.settings["pin_entry"] = "auto"
    return 0


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    mode = comfort(konnektor)
    mode.mode()
    mode.activate()
    mode.mode()
    for _ in range(2):
        mode.deactivate()
    konnektor.settings["comfort_signature"] = False
    mode.mode()
    assert code_of_activation(konnektor) == 4263
    exchanges = konnektor.layer(Layer.SOAP)
    assert len(exchanges) == 7
    for exchange in exchanges:
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_one_pin_signs_250_documents_and_not_one_more() -> None:
    with bench(comfort_signature=True, comfort_max=250) as konnektor:
        mode = comfort(konnektor)
        assert mode.activate() == "COMFORT"
        konnektor.settings["pin_entry"] = "cancel"
        signed = [konnektor.client.sign_document(HBA, DOCUMENT)[0] for _ in range(250)]
        assert all(cms_qes.parse(one).content == DOCUMENT for one in signed)
        cms_qes.verify(signed[-1])
        assert mode.mode().remaining == 0
        assert sign(konnektor) == 4271
        assert mode.mode().mode == "PIN"
        assert sign(konnektor) == 4049
        assert code_of_activation(konnektor) == 4270
        assert code_of_activation(konnektor, "not-a-uuid") == 4272
        assert code_of_activation(konnektor, fresh_user(1)) == 0


def test_stack_counts_each_document_and_ends_the_mode_when_too_large() -> None:
    with bench(comfort_signature=True, comfort_max=60) as konnektor:
        mode = comfort(konnektor)
        mode.activate()
        assert sign(konnektor, 50) == 0
        assert mode.mode().remaining == 10
        assert sign(konnektor, 11) == 4271
        assert mode.mode().mode == "PIN"


def test_limits_and_rest_are_told(konnektor: Bench) -> None:
    mode = comfort(konnektor)
    before = mode.mode()
    assert (before.is_enabled, before.maximum, before.timer) == (True, 100, "PT21600S")
    assert (before.mode, before.remaining) == ("PIN", 0)
    mode.activate()
    assert sign(konnektor) == 0
    after = mode.mode()
    assert (after.mode, after.remaining) == ("COMFORT", 99)
    assert re.fullmatch(r"PT215\d\dS", after.time_remaining or "")
    konnektor.settings["comfort_signature"] = False
    assert not mode.mode().is_enabled


@pytest.mark.parametrize(("seconds", "code"), [(3590, 0), (3600, 4049)])
def test_timer_ends_the_mode(seconds: int, code: int) -> None:
    with bench(comfort_signature=True, comfort_timer_hours=1) as konnektor:
        comfort(konnektor).activate()
        konnektor.ctx.clock.advance(timedelta(seconds=seconds))  # type: ignore[attr-defined]
        assert sign(konnektor) == code


def test_only_the_activating_user_signs_without_pin_but_from_any_workplace() -> None:
    with bench(comfort_signature=True, workplaces=["WP1", "WP2"]) as konnektor:
        comfort(konnektor).activate()
        konnektor.settings["pin_entry"] = "cancel"
        elsewhere = konnektor.another(replace(CONTEXT, workplace="WP2"))
        assert elsewhere.sign_document(HBA, DOCUMENT)
        with pytest.raises(KonnektorFault) as other:
            konnektor.another(replace(CONTEXT, user=fresh_user(2))).sign_document(HBA, DOCUMENT)
        assert other.value.code == 4049


def test_deactivation_ends_the_mode_and_warns_when_there_is_none(konnektor: Bench) -> None:
    mode = comfort(konnektor)
    mode.activate()
    ended, idle = mode.deactivate(), mode.deactivate()
    unknown = ComfortSignature(konnektor.client, "HBA-99").deactivate()
    assert ended is not None
    assert ended.result == "OK"
    assert idle is not None
    assert idle.error is not None
    assert idle.error.code == 4266
    assert unknown is not None
    assert unknown.error is not None
    assert unknown.error.code == 4265
    assert sign(konnektor) == 4049


def test_switching_the_function_off_ends_all_sessions(konnektor: Bench) -> None:
    comfort(konnektor).activate()
    konnektor.settings["comfort_signature"] = False
    assert sign(konnektor) == 4049
    konnektor.settings["comfort_signature"] = True
    assert sign(konnektor) == 4049


def test_pulling_the_card_ends_the_session(konnektor: Bench) -> None:
    state = State.from_context(konnektor.ctx)
    pulled = replace(konnektor, app=build(konnektor.ctx, state))
    comfort(konnektor).activate()
    activation = konnektor.layer(Layer.SOAP)[-1].request.body
    assert pulled.post(activation).status == 200
    state.pull(HBA)
    fault = read_fault(parse(pulled.post(activation).body).body)
    assert fault is not None
    assert fault.error is not None
    assert fault.error.code == 4101
    assert not state.comfort.close_card(HBA)


def test_sessions_per_card_are_limited(konnektor: Bench) -> None:
    assert [code_of_activation(konnektor, fresh_user(n)) for n in (1, 2, 3)] == [0, 0, 4278]


def test_user_id_is_free_again_after_a_thousand_activations(konnektor: Bench) -> None:
    konnektor.settings["comfort_sessions"] = 250
    assert code_of_activation(konnektor) == 0
    for number in range(1000):
        assert code_of_activation(konnektor, fresh_user(number)) == 0
        if number % 200 == 0:
            comfort(konnektor).deactivate()
    assert code_of_activation(konnektor) == 0


@pytest.mark.parametrize(
    ("entry", "codes"),
    [("wrong", [4276, 4276, 4275, 4063]), ("cancel", [4049]), ("timeout", [4043])],
)
def test_failed_pin_entry_does_not_activate(konnektor: Bench, entry: str, codes: list[int]) -> None:
    konnektor.settings["pin_entry"] = entry
    assert [code_of_activation(konnektor) for _ in codes] == codes
    assert comfort(konnektor).mode().mode == "PIN"


def test_card_and_user_must_fit(konnektor: Bench) -> None:
    with pytest.raises(KonnektorFault) as seal:
        ComfortSignature(konnektor.client, SMCB).activate()
    assert seal.value.code == 4274
    assert code_of_activation(konnektor, None) == 4003
    konnektor.client.verify_pin(HBA, "PIN.CH")
    assert code_of_activation(konnektor, fresh_user(1)) == 4018


def test_comfort_signature_is_off_by_default_and_its_limits_are_checked() -> None:
    with bench() as konnektor:
        assert code_of_activation(konnektor) == 4263
    with pytest.raises(ConfigurationError, match="comfort_max"):
        comfort_limits({"comfort_signature": True, "comfort_max": 251})


def test_fault_broken_comfort_signature_has_a_code_per_operation(konnektor: Bench) -> None:
    konnektor.ctx.faults.switch("komfortsignatur_gestoert", True)
    mode = comfort(konnektor)
    codes = []
    for call in (mode.activate, mode.deactivate, mode.mode):
        with pytest.raises(KonnektorFault) as refusal:
            call()
        codes.append(refusal.value.code)
    assert codes == [4267, 4268, 4269]
    konnektor.ctx.faults.switch("komfortsignatur_gestoert", False)
    assert mode.activate() == "COMFORT"


def test_deactivation_without_client_certificate_is_refused_where_one_is_mandatory() -> None:
    with bench(comfort_signature=True, client_authentication=True) as konnektor:
        with pytest.raises(KonnektorFault) as refusal:
            comfort(konnektor).deactivate()
        assert refusal.value.code == 4204


def test_only_a_running_job_can_be_stopped() -> None:
    with bench(timing="spec") as konnektor:
        job = konnektor.client.job_number()
        with pytest.raises(KonnektorFault) as early:
            konnektor.client.stop_signature(job)
        assert early.value.code == 4243
        konnektor.client.sign_document(HBA, DOCUMENT, job_number=job)
        konnektor.client.stop_signature(job)
        exchange = konnektor.layer(Layer.SOAP)[-1]
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_job_numbers_do_not_collide_over_many_calls() -> None:
    with bench() as konnektor:
        jobs = [konnektor.client.job_number() for _ in range(1200)]
        assert len(set(jobs)) == len(jobs)
