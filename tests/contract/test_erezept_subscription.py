"""Subscription and WebSocket over real TLS; certificates without a token."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from pruefstand.clients.erezept_messages import Subscribed
from pruefstand.clock import VirtualClock
from pruefstand.crypto import ocsp
from pruefstand.drivers.parties import InsuredPerson
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.errors import ServiceRefusal
from pruefstand.fhir.prescription import build_prescription
from pruefstand.flows import verordnen
from pruefstand.ids import kvnr
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.http import Request
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder
from tests.contract.erezept_bench import DAY, XML

KVNR = kvnr.generate(Rng("app"))


@pytest.fixture(scope="module")
def world() -> Iterator[MockWorld]:
    settings: dict[str, dict[str, object]] = {"konnektor": {}, "idp": {}, "erezept": {}}
    with MockWorld(seed=5, clock=VirtualClock.at_day(DAY), settings=settings) as running:
        running.start()
        yield running


@pytest.fixture
def pharmacy(world: MockWorld) -> Iterator[Pharmacy]:
    card = world.pki.smcb("Apotheke", role="apotheke")
    with HttpTransport(Recorder(), actor="apotheke", tls=world.client_tls("A")) as transport:
        yield Pharmacy(world, transport, world.clock, card.aut, card.telematik_id)


@pytest.fixture
def insured(world: MockWorld) -> Iterator[InsuredPerson]:
    with HttpTransport(Recorder(), actor="app", tls=world.client_tls("V")) as transport:
        yield InsuredPerson(world, transport, world.clock, world.pki.egk(KVNR))


def listen(world: MockWorld, subscribed: Subscribed) -> ClientConnection:
    address = world.base_url("erezept").replace("https", "wss") + "/subscription"
    tls = ssl.create_default_context(cadata=world.tls_ca_pem)
    headers = {"Authorization": f"Bearer {subscribed.token}"}
    return connect(address, ssl=tls, additional_headers=headers, proxy=None, open_timeout=5)


def prescribed(world: MockWorld) -> verordnen.Prescribed:
    with HttpTransport(Recorder(), actor="pvs", tls=world.client_tls("CS1")) as transport:
        practice = Practice(world, transport, world.clock)
        wanted = order(Rng(KVNR), flow_type=160, kvnr=KVNR)
        return practice.prescribe(
            160,
            lambda rx: build_prescription(
                wanted, rezept_id=rx, version="1.4", authored=world.clock.now()
            ),
        )


def test_a_message_rings_at_the_subscribed_pharmacy(
    world: MockWorld, pharmacy: Pharmacy, insured: InsuredPerson
) -> None:
    subscribed = pharmacy.messages.subscribe(pharmacy.telematik_id)
    assert len(subscribed.id) == 32
    task = prescribed(world).task
    with listen(world, subscribed) as socket:
        socket.send(f"bind: {subscribed.id}")
        assert socket.recv(timeout=5) == f"bound: {subscribed.id}"
        insured.assign(task.prescription_id, task.access_code, pharmacy.telematik_id)
        assert socket.recv(timeout=5) == f"ping: {subscribed.id}"
    (message,) = pharmacy.messages.unread()
    assert (message.sender, message.access_code) == (KVNR, task.access_code)
    assert pharmacy.messages.unread() == []


def test_a_newer_socket_takes_the_place_of_the_older(world: MockWorld, pharmacy: Pharmacy) -> None:
    subscribed = pharmacy.messages.subscribe(pharmacy.telematik_id)
    with listen(world, subscribed) as old, listen(world, subscribed) as new:
        old.send(f"bind: {subscribed.id}")
        old.recv(timeout=5)
        new.send(f"bind: {subscribed.id}")
        new.recv(timeout=5)
        with pytest.raises(ConnectionClosed):
            old.recv(timeout=5)


def test_foreign_words_and_tokens_end_the_connection(world: MockWorld, pharmacy: Pharmacy) -> None:
    subscribed = pharmacy.messages.subscribe(pharmacy.telematik_id)
    with listen(world, subscribed) as socket:
        socket.send("bind: " + "0" * 32)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
    with pytest.raises(InvalidStatus):
        listen(world, Subscribed(subscribed.id, pharmacy.tokens()))
    with listen(world, subscribed) as socket:
        socket.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


def test_a_subscription_ends_after_twelve_hours(world: MockWorld, pharmacy: Pharmacy) -> None:
    subscribed = pharmacy.messages.subscribe(pharmacy.telematik_id)
    world.clock.advance(timedelta(hours=12, seconds=1))
    try:
        with pytest.raises(InvalidStatus):
            listen(world, subscribed)
    finally:
        world.clock.advance(-timedelta(hours=12, seconds=1))


@pytest.mark.parametrize(
    ("criteria", "status", "expected"),
    [
        ("Communication?received=null", "requested", (400, "Missing recipient")),
        ("Communication?recipient={own}", "active", (400, "Request status not supported")),
        ("Communication?recipient=3-other", "requested", (403, "ID mismatch")),
    ],
)
def test_a_subscription_is_to_ones_own_messages(
    pharmacy: Pharmacy, criteria: str, status: str, expected: tuple[int, str]
) -> None:
    text = criteria.format(own=pharmacy.telematik_id)
    body = (
        f'<Subscription xmlns="http://hl7.org/fhir"><status value="{status}"/>'
        f'<criteria value="{text}"/></Subscription>'
    )
    inner = Request("POST", "/Subscription", tuple(XML.items()), body.encode())
    with pytest.raises(ServiceRefusal) as refused:
        pharmacy.erezept.checked(inner, "Subscription", "Subscription")
    assert (refused.value.status, refused.value.text) == expected


def test_certificates_and_their_status_need_no_token(world: MockWorld) -> None:
    tls = ssl.create_default_context(cadata=world.tls_ca_pem)
    base = world.base_url("erezept")
    vau = world.pki.read_certificate_info(world.pki.service("erp-vau").der)
    with httpx.Client(verify=tls, base_url=base, trust_env=False) as client:
        for query in ("", "?issuer-cn=x", "?issuer-cn=x&serial-nr=abc"):
            assert client.get(f"/OCSPResponse{query}").status_code == 400
        unknown = client.get("/OCSPResponse", params={"issuer-cn": "x", "serial-nr": "1"})
        assert unknown.status_code == 404
        issuer = next(
            authority.certificate.subject.rfc4514_string()
            for authority in world.pki.authorities.values()
            if authority.certificate.subject == world.pki.service("erp-vau").certificate.issuer
        )
        name = next(part[3:] for part in issuer.split(",") if part.startswith("CN="))
        query = {"issuer-cn": name, "serial-nr": str(vau.serial)}
        answer = client.get("/OCSPResponse", params=query)
        assert ocsp.read_response(answer.content).status == "good"
        assert client.get("/VAUCertificateOCSPResponse").status_code == 200
        root = world.pki.root.certificate.subject.rfc4514_string()
        root_name = next(part[3:] for part in root.split(",") if part.startswith("CN="))
        found = client.get("/PKICertificates", params={"currentRoot": root_name}).json()
        assert len(found["ca_certs"]) == len(world.pki.authorities)
        assert client.get("/PKICertificates", params={"currentRoot": "GEM.X"}).status_code == 404
        assert client.get("/PKICertificates").status_code == 400
        assert client.post("/ocspf", content=b"garbage").status_code == 400
        certificate = world.pki.service("erp-vau")
        wanted = ocsp.cert_id(
            certificate.der,
            next(
                authority.certificate
                for authority in world.pki.authorities.values()
                if authority.certificate.subject == certificate.certificate.issuer
            ),
        )
        forwarded = client.post("/ocspf", content=ocsp.build_request(wanted))
        assert ocsp.read_response(forwarded.content).status == "good"
