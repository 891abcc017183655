"""Device, metadata, the audit trail, and searching with dates and pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from mocks.erezept.audit import EVENTS
from mocks.erezept.operations import OPERATIONS
from mocks.erezept.roles import ROLES
from pruefstand.clients.erezept_refusal import inner_refusal
from pruefstand.clock import VirtualClock
from pruefstand.crypto.pki import Pki
from pruefstand.model.http import Request
from tests.contract.erezept_bench import DAY, Bench


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki("erezept-protocol", VirtualClock.at_day(DAY))


@pytest.fixture
def bench(pki: Pki) -> Bench:
    return Bench(pki, VirtualClock.at_day(DAY))


def read(bench: Bench, target: str, role: str = "insured", language: str = "") -> Any:
    headers = {"Accept": "application/fhir+json"}
    if language:
        headers["Accept-Language"] = language
    answer = bench.send(role, "GET", target, headers=headers)
    assert answer.status == 200
    return json.loads(answer.body)


def divs(bundle: Any) -> list[str]:
    return [
        entry["resource"]["text"]["div"].partition(">")[2].removesuffix("</div>")
        for entry in bundle["entry"]
    ]


@pytest.mark.parametrize("role", ["practice", "pharmacy", "payer", "insured"])
def test_every_role_reads_device_and_metadata(bench: Bench, role: str) -> None:
    device = read(bench, "/Device", role)
    assert (device["id"], device["deviceName"][0]["name"]) == ("1", "E-Rezept Fachdienst")
    assert device["contact"][0]["value"] == "betrieb@gematik.de"
    statement = read(bench, "/metadata", role)
    assert statement["name"] == "Gem_erxCapabilityStatement"
    assert (statement["kind"], statement["fhirVersion"]) == ("instance", "4.0.1")


def test_metadata_lists_what_is_answered(bench: Bench) -> None:
    kinds = {entry["type"]: entry for entry in read(bench, "/metadata")["rest"][0]["resource"]}
    paths = {row.path.split("/")[1] for row in OPERATIONS}
    assert {path for path in paths if path[0] != "$"} == {*kinds, "metadata"}
    names = [operation["name"] for operation in kinds["Task"]["operation"]]
    assert names == ["create", "activate", "accept", "reject", "dispense", "close", "abort"]


def test_every_told_operation_is_one_of_the_role_table() -> None:
    assert set(EVENTS) <= set(ROLES)
    for event in EVENTS.values():
        assert set(event.texts) == {"de", "en"}


def test_the_life_of_a_prescription_is_told(bench: Bench) -> None:
    task, _ = bench.completed()
    bench.as_role("insured").abort(task.prescription_id)
    told = divs(read(bench, "/AuditEvent"))
    number = task.prescription_id
    assert told == [
        f"Org hat das E-Rezept {number} eingestellt.",
        f"Org hat das E-Rezept {number} angenommen.",
        f"Org hat das E-Rezept {number} beliefert.",
        f"Name hat das E-Rezept {number} gelöscht.",
    ]


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("", "eingestellt"),
        ("de-DE", "eingestellt"),
        ("en", "stored"),
        ("en-GB, de;q=0.5", "sto"),
        ("en;q=0.1, de", "eingestellt"),
        ("fr", "eingestellt"),
        ("de;q=0, en;q=0.3", "stored"),
    ],
)
def test_the_text_follows_the_language(bench: Bench, language: str, expected: str) -> None:
    bench.ready()
    (text,) = divs(read(bench, "/AuditEvent", language=language))
    assert expected in text


def test_refused_calls_and_foreign_data_leave_no_trace(bench: Bench) -> None:
    task = bench.ready()
    bench.send("pharmacy", "POST", f"/Task/{task.prescription_id}/$accept?ac=0")
    assert read(bench, "/AuditEvent")["total"] == 1
    stranger = bench.client("49", "X234567891")
    answer = stranger.call(Request("GET", "/AuditEvent"), "x", "AuditEvent")
    assert b'"total":0' in answer.body


def test_one_entry_is_read_by_its_owner_only(bench: Bench) -> None:
    bench.ready()
    (entry,) = read(bench, "/AuditEvent")["entry"]
    target = f"/AuditEvent/{entry['resource']['id']}"
    assert read(bench, target) == entry["resource"]
    foreign = bench.client("49", "X234567891").call(Request("GET", target), "x", "AuditEvent")
    unknown = bench.send("insured", "GET", "/AuditEvent/00000000-0000-4000-8000-000000000000")
    for answer in (foreign, unknown):
        assert answer.status == 404
        assert inner_refusal("", answer).text == "No AuditEvent found for id"
    bad = bench.send("insured", "GET", "/AuditEvent/1")
    assert (bad.status, inner_refusal("", bad).text) == (400, "Invalid format of AuditEvent id")


def test_names_are_escaped(bench: Bench) -> None:
    task = bench.ready()
    token = bench.token("54", "3-apotheke-1", organizationName="A & <B>")
    target = f"/Task/{task.prescription_id}/$accept?ac={task.access_code}"
    answer = bench.as_role("pharmacy").call(Request("POST", target), "x", "Task", token=token)
    assert answer.status == 200
    headers = {"Accept": "application/fhir+xml"}
    found = bench.send("insured", "GET", "/AuditEvent", headers=headers)
    assert b"A &amp; &lt;B&gt; hat das E-Rezept" in found.body


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("?date=2026-11-23", 2),
        ("?date=gt2026-11-23", 0),
        ("?subtype=update", 1),
        ("?subtype=read", 1),
        ("?subtype=read,update", 2),
        ("?entity={id}", 1),
        ("?entity=Task/{id}", 1),
        ("?entity=other", 0),
        ("?date=ge2026-11-23T10:01:00%2B01:00", 1),
    ],
)
def test_the_trail_is_searched(bench: Bench, query: str, total: int) -> None:
    task = bench.ready()
    bench.clock.advance(timedelta(minutes=1))
    read(bench, "/Task")
    target = f"/AuditEvent{query.format(id=task.prescription_id)}"
    assert read(bench, target)["total"] == total


def test_tasks_are_paged_with_links(bench: Bench) -> None:
    for _ in range(5):
        bench.ready()
    first = read(bench, "/Task?_count=2&_sort=authored-on")
    links = {link["relation"]: link["url"] for link in first["link"]}
    assert set(links) == {"self", "first", "next"}
    assert (first["total"], len(first["entry"])) == (5, 2)
    second = read(bench, "/Task" + links["next"].partition("/Task/")[2])
    assert {link["relation"] for link in second["link"]} == {"self", "first", "prev", "next"}
    last = read(bench, "/Task?_count=2&__offset=4")
    assert {link["relation"] for link in last["link"]} == {"self", "first", "prev"}
    pages = [entry["resource"]["id"] for page in (first, second, last) for entry in page["entry"]]
    assert len(set(pages)) == 5


def test_no_page_has_more_than_fifty_tasks(bench: Bench) -> None:
    for _ in range(51):
        bench.ready()
    for query in ("", "?_count=50", "?_count=1000"):
        found = read(bench, f"/Task{query}")
        assert (found["total"], len(found["entry"])) == (51, 50)


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("?status=ready", 2),
        ("?status=draft", 0),
        ("?authored-on=2026-11-23", 1),
        ("?authored-on=2026-11-24", 1),
        ("?modified=ge2026-11-24", 1),
        ("?expiry-date=2027-02-23", 1),
        ("?accept-date=lt2026-12-22", 1),
    ],
)
def test_tasks_are_searched_by_status_and_date(bench: Bench, query: str, total: int) -> None:
    bench.ready()
    bench.clock.advance(timedelta(days=1))
    bench.ready()
    assert read(bench, f"/Task{query}")["total"] == total


def test_tasks_are_sorted(bench: Bench) -> None:
    names = []
    for _ in range(3):
        names.append(bench.ready().prescription_id)
        bench.clock.advance(timedelta(minutes=1))
    for sort, expected in (("", names), ("?_sort=-authored-on", names[::-1])):
        entries = read(bench, f"/Task{sort}")["entry"]
        assert [entry["resource"]["id"] for entry in entries] == expected
