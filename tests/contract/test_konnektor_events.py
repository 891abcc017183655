"""Subscriptions and CETP events, terminals, and the state of the Konnektor."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from mocks.konnektor.events import pull_card
from mocks.konnektor.routes import build
from mocks.konnektor.state import State
from pruefstand.clients.konnektor import EventService, KonnektorFault
from pruefstand.clock import stopwatch
from pruefstand.model.exchange import Layer
from pruefstand.soap.cetp import Event, address, frame, read_frame
from pruefstand.soap.envelope import SoapProblem
from tests.contract.cetp_listener import listening
from tests.contract.konnektor_bench import CONTEXT, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_document, assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
SINK = "cetp://192.0.2.1:4000"


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def refusal(konnektor: Bench, change: tuple[bytes, bytes]) -> bytes:
    """Send the last request again with one change."""
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    assert change[0] in message
    return konnektor.post(message.replace(*change, 1)).body


def topic_of(document: bytes) -> str:
    """Return the topic of an event."""
    return etree.fromstring(document).findtext("{*}Topic") or ""


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    events = EventService(konnektor.client)
    held = events.subscribe(SINK, "CARD", "EVT:Message")
    events.renew(held.id, "unknown")
    assert events.subscriptions() == events.subscriptions(held.id)
    events.unsubscribe(held.id)
    events.terminals()
    events.is_online()
    events.card_in_slot("KT-1", 1)
    with pytest.raises(KonnektorFault):
        events.unsubscribe(held.id)
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_subscription_lasts_25_hours_and_can_be_renewed(konnektor: Bench) -> None:
    events, clock = EventService(konnektor.client), konnektor.ctx.clock
    held = events.subscribe(SINK, "CARD")
    assert held.ends.startswith("2026-11-25T12:00")
    clock.advance(timedelta(hours=24))  # type: ignore[attr-defined]
    (renewed,) = events.renew(held.id)
    assert renewed.ends.startswith("2026-11-26T12:00")
    clock.advance(timedelta(hours=25, seconds=1))  # type: ignore[attr-defined]
    assert events.subscriptions() == ()
    with pytest.raises(KonnektorFault) as late:
        events.renew(held.id)
    assert late.value.code == 4102


def test_same_wish_keeps_its_id_and_foreign_subscriptions_are_out_of_reach() -> None:
    with bench(mandant=["M1", "M2"]) as konnektor:
        events = EventService(konnektor.client)
        foreign = EventService(konnektor.another(replace(CONTEXT, mandant="M2")))
        held = events.subscribe(SINK, "CARD")
        assert events.subscribe(SINK, "CARD").id == held.id
        assert events.subscribe(SINK, "CT").id != held.id
        assert foreign.subscriptions() == ()
        with pytest.raises(KonnektorFault) as stranger:
            foreign.unsubscribe(held.id)
        assert stranger.value.code == 4102
        events.unsubscribe_address(SINK)
        assert events.subscriptions() == ()


def test_bad_subscriptions_are_refused(konnektor: Bench) -> None:
    events = EventService(konnektor.client)
    for event_to, sieve, code in (
        ("cetp://nowhere", None, 4000),
        ("http://127.0.0.1:1", None, 4000),
        (SINK, "//[", 4095),
    ):
        with pytest.raises(KonnektorFault) as refused:
            events.subscribe(event_to, "CARD", sieve)
        assert refused.value.code == code
    events.subscribe(SINK, "CARD")
    extra = b"<EVT:Subscription><EVT:SubscriptionID>x</EVT:SubscriptionID>"
    assert b">4000<" in refusal(konnektor, (b"<EVT:Subscription>", extra))


def test_signing_sends_an_event_per_document_within_100_ms(konnektor: Bench) -> None:
    with listening() as listener:
        held = EventService(konnektor.client).subscribe(listener.address, "sig/")
        konnektor.client.sign_document(HBA, [b"a", b"b"])
        begin = stopwatch()
        document = listener.next()
        assert stopwatch() - begin < 0.1
        assert_valid_document(document)
        event = read_frame(b"CETP" + len(document).to_bytes(4, "big") + document)
        assert (event.topic, event.subscription) == ("SIG/SIGNDOC/NEXT_SUCCESSFUL", held.id)
        assert event.parameters == {"Jobnummer": "AAA-000"}
        assert topic_of(listener.next()) == event.topic
        assert listener.is_silent()


def test_pin_entry_sends_two_events_in_order(konnektor: Bench) -> None:
    with listening() as listener:
        EventService(konnektor.client).subscribe(listener.address, "CARD/PIN")
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
        assert topic_of(listener.next()) == "CARD/PIN/VERIFY_STARTED"
        finished = listener.next()
        assert topic_of(finished) == "CARD/PIN/VERIFY_FINISHED"
        assert b">OK<" in finished


def test_pulled_card_sends_an_event(konnektor: Bench) -> None:
    state = State.from_context(konnektor.ctx)
    EventService(konnektor.client).subscribe(SINK, "CARD/REMOVED")
    subscribe = konnektor.layer(Layer.SOAP)[-1].request.body
    with listening() as listener:
        message = subscribe.replace(SINK.encode(), listener.address.encode())
        bench_of_state = replace(konnektor, app=build(konnektor.ctx, state))
        assert bench_of_state.post(message).status == 200
        pull_card(state.card(HBA), state)
        document = listener.next()
        assert topic_of(document) == "CARD/REMOVED"
        assert HBA.encode() in document


def test_filter_and_topic_choose_events(konnektor: Bench) -> None:
    with listening() as listener:
        events = EventService(konnektor.client)
        wanted = "//EVT:Parameter[EVT:Key='CardType']/EVT:Value='HBA'"
        events.subscribe(listener.address, "CARD/PIN/VERIFY_FINISHED", f"boolean({wanted})")
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
        konnektor.client.verify_pin(HBA, "PIN.CH")
        assert b">HBA<" in listener.next()
        assert listener.is_silent()


def test_events_of_cards_out_of_reach_are_not_sent() -> None:
    reach = {"KT-1": ["WP1"], "KT-2": ["WP2"]}
    with bench(workplaces=["WP1", "WP2"], terminals=reach) as konnektor, listening() as listener:
        far = konnektor.another(replace(CONTEXT, workplace="WP2"))
        EventService(far).subscribe(listener.address, "CARD")
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
        assert listener.is_silent()
        EventService(konnektor.client).subscribe(listener.address, "CARD")
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
        assert listener.next()


def test_events_travel_over_tls_where_the_profile_says_so(tmp_path: Path) -> None:
    with bench(cetp_tls=True) as konnektor:
        identity = konnektor.ctx.pki.tls_server()
        pem = tmp_path / "sink.pem"
        key = identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        pem.write_bytes(key + identity.certificate.public_bytes(Encoding.PEM))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(pem)
        with listening(tls) as listener:
            EventService(konnektor.client).subscribe(listener.address, "SIG")
            konnektor.client.sign_document(HBA, b"a")
            assert topic_of(listener.next()) == "SIG/SIGNDOC/NEXT_SUCCESSFUL"


def test_subscription_to_a_dead_listener_is_dropped(konnektor: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        dead = f"cetp://127.0.0.1:{server.getsockname()[1]}"
    events = EventService(konnektor.client)
    events.subscribe(dead, "SIG")
    konnektor.client.sign_document(HBA, b"a")
    deadline = stopwatch() + 5
    while events.subscriptions() and stopwatch() < deadline:
        pass
    assert events.subscriptions() == ()


def test_ten_thousand_subscriptions_are_held(konnektor: Bench) -> None:
    events = EventService(konnektor.client)
    events.subscribe(SINK, "T/00000")
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    for number in range(1, 10_000):
        konnektor.post(message.replace(b"T/00000", b"T/%05d" % number))
    assert len(events.subscriptions()) == 10_000


def test_terminals_in_reach_are_listed() -> None:
    reach = {"KT-1": ["WP1"], "KT-2": ["WP2"]}
    with bench(workplaces=["WP1", "WP2"], terminals=reach) as konnektor:
        (terminal,) = EventService(konnektor.client).terminals()
        assert (terminal.id, terminal.workplaces, terminal.is_connected) == ("KT-1", ("WP1",), True)
        everywhere = b"GetCardTerminals mandant-wide='true'"
        assert b"KT-2" in refusal(konnektor, (b"GetCardTerminals", everywhere))


def test_resources_are_found_by_slot_and_iccsn(konnektor: Bench) -> None:
    events = EventService(konnektor.client)
    card = events.card_in_slot("KT-1", 2)
    assert card is not None
    assert card.handle == SMCB
    assert events.card_with_iccsn(card.iccsn or "") == card
    for terminal, slot, code in (("KT-1", 3, 4098), ("KT-1", 9, 4097), ("KT-9", 1, 4007)):
        with pytest.raises(KonnektorFault) as refused:
            events.card_in_slot(terminal, slot)
        assert refused.value.code == code
    with pytest.raises(KonnektorFault) as unknown:
        events.card_with_iccsn("80276000000000000000")
    assert unknown.value.code == 4099


def test_konnektor_tells_when_the_ti_is_gone_and_signs_with_a_warning(konnektor: Bench) -> None:
    events = EventService(konnektor.client)
    assert events.is_online()
    konnektor.settings["ti_online"] = False
    assert not events.is_online()
    assert konnektor.client.sign_document(HBA, b"a")
    response = konnektor.layer(Layer.SOAP)[-1].response
    assert response is not None
    assert b">4261<" in response.body


def test_frame_reader_refuses_what_is_no_frame() -> None:
    event = Event("CARD/INSERTED", {"CardType": "EGK"}, subscription="s")
    whole = frame(event)
    assert read_frame(whole) == event
    for broken in (b"", whole[:-1], b"CETX" + whole[4:], whole.replace(b"EVT:Event", b"EVT:Fvent")):
        with pytest.raises(SoapProblem):
            read_frame(broken)


@pytest.mark.parametrize(
    ("event_to", "expected"),
    [("cetp://h:1", ("h", 1)), ("cetp://h", None), ("cetp://h:x", None), ("tcp://h:1", None)],
)
def test_address_is_host_and_port(event_to: str, expected: tuple[str, int] | None) -> None:
    assert address(event_to) == expected
