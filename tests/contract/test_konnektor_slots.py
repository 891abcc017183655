"""PIN change and unblocking; cards that come and go."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pruefstand.clients.konnektor import CardSlots, EventService, KonnektorFault
from pruefstand.model.exchange import Layer
from tests.contract.cetp_listener import listening
from tests.contract.konnektor_bench import Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
KVNR = "X110411675"


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def refused(konnektor: Bench, terminal: str, slot: int, card_type: str | None = None) -> int:
    """Request a card; return the fault's code."""
    with pytest.raises(KonnektorFault) as refusal:
        CardSlots(konnektor.client).request(terminal, slot, card_type, "Bitte Karte stecken")
    return refusal.value.code


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    slots = CardSlots(konnektor.client)
    slots.request("KT-1", 1, "HBAx", "Bitte Karte stecken")
    slots.eject(HBA)
    slots.request("KT-1", 1)
    konnektor.client.change_pin(SMCB, "PIN.SMC")
    konnektor.settings["pin_entry"] = "wrong"
    konnektor.client.unblock_pin(SMCB, "PIN.SMC")
    refused(konnektor, "KT-9", 1)
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_ejected_card_comes_back_under_a_fresh_handle_and_locked(konnektor: Bench) -> None:
    slots, client = CardSlots(konnektor.client), konnektor.client
    client.verify_pin(SMCB, "PIN.SMC")
    slots.eject(SMCB)
    with pytest.raises(KonnektorFault) as dead:
        client.pin_status(SMCB, "PIN.SMC")
    assert dead.value.code == 4101
    again = slots.request("KT-1", 2)
    assert again.card is not None
    assert not again.already
    assert again.card.handle != SMCB
    assert again.card.iccsn == konnektor.ctx.pki.smcb("praxis").iccsn
    assert client.pin_status(again.card.handle, "PIN.SMC") == "VERIFIABLE"
    assert slots.request("KT-1", 2).already


def test_card_events_tell_of_removal_and_insertion(konnektor: Bench) -> None:
    with listening() as listener:
        EventService(konnektor.client).subscribe(listener.address, "CARD/")
        slots = CardSlots(konnektor.client)
        slots.eject(HBA)
        slots.request("KT-1", 1)
        assert b"CARD/REMOVED" in listener.next()
        inserted = listener.next()
        assert b"CARD/INSERTED" in inserted
        assert b">HBA-2<" in inserted


def test_card_of_the_profile_may_wait_outside() -> None:
    cards = [{"type": "EGK", "handle": "EGK-1", "kvnr": KVNR, "slot": 3, "inserted": False}]
    with bench(cards=cards) as konnektor:
        assert konnektor.client.cards() == ()
        assert refused(konnektor, "KT-1", 3, "SM-B") == 4202
        inserted = CardSlots(konnektor.client).request("KT-1", 3, "EGK")
        assert inserted.card is not None
        assert (inserted.card.handle, inserted.card.kvnr) == ("EGK-1", KVNR)


def test_requests_that_cannot_be_met_are_refused(konnektor: Bench) -> None:
    assert refused(konnektor, "KT-9", 1) == 4007
    assert refused(konnektor, "KT-1", 9) == 4097
    assert refused(konnektor, "KT-1", 3) == 4202
    assert refused(konnektor, "KT-1", 1, "SMC-KT") == 4058
    assert refused(konnektor, "KT-1", 1, "SM-B") == 4051
    konnektor.settings["card_insertion"] = False
    CardSlots(konnektor.client).eject(HBA)
    assert refused(konnektor, "KT-1", 1) == 4202


def test_card_left_in_the_slot_is_an_error_and_stays_usable(konnektor: Bench) -> None:
    konnektor.settings["card_removal"] = False
    with pytest.raises(KonnektorFault) as stays:
        CardSlots(konnektor.client).eject(HBA)
    assert stays.value.code == 4203
    assert konnektor.client.pin_status(HBA, "PIN.QES") == "VERIFIABLE"


def test_eject_of_an_empty_slot_is_accepted_and_long_messages_are_not(konnektor: Bench) -> None:
    CardSlots(konnektor.client).eject(HBA)
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    handle = b"<CONN:CardHandle>HBA-1</CONN:CardHandle>"
    ct, common = b"http://ws.gematik.de/conn/CardTerminalService/v1.1", b"CardServiceCommon/v2.0"
    slot = (
        b'<CT:Slot xmlns:CT="'
        + ct
        + b'"><x:CtId xmlns:x="http://ws.gematik.de/conn/'
        + common
        + b'">KT-1</x:CtId><y:SlotId xmlns:y="http://ws.gematik.de/conn/'
        + common
        + b'">1</y:SlotId></CT:Slot>'
    )
    assert handle in message
    empty = message.replace(handle, slot)
    assert konnektor.post(empty).status == 200
    long = b"<CT:DisplayMsg>" + b"x" * 49 + b"</CT:DisplayMsg></CT:EjectCard>"
    assert b">4000<" in konnektor.post(empty.replace(b"</CT:EjectCard>", long)).body


def test_transport_pin_is_replaced_by_a_real_one() -> None:
    cards = [{"type": "SMC-B", "handle": SMCB, "pin": "transport"}]
    with bench(cards=cards) as konnektor:
        client = konnektor.client
        assert client.verify_pin(SMCB, "PIN.SMC").result == "TRANSPORT_PIN"
        assert client.change_pin(SMCB, "PIN.SMC").is_ok
        assert client.verify_pin(SMCB, "PIN.SMC").is_ok


@pytest.mark.parametrize(
    ("entry", "code"), [("mismatch", 4067), ("length", 4068), ("cancel", 4049)]
)
def test_bad_new_pin_changes_nothing(konnektor: Bench, entry: str, code: int) -> None:
    konnektor.settings["pin_entry"] = entry
    for call in (konnektor.client.change_pin, konnektor.client.unblock_pin):
        with pytest.raises(KonnektorFault) as refusal:
            call(SMCB, "PIN.SMC")
        assert refusal.value.code == code


def test_wrong_old_pin_costs_a_try_and_the_puk_restores_all(konnektor: Bench) -> None:
    client = konnektor.client
    konnektor.settings["pin_entry"] = "wrong"
    results = [client.change_pin(SMCB, "PIN.SMC").result for _ in range(4)]
    assert results == ["REJECTED", "REJECTED", "NOWBLOCKED", "WASBLOCKED"]
    konnektor.settings["pin_entry"] = "auto"
    assert client.pin_status(SMCB, "PIN.SMC") == "BLOCKED"
    assert client.unblock_pin(SMCB, "PIN.SMC").is_ok
    assert client.pin_details(SMCB, "PIN.SMC").left_tries == 3


def test_puk_has_ten_uses(konnektor: Bench) -> None:
    konnektor.settings["pin_entry"] = "wrong"
    results = [konnektor.client.unblock_pin(SMCB, "PIN.SMC") for _ in range(11)]
    assert results[0].left_tries == 9
    assert [entry.result for entry in results[8:]] == ["REJECTED", "NOWBLOCKED", "WASBLOCKED"]


def test_pin_that_is_not_on_the_card_cannot_be_changed(konnektor: Bench) -> None:
    with pytest.raises(KonnektorFault) as refusal:
        konnektor.client.change_pin(SMCB, "PIN.QES")
    assert refusal.value.code == 4072
