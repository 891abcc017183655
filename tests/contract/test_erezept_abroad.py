"""Redeeming abroad: unknown without the setting; with it permission, marks, the NCPeH's calls."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from mocks.erezept.operations import ABROAD
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.model.http import Request, Response
from tests.contract.erezept_bench import DAY, Bench
from tests.contract.test_erezept_states import Prepared

JSON = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
GRANT, READ = "/$grant-eu-access-permission", "/$read-eu-access-permission"
REVOKE, FETCH = "/$revoke-eu-access-permission", "/$get-eu-prescriptions"
COUNTRY = {"name": "countryCode", "valueCoding": {"code": "BE"}}
ALLOWED = {"name": "allowed", "valueBoolean": True}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-abroad", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY), {"eu": True})


def send(bench: Bench, role: str, method: str, target: str, *parameter: object) -> Response:
    body = json.dumps({"resourceType": "Parameters", "parameter": parameter}).encode()
    return bench.send(role, method, target, headers=JSON, body=body if parameter else b"")


def text(answer: Response) -> str:
    return inner_refusal("", answer).text


def granted(bench: Bench) -> str:
    answer = send(bench, "insured", "POST", GRANT, COUNTRY)
    assert answer.status == 201
    shown = {item["name"]: item for item in json.loads(answer.body)["parameter"]}
    assert shown["countryCode"] == COUNTRY
    return str(shown["accessCode"]["valueString"])


def fetch(bench: Bench, code: str) -> Response:
    person = {"name": "kvnr", "valueIdentifier": {"value": bench.insured}}
    return send(bench, "ncpeh", "POST", FETCH, person, {"name": "accessCode", "valueString": code})


def marked(bench: Bench) -> str:
    task = bench.ready()
    answer = send(bench, "insured", "PATCH", f"/Task/{task.prescription_id}", ALLOWED)
    assert answer.status == 200
    assert b"EU_IS_REDEEMABLE_BY_PATIENT_AUTHORIZATION" in answer.body
    return task.prescription_id


@pytest.mark.parametrize("row", ABROAD, ids=lambda row: row.name)
def test_without_the_setting_the_calls_are_unknown(bench: Bench, row: object) -> None:
    bench.context.settings = {}
    path = str(row.path).replace("{id}", bench.ready().prescription_id)
    answer = send(bench, "insured", row.method, path, COUNTRY)
    assert (answer.status, text(answer)) == (405, "no matching handler found.")
    assert b"eu-close" not in bench.send("insured", "GET", "/metadata", headers=JSON).body


def test_a_permission_is_read_until_it_ends_or_is_revoked(bench: Bench) -> None:
    granted(bench)
    assert send(bench, "insured", "GET", READ).status == 200
    bench.clock.advance(timedelta(hours=1, seconds=1))
    assert text(send(bench, "insured", "GET", READ)) == "Zugriffsberechtigung nicht gefunden"
    granted(bench)
    assert send(bench, "insured", "DELETE", REVOKE).status == 204
    assert send(bench, "insured", "GET", READ).status == 404


def test_withdrawing_the_consent_ends_the_permission(bench: Bench) -> None:
    bench.consent(category="EUDISPCONS")
    granted(bench)
    assert send(bench, "insured", "DELETE", "/Consent?category=EUDISPCONS").status == 204
    assert send(bench, "insured", "GET", READ).status == 404


def test_the_ncpeh_finds_marked_prescriptions_with_the_code_only(bench: Bench) -> None:
    code, one = granted(bench), marked(bench)
    bench.ready()
    found = json.loads(fetch(bench, code).body)
    assert [item["resource"]["id"] for item in found["entry"]] == [one]
    assert fetch(bench, "000000").status == 403


def test_nothing_marked_is_nothing_found(bench: Bench) -> None:
    code = granted(bench)
    bench.ready()
    answer = fetch(bench, code)
    assert (answer.status, text(answer)) == (404, "Keine Ergebnisse gefunden")


def test_a_prescription_dispensed_abroad_is_completed(bench: Bench) -> None:
    granted(bench)
    target = f"/Task/{marked(bench)}/$eu-close"
    assert send(bench, "ncpeh", "POST", target, COUNTRY).status == 200
    again = send(bench, "ncpeh", "POST", target, COUNTRY)
    assert (again.status, text(again)) == (403, "Task has to be ready, but is: completed")


@pytest.mark.parametrize(
    ("state", "status", "expected"),
    [
        ("draft", 403, "Task has to be ready, but is: draft"),
        ("in-progress", 403, "Task has to be ready, but is: in-progress"),
        ("completed", 403, "Task has to be ready, but is: completed"),
        ("cancelled", 410, "Task has already been deleted"),
    ],
)
def test_only_what_is_ready_is_closed_abroad(
    bench: Bench, state: str, status: int, expected: str
) -> None:
    granted(bench)
    target = f"/Task/{Prepared(bench, state).task.prescription_id}/$eu-close"
    answer = send(bench, "ncpeh", "POST", target, COUNTRY)
    assert (answer.status, text(answer)) == (status, expected)


@pytest.mark.parametrize("allowed", [True, False])
def test_only_marked_prescriptions_are_closed_abroad(bench: Bench, allowed: bool) -> None:
    if allowed:
        granted(bench)
    target = f"/Task/{bench.ready().prescription_id}/$eu-close"
    assert send(bench, "ncpeh", "POST", target, COUNTRY).status == 403


@pytest.mark.parametrize(
    ("role", "method", "target"),
    [("pharmacy", "POST", GRANT), ("insured", "POST", FETCH), ("practice", "GET", READ)],
)
def test_others_are_forbidden(bench: Bench, role: str, method: str, target: str) -> None:
    answer = send(bench, role, method, target, COUNTRY)
    assert answer.status == 403
    assert "endpoint is forbidden for professionOID" in text(answer)


def test_foreign_and_deleted_prescriptions_are_not_marked(bench: Bench) -> None:
    task = bench.ready()
    target = f"/Task/{task.prescription_id}"
    body = json.dumps({"resourceType": "Parameters", "parameter": [ALLOWED]}).encode()
    inner = Request("PATCH", target, tuple(JSON.items()), body)
    assert bench.client("49", "X110411675").call(inner, "x", "Task").status == 403
    bench.as_role("insured").abort(task.prescription_id)
    assert send(bench, "insured", "PATCH", target, ALLOWED).status == 410
    bad = send(bench, "insured", "PATCH", f"/Task/{bench.ready().prescription_id}", COUNTRY)
    assert (bad.status, text(bad)) == (400, "FHIR-Validation error")
