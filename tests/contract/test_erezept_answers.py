"""The table of answers: input, inner status and text, equal to the letter (data/*.csv)."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.communication import message, with_code
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import kvnr
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng
from tests.contract.erezept_bench import DAY, IDS, Bench

TABLE = (Path(__file__).parent / "data/erezept_answers.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TABLE.splitlines()))
FLOW = "https://gematik.de/fhir/erp/CodeSystem/GEM_ERP_CS_FlowType"
WRONG = "0" * 64
STRANGER = kvnr.generate(Rng("stranger"))
V1 = {"version": 1, "supplyOptionsType": "onPremise"}


@dataclass(slots=True)
class Situation:
    """A task in a state, with the codes it has."""

    id: str
    ac: str
    secret: str = WRONG
    body: bytes = b""

    def filled(self, text: str) -> str:
        pairs = {"id": self.id, "ac": self.ac, "secret": self.secret, "wrong": WRONG}
        for name, value in pairs.items():
            text = text.replace(f"{{{name}}}", value)
        return text


@pytest.fixture(scope="module")
def bench() -> Bench:
    clock = VirtualClock.at_day(DAY)
    # All callers of the table share their tokens within one second.
    return Bench(Pki("erezept-answers", clock), clock, {"rate_limit": 100_000})


@pytest.fixture
def at_noon(bench: Bench) -> Bench:
    """Put the clock back, so that no row depends on another."""
    bench.clock.move_to(VirtualClock.at_day(DAY).now())
    return bench


def situation(bench: Bench, text: str) -> Situation:
    state, _, number = text.partition("-2") if text.endswith(("-200", "-209")) else (text, "", "")
    flow = int(f"2{number}") if number else 160
    if text == "ready-169":
        state, flow = "ready", 169
    if state == "draft":
        task = bench.created(flow)
        return Situation(task.prescription_id, task.access_code)
    if state in {"ready", "cancelled", "expired"}:
        task = bench.ready(flow)
        if state == "cancelled":
            bench.as_role("practice").abort(task.prescription_id, access_code=task.access_code)
        if state == "expired":
            bench.clock.advance(timedelta(days=93))
        return Situation(task.prescription_id, task.access_code)
    task, secret, body = bench.accepted(flow)
    if state == "completed":
        bench.as_role("pharmacy").close(task.prescription_id, secret, body)
    return Situation(task.prescription_id, task.access_code, secret, body)


def coding(system: str, code: str) -> dict[str, object]:
    full = {"flow": FLOW, "-": ""}.get(system, system)
    parts = {"system": full, "code": code.removeprefix("-")}
    return {"name": "workflowType", "valueCoding": {k: v for k, v in parts.items() if v}}


def parameters(*items: dict[str, object]) -> bytes:
    return to_xml({"resourceType": "Parameters", "parameter": list(items)})


def dispensation(at: Situation, what: str) -> bytes:
    changes: dict[str, tuple[bytes, bytes]] = {
        "id": (f'value="{at.id}"'.encode(), b'value="160.000.123.456.789.37"'),
        "kvnr": (b'kvid-10"/><value value="', b'kvid-10"/><value value="Z'),
        "pharmacy": (b"3-apotheke-1", b"3-apotheke-2"),
        "diga": (b"PR_MedicationDispense|", b"PR_MedicationDispense_DiGA|"),
        "profile": (b"OperationInput|1.6", b"X"),
        "reference": (b"Medication/medication-1", b"Medication/other"),
    }
    before, after = changes[what]
    if what == "profile":
        before, after = b"Operation_Input|1.6", b"Operation_Input|1.4"
    assert before in at.body, what
    return at.body.replace(before, after)


def subscription(what: str) -> bytes:
    own = IDS["pharmacy"][1]
    recipient = {"-": "", "off": own, "other": "3-x"}[what]
    criteria = "Communication?received=null" + (f"&recipient={recipient}" if recipient else "")
    status = "off" if what == "off" else "requested"
    return to_xml({"resourceType": "Subscription", "status": status, "criteria": criteria})


def letter(bench: Bench, at: Situation, kind: str, about: str) -> bytes:
    recipient, payload = IDS["pharmacy"][1], json.dumps(V1)
    payload = {
        "order-text": "hallo",
        "order-version-text": json.dumps({**V1, "version": "1"}),
        "order-version-9": json.dumps({**V1, "version": 9}),
    }.get(kind, payload)
    if kind == "order-practice":
        recipient = IDS["practice"][1]
    profile = "DispReq"
    if kind == "represent-self":
        profile, recipient = "Representative", bench.insured
    return message(profile, with_code(about, at.ac), recipient, payload)


def body_of(bench: Bench, at: Situation, text: str) -> bytes:
    words = text.removeprefix("bom ").split()
    if not words:
        return b""
    kind, rest = words[0], words[1:]
    makers: dict[str, Callable[[], bytes]] = {
        "workflow": lambda: parameters(*(coding("flow", code) for code in rest)),
        "parameter": lambda: parameters({"name": rest[0], "valueString": "160"}),
        "coding": lambda: parameters(coding(rest[0], rest[1])),
        "raw": lambda: rest[0].encode(),
        "binary": lambda: parameters(
            {"name": "ePrescription", "resource": {"resourceType": "Binary"}}
        ),
        "dispense": lambda: dispensation(at, rest[0]),
        "subscription": lambda: subscription(rest[0]),
    }
    made = makers[kind]() if kind in makers else letter(bench, at, kind, at.filled(rest[0]))
    return b"\xef\xbb\xbf" + made if text.startswith("bom ") else made


def ask(bench: Bench, row: dict[str, str], at: Situation) -> Response:
    oid, id_number = {
        **IDS,
        "insured": ("49", bench.insured),
        "stranger": ("49", STRANGER),
    }[row["role"]]
    body = body_of(bench, at, row["body"])
    headers = {"Accept": "application/fhir+json"}
    if body:
        headers["Content-Type"] = "application/fhir+xml"
    token = bench.token(oid, id_number)
    kind, _, rest = row["headers"].partition(" ")
    if kind == "claims":
        token = bench.token(oid, id_number, **claims(rest))
    elif kind == "token":
        token = rest
    elif row["headers"]:
        name, _, value = row["headers"].partition("=")
        headers[name] = at.filled(value)
    given = [(name, value) for name, value in headers.items() if value or name == "Authorization"]
    if headers.get("Authorization") == "":
        return without_authorization(bench, row, at, token)
    inner = Request(row["method"], at.filled(row["target"]), tuple(given), body)
    return bench.client(oid, id_number).call(inner, "x", "Task", token=token)


def claims(text: str) -> dict[str, Any]:
    name, _, value = text.partition("=")
    return {name: int(value) if value.isdigit() else value or None}


def without_authorization(bench: Bench, row: dict[str, str], at: Situation, token: str) -> Response:
    channel = bench.as_role("practice")._channel
    inner = Request(row["method"], at.filled(row["target"]), (("Accept", "application/fhir+json"),))
    return channel.exchange(inner, token, "x", "Task")


def texts(answer: Response) -> str:
    if not answer.body.startswith(b"{"):
        return inner_refusal("", answer).text
    issues = json.loads(answer.body)["issue"]
    return "|".join(issue["details"]["text"] for issue in issues)


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    names = [row["case"] for row in ROWS]
    assert len(names) == len(set(names)) >= 120


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_the_answer_is_the_originals(at_noon: Bench, row: dict[str, str]) -> None:
    at = situation(at_noon, row["state"])
    answer = ask(at_noon, row, at)
    assert (answer.status, texts(answer)) == (int(row["status"]), row["text"])
