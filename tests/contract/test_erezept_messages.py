"""Communication: who may write what to whom, and who reads or deletes it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mocks.erezept.message_kinds import KINDS
from pruefstand.clients.erezept import CreatedTask
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import kvnr
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from tests.contract.erezept_bench import DAY, IDS, Bench

TELEMATIK, KVID = "https://gematik.de/fhir/sid/telematik-id", "http://fhir.de/sid/gkv/kvid-10"
FRIEND = kvnr.generate(Rng("friend"))
PHARMACY = IDS["pharmacy"][1]
V1 = {"version": 1, "supplyOptionsType": "onPremise"}
CANONICAL = {kind.name: kind.canonical for kind in KINDS.values()}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-messages", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def body(kind: str, about: str, recipient: str, *payloads: object) -> bytes:
    system = TELEMATIK if "-" in recipient or recipient == "0" else KVID
    texts = [item if isinstance(item, str) else json.dumps(item) for item in payloads]
    return to_xml(
        {
            "resourceType": "Communication",
            "meta": {"profile": [f"{CANONICAL.get(kind, kind)}|1.6"]},
            "basedOn": [{"reference": about}],
            "status": "unknown",
            "recipient": [{"identifier": {"system": system, "value": recipient}}],
            "payload": [{"contentString": text} for text in texts],
        }
    )


def post(bench: Bench, role: str, content: bytes) -> Response:
    headers = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+json"}
    if role == "friend":
        inner = Request("POST", "/Communication", tuple(headers.items()), content)
        return bench.client("49", FRIEND).call(inner, "x", "Communication")
    return bench.send(role, "POST", "/Communication", headers=headers, body=content)


def with_code(task: CreatedTask) -> str:
    return f"Task/{task.prescription_id}/$accept?ac={task.access_code}"


def order(task: CreatedTask, *payloads: object, recipient: str = PHARMACY) -> bytes:
    return body("DispReq", with_code(task), recipient, *(payloads or (V1,)))


def refused(answer: Response) -> tuple[int, str]:
    return answer.status, inner_refusal("", answer).text if answer.status >= 300 else ""


def listed(bench: Bench, role: str, query: str = "") -> Any:
    headers = {"Accept": "application/fhir+json"}
    return json.loads(bench.send(role, "GET", f"/Communication{query}", headers=headers).body)


def test_an_order_reaches_the_pharmacy(bench: Bench) -> None:
    task = bench.ready()
    answer = post(bench, "insured", order(task))
    assert answer.status == 201
    stored = json.loads(answer.body)
    location = f"http://prescriptionserver.telematik/Communication/{stored['id']}"
    assert answer.header("Location") == location
    assert stored["sender"]["identifier"]["value"] == bench.insured
    assert "received" not in stored
    assert listed(bench, "other_pharmacy")["total"] == 0
    (entry,) = listed(bench, "pharmacy", "?received=NULL")["entry"]
    assert entry["resource"]["received"]
    assert listed(bench, "pharmacy", "?received=NULL")["total"] == 0
    assert listed(bench, "pharmacy", f"?sender={bench.insured}")["total"] == 1


@pytest.mark.parametrize(
    ("role", "kind", "about", "recipient"),
    [
        ("insured", "DispReq", "{code}", PHARMACY),
        ("friend", "DispReq", "{code}", PHARMACY),
        ("pharmacy", "Reply", "Task/{id}", "{insured}"),
        ("payer", "DiGA", "Task/{id}", "{insured}"),
        ("insured", "Representative", "{code}", FRIEND),
        ("insured", "ChargChangeReq", "ChargeItem/{id}", PHARMACY),
        ("pharmacy", "ChargChangeReply", "ChargeItem/{id}", "{insured}"),
    ],
)
def test_every_kind_is_sent(bench: Bench, role: str, kind: str, about: str, recipient: str) -> None:
    task = bench.charged()[0] if kind.startswith("Charg") else bench.ready()
    about = about.format(code=with_code(task), id=task.prescription_id)
    content = body(kind, about, recipient.format(insured=bench.insured), V1)
    assert refused(post(bench, role, content)) == (201, "")
    same_role = {"friend": "insured"}.get(role, role)
    for other in {"insured", "pharmacy", "payer"} - {same_role}:
        status, text = refused(post(bench, other, content))
        assert (status, text) == (400, f"Invalid sender profession oid in communication {kind}")


def test_removed_and_unknown_profiles_are_refused(bench: Bench) -> None:
    task = bench.ready()
    old = CANONICAL["DispReq"].replace("DispReq", "InfoReq")
    answer = post(bench, "insured", body(old, with_code(task), PHARMACY, V1))
    assert refused(answer) == (400, "FHIR-Validation error")


def test_an_order_needs_a_redeemable_task(bench: Bench) -> None:
    unknown = CreatedTask("160.000.123.456.789.37", "0" * 64)
    assert refused(post(bench, "insured", order(unknown))) == (
        400,
        "Task for prescription id 160.000.123.456.789.37 is missing",
    )
    taken, _, _ = bench.accepted()
    assert refused(post(bench, "insured", order(taken))) == (400, "Task has invalid status.")
    task = bench.ready()
    wrong = CreatedTask(task.prescription_id, "f" * 64)
    assert refused(post(bench, "friend", order(wrong))) == (403, "AccessCode mismatch")
    bench.clock.advance(timedelta(days=93))
    assert refused(post(bench, "insured", order(task))) == (400, "Task is expired.")


@pytest.mark.parametrize(
    ("recipient", "status", "text"),
    [
        ("3-x", 201, ""),
        ("5-x", 201, ""),
        ("9-x", 201, ""),
        (
            "8-x",
            403,
            "Der Empfänger darf den Flowtype für Apothekenpflichtige Arzneimittel nicht empfangen",
        ),
        ("0", 400, "FHIR-Validation error"),
    ],
)
def test_the_recipient_must_fit_the_flow(
    bench: Bench, recipient: str, status: int, text: str
) -> None:
    answer = post(bench, "insured", order(bench.ready(), recipient=recipient))
    assert refused(answer) == (status, text)


def test_nobody_writes_to_himself(bench: Bench) -> None:
    content = body("Representative", with_code(bench.ready()), bench.insured, "Bitte einlösen")
    assert refused(post(bench, "insured", content)) == (400, "messages to self are not permitted")


def test_the_eleventh_message_to_a_representative_is_refused(bench: Bench) -> None:
    task = bench.ready()
    content = body("Representative", with_code(task), FRIEND, "Bitte einlösen")
    assert [post(bench, "insured", content).status for _ in range(11)] == [201] * 10 + [429]
    assert post(bench, "insured", order(task)).status == 201


SCHEMA = "Invalid payload: does not conform to expected JSON schema"
ADDRESS = {
    "firstname": "A",
    "lastname": "B",
    "address": "Weg 1",
    "postcode": "12345",
    "city": "Ort",
    "country": "DE",
    "phone": "+491",
}
V3 = {"version": 3, "transactionID": "1", "communicationType": "order"}
SHIPPED = {**V3, "supplyOptionsType": "shipment", **ADDRESS}
ORDERS = [
    ({**V1, "name": "x" * 100, "address": ["a"], "hint": "h", "phone": "1"}, ""),
    ({**V1, "name": "x" * 101}, SCHEMA),
    ({**V1, "address": "a"}, SCHEMA),
    ({**V1, "extra": 1}, SCHEMA),
    ({"version": 1}, SCHEMA),
    ({"supplyOptionsType": "delivery"}, SCHEMA),
    ({**V1, "version": "1"}, "version must be 'integer'"),
    ({**V1, "version": True}, "version must be 'integer'"),
    ({**V1, "version": 2}, "Invalid payload version: 2"),
    ("kein JSON", "Invalid JSON in payload.contentString"),
    (SHIPPED, ""),
    ({**SHIPPED, "phone": "1"}, SCHEMA),
    ({**SHIPPED, "supplyOptionsType": "onPremise"}, SCHEMA),
    ({**V3, "supplyOptionsType": "onPremise", "phone": "0049"}, ""),
    ({**V3, "supplyOptionsType": "onPremise"}, SCHEMA),
    ({**V3, "communicationType": "text", "text": "x" * 800}, ""),
    ({**V3, "communicationType": "text", "text": "x" * 801}, SCHEMA),
    ({"version": 3, "communicationType": "text", "text": "x"}, SCHEMA),
]


@pytest.mark.parametrize(("payload", "expected"), ORDERS)
def test_payload_of_an_order(bench: Bench, payload: object, expected: str) -> None:
    status, text = refused(post(bench, "insured", order(bench.ready(), payload)))
    assert status == (400 if expected else 201)
    assert text.startswith(expected)


def reply(kind: str, **fields: object) -> dict[str, object]:
    return {"version": 3, "transactionID": "1", "communicationType": kind, **fields}


REPLIES = [
    ({**V1, "info_text": "i", "url": "u", "pickUpCodeHR": "12345678", "pickUpCodeDMC": "x"}, ""),
    ({**V1, "pickUpCodeHR": "123456789"}, SCHEMA),
    ({**V1, "supplyOptionsType": "delivery", "pickUpCodeHR": "1"}, SCHEMA),
    (reply("text", text="a"), ""),
    (reply("text"), SCHEMA),
    (reply("link", text="a", url="https://a.de"), ""),
    (reply("link", text="a", url="http://a.de"), SCHEMA),
    (reply("reservationStatus", readyForCollection="nextDay"), ""),
    (reply("reservationStatus", readyForCollection="never"), SCHEMA),
    (reply("pickupCodeHR", pickupCodeHR="A1"), ""),
    (reply("pickupCodeHR", pickupCodeHR="A-1"), SCHEMA),
    (reply("pickupCodeDMC", pickupCodeDMC="12345678"), ""),
    (reply("pickupCodeDMC", pickupCodeDMC="1234567"), SCHEMA),
    (reply("deliveryStatus", deliveryStatus="inTransport", inTransportETA={"from": 1}), ""),
    (reply("deliveryStatus", deliveryStatus="lost"), SCHEMA),
    (reply("paymentInfo", totalAmount=1, paymentMethods=[{"method": "cash"}]), ""),
    (reply("paymentInfo", totalAmount=1.5, paymentMethods=[]), SCHEMA),
    (reply("dance"), SCHEMA),
]


@pytest.mark.parametrize(("payload", "expected"), REPLIES)
def test_payload_of_a_reply(bench: Bench, payload: object, expected: str) -> None:
    task = bench.ready()
    content = body("Reply", f"Task/{task.prescription_id}", bench.insured, payload)
    status, text = refused(post(bench, "pharmacy", content))
    assert status == (400 if expected else 201)
    assert text.startswith(expected)


@pytest.mark.parametrize("payloads", [(), (V1, V1)])
def test_a_message_has_exactly_one_payload(bench: Bench, payloads: tuple[object, ...]) -> None:
    content = body("DispReq", with_code(bench.ready()), PHARMACY, *payloads)
    assert refused(post(bench, "insured", content)) == (400, "FHIR-Validation error")


def test_only_parties_read_and_only_the_sender_deletes(bench: Bench) -> None:
    name = json.loads(post(bench, "insured", order(bench.ready())).body)["id"]
    target = f"/Communication/{name}"
    assert bench.send("pharmacy", "GET", target).status == 200
    missing = (404, "no Communication found for id")
    assert refused(bench.send("other_pharmacy", "GET", target)) == missing
    status, text = refused(bench.send("pharmacy", "DELETE", target))
    assert status == 401
    assert "is not allowed to delete communication for id" in text
    assert bench.send("insured", "DELETE", target).status == 204
    assert refused(bench.send("insured", "DELETE", target)) == missing
    assert refused(bench.send("insured", "GET", "/Communication/1")) == (
        400,
        "Invalid format of communication id",
    )


def test_messages_go_with_their_task(bench: Bench) -> None:
    task, other = bench.ready(), bench.ready()
    for item in (task, other):
        assert post(bench, "insured", order(item)).status == 201
    bench.as_role("insured").abort(task.prescription_id)
    (entry,) = listed(bench, "insured")["entry"]
    assert other.prescription_id in json.dumps(entry)
