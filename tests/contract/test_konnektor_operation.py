"""Operating conditions, terminals, restart, access, and the operator's control routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mocks.konnektor.conditions import CONDITIONS, Effect
from mocks.konnektor.settings import behaviour
from pruefstand.clients.konnektor import (
    Credentials,
    EventService,
    KonnektorClient,
    KonnektorContext,
    KonnektorFault,
    Verifier,
)
from pruefstand.clock import VirtualClock
from pruefstand.errors import ConfigurationError, ServiceRefusal, SutError
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.exchange import Layer
from pruefstand.model.http import Request
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder
from tests.contract.cetp_listener import Listener, listening
from tests.contract.konnektor_bench import CONTEXT, NOON, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_document, assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
BUNDLE = b'<Bundle xmlns="http://hl7.org/fhir"/>'


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        yield ready


def code_of(attempt: Callable[[], object]) -> int:
    with pytest.raises(KonnektorFault) as fault:
        attempt()
    return fault.value.code


def states(konnektor: Bench) -> dict[str, str]:
    """Return what GetResourceInformation says about each condition."""
    return EventService(konnektor.client).conditions()


def set_condition(konnektor: Bench, name: str, value: bool) -> None:
    assert konnektor.operate("condition", {"value": value}, name=name).status == 204


@pytest.mark.parametrize("name", [n for n in CONDITIONS if CONDITIONS[n].effect])
def test_condition_has_its_effect_and_goes_again(konnektor: Bench, name: str) -> None:
    client, effect = konnektor.client, CONDITIONS[name].effect
    set_condition(konnektor, name, True)
    if effect is Effect.OFF:
        assert code_of(client.cards) == 4002
    else:
        assert states(konnektor)[name] == "true"
        assert client.cards()
    if effect is Effect.NO_VPN:
        assert not EventService(client).is_online()
        assert client.sign_document(HBA, BUNDLE)
    else:
        assert code_of(lambda: client.sign_document(HBA, BUNDLE)) == 4002
    set_condition(konnektor, name, False)
    assert EventService(client).is_online()
    signed = client.sign_document(HBA, BUNDLE)
    assert Verifier(client).document(signed[0]).result == "VALID"


def test_healthy_konnektor_names_conditions_that_do_not_hold(konnektor: Bench) -> None:
    assert set(states(konnektor).values()) == {"false"}
    for name in CONDITIONS:
        if CONDITIONS[name].effect is not Effect.OFF:
            set_condition(konnektor, name, True)
    shown = states(konnektor)
    assert set(shown.values()) == {"true"}
    assert len(shown) == len(CONDITIONS) - 2
    answer = konnektor.layer(Layer.SOAP)[-1].response
    assert answer is not None
    assert_valid_message(answer.body)


def heard(listener: Listener, count: int) -> list[tuple[str, dict[str, str]]]:
    return [(event.topic, event.parameters) for event in listener.take(count)]


def test_outage_and_recovery_are_told(konnektor: Bench) -> None:
    with listening() as listener:
        for topic in ("OPERATIONAL_STATE", "NETWORK"):
            EventService(konnektor.client).subscribe(listener.address, topic)
        assert konnektor.operate("setting", {"value": False}, name="ti_online").status == 204
        events = heard(listener, 4)
        assert ("NETWORK/VPN_TI/DOWN", {}) in events
        told = dict(events)["OPERATIONAL_STATE/EC_No_VPN_TI_Connection"]
        assert told["Value"] == "true"
        konnektor.operate("setting", {"value": True}, name="ti_online")
        assert ("NETWORK/VPN_TI/UP", {}) in heard(listener, 4)


def test_lost_terminal_takes_its_cards_along_and_brings_them_back(konnektor: Bench) -> None:
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    with listening() as listener:
        EventService(konnektor.client).subscribe(listener.address, "C")
        konnektor.operate("terminal", {"connected": False}, name="KT-1")
        assert konnektor.client.cards() == ()
        assert code_of(lambda: konnektor.client.pin_status(SMCB, "PIN.SMC")) == 4101
        assert [
            terminal.is_connected for terminal in EventService(konnektor.client).terminals()
        ] == [False]
        assert states(konnektor)["EC_CardTerminal_Not_Available(KT-1)"] == "true"
        konnektor.operate("terminal", {"connected": True}, name="KT-1")
        topics = [topic for topic, _ in heard(listener, 6)]
    assert topics == [
        "CARD/REMOVED",
        "CARD/REMOVED",
        "CT/DISCONNECTED",
        "CT/CONNECTED",
        "CARD/INSERTED",
        "CARD/INSERTED",
    ]
    smcb = konnektor.client.cards("SM-B")[0].handle
    assert smcb != SMCB
    assert konnektor.client.pin_status(smcb, "PIN.SMC") == "VERIFIABLE"


def test_restart_ends_subscriptions_and_tells_the_listeners(konnektor: Bench) -> None:
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    with listening() as listener:
        service = EventService(konnektor.client)
        held = service.subscribe(listener.address, "CARD")
        konnektor.operate("restart")
        events = listener.take(2)
        assert [event.topic for event in events] == ["BOOTUP", "BOOTUP_COMPLETE"]
        assert {event.subscription for event in events} == {""}
        assert code_of(lambda: service.renew(held.id)) == 4102
        assert service.subscriptions() == ()
        again = service.subscribe(listener.address, "CARD")
        assert again.id != held.id
    assert {card.handle for card in konnektor.client.cards()}.isdisjoint({HBA, SMCB})


def test_operator_inserts_pulls_blocks_revokes_and_expires_cards(konnektor: Bench) -> None:
    client = konnektor.client
    table = {"type": "EGK", "kvnr": "X110411675", "slot": 3}
    made = json.loads(konnektor.operate("card-new", table).body)
    assert made["handle"] in {card.handle for card in client.cards("EGK")}
    assert konnektor.operate("card-new", table).status == 404
    konnektor.operate("card-pull", card=made["iccsn"])
    assert client.cards("EGK") == ()
    back = json.loads(konnektor.operate("card-insert", card=made["iccsn"]).body)
    assert back["handle"] != made["handle"]
    konnektor.operate("card-pin", {"state": "blocked"}, card=SMCB, pin="PIN.SMC")
    assert client.pin_status(SMCB, "PIN.SMC") == "BLOCKED"
    konnektor.operate("card-revoke", card=HBA)
    assert code_of(lambda: client.sign_document(HBA, BUNDLE)) == 4123
    konnektor.operate("reset")
    assert client.sign_document(HBA, BUNDLE)
    konnektor.operate("card-expire", card=HBA)
    assert code_of(lambda: client.sign_document(HBA, BUNDLE)) == 4123
    assert client.cards("HBAx")[0].expires == "2026-11-23Z"
    konnektor.operate("reset")
    assert {card.handle for card in client.cards()} == {HBA, SMCB}
    assert len(json.loads(konnektor.operate("cards").body)) == 2


@pytest.mark.parametrize(
    ("operation", "content", "parts"),
    [
        ("card-new", {"type": "Joker"}, {}),
        ("card-new", [], {}),
        ("card-pull", None, {"card": "HBA-99"}),
        ("card-pin", {"state": "sticky"}, {"card": HBA, "pin": "PIN.CH"}),
        ("card-pin", {"state": "blocked"}, {"card": HBA, "pin": "PIN.X"}),
        ("terminal", {"connected": True}, {"name": "KT-9"}),
        ("terminal", {}, {"name": "KT-1"}),
        ("condition", {"value": True}, {"name": "EC_Mood"}),
        ("setting", {"value": "lazy"}, {"name": "timing"}),
        ("setting", {}, {"name": "timing"}),
    ],
)
def test_operator_is_told_what_is_wrong(
    konnektor: Bench, operation: str, content: object, parts: dict[str, str]
) -> None:
    answer = konnektor.operate(operation, content, **parts)
    assert answer.status in (400, 404)
    assert json.loads(answer.body)["error"]
    assert konnektor.client.cards()


def test_latency_is_added_to_every_answer(konnektor: Bench) -> None:
    konnektor.client.cards()
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    konnektor.settings["latency"] = 1.5
    assert konnektor.post(message).delay == 1.5
    assert konnektor.post(b"").delay == 1.5
    konnektor.settings["latency"] = 0
    assert konnektor.post(message).delay == 0


ACCESS: dict[str, dict[str, Any]] = {
    "certificate": {"client_authentication": "certificate"},
    "password": {
        "client_authentication": "password",
        "client_users": {"pvs": {"password": "geheim", "client_systems": ["CS1"]}},
    },
    "none": {},
    "plain": {"tls_mandatory": False, "plain_http": True},
}


@pytest.fixture(scope="module", params=ACCESS)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, MockWorld]]:
    """One Konnektor on the wire per way of access."""
    settings = {"konnektor": ACCESS[request.param]}
    with MockWorld(seed="access", clock=VirtualClock(NOON), settings=settings) as world:
        world.start()
        yield request.param, world


def reach(
    world: MockWorld,
    *,
    certificate: str = "CS1",
    credentials: Credentials | None = None,
    system: str = "CS1",
    url: str | None = None,
) -> int:
    """Return 200, the code of the fault, or the HTTP status without SOAP."""
    context = KonnektorContext("M1", system, "WP1")
    recorder = Recorder(world.clock)
    tls = world.client_tls(certificate)
    with HttpTransport(recorder, actor="praxis", tls=tls) as transport:
        base = url or world.base_url("konnektor")
        client = KonnektorClient(transport, base, context, credentials)
        try:
            return 200 if client.cards() else 0
        except KonnektorFault as fault:
            return fault.code
        except ServiceRefusal as refusal:
            return refusal.status


def test_each_way_of_access_lets_in_whom_it_should(served: tuple[str, MockWorld]) -> None:
    mode, world = served
    right, wrong = Credentials("pvs", "geheim"), Credentials("pvs", "geraten")
    if mode == "certificate":
        assert reach(world) == 200
        assert reach(world, certificate="CS2") == 4204
        assert reach(world, certificate="CS2", credentials=right) == 4204
    elif mode == "password":
        assert reach(world, certificate="CS2", credentials=right) == 200
        assert reach(world, credentials=wrong) == 4204
        assert reach(world, credentials=Credentials("wer", "geheim")) == 4204
        assert reach(world) == 4204
        assert reach(world, credentials=right, system="CS2") == 4204
    else:
        assert reach(world, certificate="CS2") == 200


def test_plain_http_is_for_the_konnektor_that_allows_it(served: tuple[str, MockWorld]) -> None:
    mode, world = served
    if mode == "plain":
        plain = world.contexts["konnektor"].plain_url
        assert plain is not None
        assert plain.startswith("http:")
        assert reach(world, url=plain) == 200
        world.set_flag("konnektor", "tls_mandatory", True)
        with pytest.raises(SutError, match="nicht ohne TLS"):
            reach(world, url=plain)
        world.set_flag("konnektor", "tls_mandatory", False)
    else:
        assert world.contexts["konnektor"].plain_url is None


def test_call_in_clear_text_is_not_answered_where_tls_is_mandatory(konnektor: Bench) -> None:
    konnektor.client.cards()
    body = konnektor.layer(Layer.SOAP)[-1].request.body
    assert konnektor.app.handle(Request("POST", "/", (), body, None, False)).status == 403
    assert konnektor.app.handle(Request("POST", "/", (), body, None, True)).status == 200


def test_directory_says_how_it_is_reached(served: tuple[str, MockWorld]) -> None:
    mode, world = served
    with HttpTransport(
        Recorder(world.clock), actor="praxis", tls=world.client_tls("CS1")
    ) as transport:
        client = KonnektorClient(transport, world.base_url("konnektor"), CONTEXT)
        found = client.discover()
    assert found.tls_mandatory == (mode != "plain")
    assert found.client_authentication_mandatory == (mode in ("certificate", "password"))
    assert all(bool(entry.plain_location) == (mode == "plain") for entry in found.endpoints)


def test_closed_directory_asks_who_is_there() -> None:
    users = {"pvs": {"password": "geheim", "client_systems": ["CS1"]}}
    settings = {
        "client_authentication": "password",
        "client_users": users,
        "directory_open": False,
    }
    with bench(**settings) as konnektor:
        with pytest.raises(ServiceRefusal) as refusal:
            konnektor.client.discover()
        assert refusal.value.status == 401
        client = KonnektorClient(
            konnektor.client.transport,
            "https://konnektor.test",
            CONTEXT,
            Credentials("pvs", "geheim"),
        )
        assert client.cards()


@pytest.mark.parametrize("header", ["Basic", "Basic %%", "Basic cHZz", "Bearer x", "Basic /w=="])
def test_unreadable_credentials_are_none(header: str) -> None:
    with bench(client_authentication="password", client_users={}) as konnektor:
        konnektor.settings["client_authentication"] = "none"
        konnektor.client.cards()
        body = konnektor.layer(Layer.SOAP)[-1].request.body
        konnektor.settings["client_authentication"] = "password"
        answer = konnektor.app.handle(Request("POST", "/", (("Authorization", header),), body))
        assert b">4204<" in answer.body
        assert_valid_message(answer.body)


def test_client_authentication_needs_tls() -> None:
    with bench(client_authentication="certificate", tls_mandatory=False) as konnektor:
        assert konnektor.post(b"").status == 500
        with pytest.raises(ConfigurationError, match="tls_mandatory"):
            behaviour(konnektor.settings)


def test_directory_with_plain_endpoints_is_valid_in_the_official_schema() -> None:
    with bench(tls_mandatory=False) as konnektor:
        konnektor.ctx.plain_url = "http://konnektor.test"
        answer = konnektor.app.handle(Request("GET", "/connector.sds"))
        assert b"SI:Endpoint " in answer.body
        assert_valid_document(answer.body)
