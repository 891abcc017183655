"""The FHIR search of the directory: what a client finds, and what the mock brings along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from pruefstand.checks.vzd_fhir import fhir_searches_are_terse
from pruefstand.clients.vzd import DirectoryRefusal
from pruefstand.clients.vzd_fhir import DirectorySearch
from pruefstand.transport.http import HttpTransport
from pruefstand.transport.recorder import Recorder
from tests.contract.kim_bench import DIRECTORY, KimBench, kim_bench


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
