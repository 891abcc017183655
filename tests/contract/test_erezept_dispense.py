"""$dispense, $close without a body, and what the insured sees of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mocks.erezept.transitions import Status
from pruefstand.clients.erezept import CreatedTask, ErezeptRefusal
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.model.http import Request, Response
from tests.contract.erezept_bench import DAY, Bench

WRONG = "f" * 64
SECRET_TEXT = "No or invalid secret provided for Task"
LAST_DISPENSE = b"GEM_ERP_EX_LastMedicationDispense"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-dispense", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def as_dispense(close_body: bytes) -> bytes:
    """Return the $dispense body with the content of a $close body."""
    return close_body.replace(b"CloseOperation_Input", b"DispenseOperation_Input")


def send(bench: Bench, task: CreatedTask, secret: str, body: bytes) -> Response:
    headers = {"Content-Type": "application/fhir+xml"} if body else {}
    target = f"/Task/{task.prescription_id}/$dispense?secret={secret}"
    return bench.send("pharmacy", "POST", target, headers=headers, body=body)


def text(answer: Response) -> str:
    return inner_refusal("", answer).text


def listed(bench: Bench, query: str = "", role: str = "insured") -> dict[str, object]:
    answer = bench.send(role, "GET", f"/MedicationDispense{query}")
    assert answer.status == 200
    found: dict[str, object] = json.loads(answer.body)
    return found


def test_the_secret_is_compared_before_the_status(bench: Bench) -> None:
    draft, ready, gone = bench.created(), bench.ready(), bench.ready()
    bench.as_role("practice").abort(gone.prescription_id, access_code=gone.access_code)
    for task in (draft, ready, gone):
        answer = send(bench, task, WRONG, b"")
        assert (answer.status, text(answer)) == (403, SECRET_TEXT)
    done, secret = bench.completed()
    assert text(send(bench, done, WRONG, b"")) == SECRET_TEXT
    late = send(bench, done, secret, b"")
    assert (late.status, text(late)) == (403, "Task not in-progress.")


def test_a_wrong_secret_stores_nothing(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    refused = send(bench, task, WRONG, as_dispense(body))
    assert (refused.status, text(refused)) == (403, SECRET_TEXT)
    assert listed(bench)["total"] == 0
    assert send(bench, task, secret, as_dispense(body)).status == 204
    assert listed(bench)["total"] == 1


def test_the_task_stays_in_progress_and_tells_when_it_was_dispensed(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    target = f"/Task/{task.prescription_id}?secret={secret}"
    assert LAST_DISPENSE not in bench.send("pharmacy", "GET", target).body
    bench.as_role("pharmacy").dispense(task.prescription_id, secret, as_dispense(body))
    assert LAST_DISPENSE in bench.send("pharmacy", "GET", target).body
    stored = bench.records.tasks.get(task.prescription_id)
    assert stored is not None
    assert stored.status is Status.IN_PROGRESS


def test_close_may_be_empty_after_dispense(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    with pytest.raises(ErezeptRefusal, match="Dispensierinformationen"):
        bench.as_role("pharmacy").close(task.prescription_id, secret, b"")
    bench.as_role("pharmacy").dispense(task.prescription_id, secret, as_dispense(body))
    assert bench.as_role("pharmacy").close(task.prescription_id, secret, b"").signature
    assert listed(bench)["total"] == 1


def test_later_data_replaces_earlier_data(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    bench.as_role("pharmacy").dispense(task.prescription_id, secret, as_dispense(body))
    changed = as_dispense(body).replace(b"PS-2026-001", b"LOT-2")
    bench.as_role("pharmacy").dispense(task.prescription_id, secret, changed)
    found = json.dumps(listed(bench))
    assert "LOT-2" in found
    assert "PS-2026-001" not in found
    bench.as_role("pharmacy").close(task.prescription_id, secret, body)
    assert "PS-2026-001" in json.dumps(listed(bench))


def test_giving_back_deletes_the_data(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    bench.as_role("pharmacy").dispense(task.prescription_id, secret, as_dispense(body))
    bench.as_role("pharmacy").reject(task.prescription_id, secret)
    assert listed(bench)["total"] == 0
    target = f"/Task/{task.prescription_id}"
    assert LAST_DISPENSE not in bench.send("insured", "GET", target).body


def test_each_operation_has_its_own_profile(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    refused = send(bench, task, secret, body)
    assert (refused.status, text(refused)) == (400, "FHIR-Validation error")
    with pytest.raises(ErezeptRefusal, match="FHIR-Validation error"):
        bench.as_role("pharmacy").close(task.prescription_id, secret, as_dispense(body))


def test_the_service_names_dispense_and_medication(bench: Bench) -> None:
    task, _ = bench.completed()
    bundle = listed(bench)
    entries = bundle["entry"]
    assert isinstance(entries, list)
    dispense, medication = (entry["resource"] for entry in entries)
    assert [entry["search"]["mode"] for entry in entries] == ["match", "include"]
    assert dispense["id"] == task.prescription_id
    assert dispense["medicationReference"]["reference"] == f"Medication/{medication['id']}"
    assert medication["batch"]["lotNumber"] == "PS-2026-001"


def test_several_dispenses_are_numbered(bench: Bench) -> None:
    task, secret, body = bench.accepted()
    start, end = body.index(b"<parameter>"), body.rindex(b"</Parameters>")
    twice = body[:start] + 2 * body[start:end] + body[end:]
    bench.as_role("pharmacy").close(task.prescription_id, secret, twice)
    entries = listed(bench)["entry"]
    assert isinstance(entries, list)
    names = [entry["resource"]["id"] for entry in entries]
    assert names[:2] == [f"{task.prescription_id}-1", f"{task.prescription_id}-2"]
    assert len(set(names)) == 4


SYSTEM = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("?whenhandedover=2026-11-23", 1),
        ("?whenhandedover=gt2026-11-23", 0),
        ("?whenhandedover=ge2026-11", 1),
        ("?whenhandedover=lt2026", 0),
        ("?whenhandedover=ne2025", 1),
        ("?whenhandedover=eb2027-01-01", 1),
        ("?whenprepared=2026-11-23", 0),
        ("?performer=3-apotheke-1", 1),
        ("?performer=3-apotheke-2", 0),
        ("?identifier={id}", 1),
        (f"?identifier={SYSTEM}|x", 0),
        (f"?identifier={SYSTEM}%7C{{id}}", 1),
        ("?unknown=1", 1),
    ],
)
def test_search_parameters(bench: Bench, query: str, total: int) -> None:
    task, _ = bench.completed()
    assert listed(bench, query.format(id=task.prescription_id))["total"] == total


@pytest.mark.parametrize(
    "query",
    ["?whenhandedover=gestern", "?whenhandedover=2026-13", "?identifier=other|1", "?identifier="],
)
def test_bad_search_parameters(bench: Bench, query: str) -> None:
    answer = bench.send("insured", "GET", f"/MedicationDispense{query}")
    assert (answer.status, text(answer)) == (400, "bad search parameter")


def test_only_own_dispenses_are_listed_and_none_after_deletion(bench: Bench) -> None:
    task, _ = bench.completed()
    stranger = bench.client("49", "X234567891")
    answer = stranger.call(Request("GET", "/MedicationDispense"), "x", "MedicationDispense")
    assert b'"total":0' in answer.body
    bench.clock.advance(timedelta(minutes=1))
    bench.as_role("insured").abort(task.prescription_id)
    assert listed(bench)["total"] == 0
