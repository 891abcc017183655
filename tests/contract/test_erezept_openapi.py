"""The generated description is valid and complete, and random calls stay within it."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case

from mocks.erezept.description import description
from mocks.erezept.operations import OPERATIONS, Operation
from mocks.erezept.roles import OID, ROLES
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.mockkit.control import control_app
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.model.http import Request
from tests.contract.erezept_bench import DAY, IDS, Bench

CASES_PER_OPERATION = 72
ROLE_OF_OID = {OID + oid: name for name, (oid, _) in IDS.items()} | {OID + "49": "insured"}


@pytest.fixture(scope="module")
def bench() -> Bench:
    clock = VirtualClock.at_day(DAY)
    return Bench(Pki("erezept-openapi", clock), clock, {"rate_limit": 10**9, "eu": True})


def test_the_description_names_every_operation_and_its_roles() -> None:
    made = description()
    named = {(method.upper(), path) for path, row in made["paths"].items() for method in row}
    assert named == {(row.method, row.path) for row in OPERATIONS}
    create = made["paths"]["/Task/$create"]["post"]
    assert create["x-professionOID"] == sorted(ROLES["POST /Task/$create"])
    assert set(create["responses"]) == {"201", "400", "401", "403", "406", "415", "429"}


def test_the_control_port_serves_it(bench: Bench) -> None:
    transport = mock_transport(control_app({"erezept": bench.app}))
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        assert client.get("/erezept/openapi.json").json() == description()


def known(bench: Bench) -> dict[str, object]:
    """Return a schema for ids that lead deep into the service, and for wrong ones."""
    task, _, _ = bench.accepted()
    charged, _, _ = bench.charged()
    live = [
        bench.created().prescription_id,
        bench.ready().prescription_id,
        bench.ready(169).prescription_id,
        task.prescription_id,
        bench.completed()[0].prescription_id,
        charged.prescription_id,
    ]
    wrong = ["160.000.123.456.789.38", "1", "11111111-1111-4111-8111-111111111111", "%00", "ä"]
    return {"type": "string", "enum": live + wrong}


@pytest.mark.parametrize("row", OPERATIONS, ids=lambda row: f"{row.method} {row.path}")
def test_random_calls_are_answered_within_the_description(bench: Bench, row: Operation) -> None:
    method, path = row.method.lower(), row.path
    made = description()
    operation = made["paths"][path][method]
    for parameter in operation["parameters"]:
        if parameter["in"] == "path":
            parameter["schema"] = known(bench)
    made["paths"] = {path: {method: operation}}
    schema = schemathesis.openapi.from_dict(made)
    role = ROLE_OF_OID.get(operation["x-professionOID"][0], "practice")
    seen: list[int] = []

    @settings(
        max_examples=CASES_PER_OPERATION,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method.upper()].as_strategy())
    def run(case: Case) -> None:
        status = answered(bench, role, case)
        seen.append(status)
        assert str(status) in operation["responses"], (status, case)

    run()
    TOTAL.append(len(seen))


TOTAL: list[int] = []


def answered(bench: Bench, role: str, case: Case) -> int:
    """Send a generated case through the VAU and return the inner status."""
    target = quote(case.formatted_path, safe="/$%.")
    pairs = [(name, str(value)) for name, value in (case.query or {}).items()]
    if pairs:
        target += f"?{urlencode(pairs)}"
    headers = [(str(k), clean(str(v))) for k, v in (case.headers or {}).items()]
    body = b""
    if case.media_type:
        headers.append(("Content-Type", case.media_type))
        body = raw(case.body)
    inner = Request(case.method.upper(), target, tuple(headers), body)
    return bench.as_role(role).call(inner, "x", "Task").status


def clean(text: str) -> str:
    return "".join(char for char in text if char.isprintable())


def raw(body: object) -> bytes:
    return (
        body.encode("utf-8", "replace")
        if isinstance(body, str)
        else json.dumps(body, default=str).encode()
    )


def test_two_thousand_cases_were_run() -> None:
    if len(TOTAL) < len(OPERATIONS):
        pytest.skip("nur ein Teil der Aufrufe wurde ausgeführt")
    assert sum(TOTAL) >= 2000
