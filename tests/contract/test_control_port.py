"""The control port: health, description and faults of every mock, for this machine only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import httpx
import pytest

from pruefstand.clock import VirtualClock
from pruefstand.mockkit import App, Fault, Route
from pruefstand.mockkit.control import control_app
from pruefstand.mockkit.faults import FaultSet
from pruefstand.mockkit.inprocess import mock_transport
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.http import Request, Response

FAULT = Fault("stumm", "Antwortet nie.", ("A_1",))


def answer(request: Request, **_: str) -> Response:
    return Response(200)


@pytest.fixture
def kit() -> App:
    return App(
        "kit",
        (Route("GET", "/thing/{id}", "Thing", answer, "A_1"),),
        otherwise=answer,
        on_error=lambda _, __: Response(500),
        faults=FaultSet({FAULT.name: FAULT}),
        control=(Route("POST", "/cards/{slot}/eject", "eject", answer),),
    )


@pytest.fixture
def client(kit: App) -> Iterator[httpx.Client]:
    transport = mock_transport(control_app({"kit": kit}))
    with httpx.Client(transport=transport, base_url="http://localhost:1") as client:
        yield client


def test_faults_are_shown_and_switched(client: httpx.Client, kit: App) -> None:
    assert client.put("/kit/faults/stumm").status_code == 204
    assert FAULT.name in kit.faults
    shown = client.get("/kit/faults").json()
    assert shown == [{"name": "stumm", "text": "Antwortet nie.", "breaks": ["A_1"], "active": True}]
    assert client.delete("/kit/faults/stumm").status_code == 204
    assert FAULT.name not in kit.faults


def test_an_unknown_fault_is_refused(client: httpx.Client) -> None:
    assert client.put("/kit/faults/laut").status_code == 404


def test_the_route_table_becomes_openapi(client: httpx.Client) -> None:
    described = client.get("/kit/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    operation = described["paths"]["/thing/{id}"]["get"]
    assert operation["summary"] == "Thing"
    assert operation["parameters"][0]["in"] == "path"


def test_a_mocks_own_control_routes_lie_below_its_role(client: httpx.Client) -> None:
    assert client.post("/kit/cards/1/eject").status_code == 200
    assert client.post("/cards/1/eject").status_code == 404


def test_a_foreign_host_name_leads_nowhere(client: httpx.Client, kit: App) -> None:
    for path in ("/health", "/kit/faults"):
        assert client.get(path, headers={"Host": "angreifer.example"}).status_code == 403
    assert client.put("/kit/faults/stumm", headers={"Host": "x.example:1"}).status_code == 403
    assert FAULT.name not in kit.faults


def test_all_mocks_of_a_world_are_under_one_port() -> None:
    clock = VirtualClock.at_day(date(2026, 11, 23))
    with MockWorld(seed=1, clock=clock, settings={"idp": {}, "erezept": {}}) as world:
        world.start()
        with httpx.Client(base_url=world.start_control(), trust_env=False) as client:
            assert client.get("/health").json() == {"up": ["erezept", "idp"]}
            assert client.get("/idp/health").json()["up"] is True
            assert client.put("/erezept/faults/create_ready").status_code == 204
        assert "create_ready" in world.contexts["erezept"].faults
