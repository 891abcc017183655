"""The FHIR search of the directory: what a client asks, and what the mock brings along."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pruefstand.checks.vzd_fhir import fhir_searches_are_terse
from pruefstand.clients.vzd import DirectoryRefusal
from pruefstand.clients.vzd_fhir import DirectorySearch
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder
from tests.contract.kim_bench import DIRECTORY, KimBench, kim_bench
from tests.unit.kim_traffic import exchange

NAME = "organization.name=Praxis%20am%20Park"
WHOLE = f"{NAME}&organization.active=true&_include=HealthcareService:endpoint"
HIT = {"resourceType": "HealthcareService", "endpoint": [{"reference": "Endpoint/abc-kim-0"}]}


def asked(path: str, *hits: object) -> Exchange:
    body = json.dumps({"entry": [{"resource": hit} for hit in hits]}).encode()
    start = f"GET https://vzd.invalid/search/{path}"
    return exchange(Layer.HTTP, "search", peer="vzd", asked=start, answered="200", got=body)


@pytest.mark.parametrize(
    "traffic",
    [
        [],
        [asked("HealthcareService?organization.active=true")],
        [asked("HealthcareService?organization.active=true&_include=HealthcareService:endpoint")],
        [asked("HealthcareService?organization.name=Pr")],
        [asked("HealthcareService?organization.type=x|1.2.276.0.76.4.50")],
        [asked("Endpoint")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint/abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=Endpoint/abc-kim-0")],
        [asked(f"HealthcareService?{NAME}", HIT), asked("Endpoint?_id=x,abc-kim-0")],
    ],
)
def test_broad_and_following_searches_break(traffic: list[Exchange]) -> None:
    assert not fhir_searches_are_terse.judge(traffic).holds


def test_targeted_searches_hold() -> None:
    other = asked("Endpoint?address=klinik@pruefstand.kim.telematik-test")
    assert fhir_searches_are_terse.judge([asked(f"HealthcareService?{WHOLE}", HIT), other]).holds


@pytest.fixture(scope="module")
def bench() -> Iterator[KimBench]:
    with kim_bench() as running:
        yield running


@contextmanager
def search(bench: KimBench) -> Iterator[tuple[DirectorySearch, Recorder]]:
    recorder = Recorder(bench.world.clock)
    recorder.start_case("VZD")
    tls = bench.world.client_tls("CS1")
    with HttpTransport(recorder, actor="praxis", tls=tls) as transport:
        yield DirectorySearch(transport, bench.world.base_url(DIRECTORY), "x"), recorder


def test_one_request_brings_owner_and_addresses(bench: KimBench) -> None:
    clinic = bench.member("klinik").participant
    with search(bench) as (directory, recorder):
        (found,) = directory.by_telematik_id(clinic.telematik_id)
        assert (found.name, found.addresses) == (clinic.row.name, clinic.addresses)
        assert found.receives_large(clinic.addresses[0])
        assert directory.by_name("am Park")[0].name == "Praxis am Park"
        assert directory.by_name("gibt es nicht") == ()
        assert fhir_searches_are_terse.judge(recorder.exchanges).holds


def test_without_include_only_the_hit_comes(bench: KimBench) -> None:
    name = ("organization.name", "Waldesrand")
    with search(bench) as (directory, _):
        (hit,) = directory.hits("HealthcareService", (name,), ())
        owner = hit["providedBy"]["reference"].partition("/")[2]
        (found,) = directory.hits("Organization", (("_id", owner),), ())
        assert found["name"] == "Klinik Waldesrand"
        along = directory.hits("HealthcareService", (name,), ("organization",))
        assert [one["resourceType"] for one in along] == ["HealthcareService", "Organization"]
        with pytest.raises(DirectoryRefusal):
            directory.hits("HealthcareService", (("haarfarbe", "rot"),), ())
