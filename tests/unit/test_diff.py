"""What counts as a difference between two runs, and what is only new every time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pruefstand.diff.bodies import compared, places
from pruefstand.diff.compare import compare
from pruefstand.diff.difference import Comparison, Difference, Level
from pruefstand.diff.messages import message_rows
from pruefstand.diff.volatile import steady
from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_to_json
from pruefstand.evidence.event_log import FIRST, EventLog
from pruefstand.evidence.run_folder import Run, RunWriter
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.comparison import as_html, as_json, as_text
from pruefstand.requirements.catalogue import load_catalogue

CATALOGUE = load_catalogue(Path(__file__).resolve().parents[2] / "catalogue")


def exchange(operation: str, sent: bytes = b"", got: bytes = b"", status: int = 200) -> Exchange:
    """Return one exchange."""
    return Exchange(
        "x1",
        None,
        Layer.HTTP,
        Side.CLIENT,
        "pvs",
        "erezept",
        operation,
        datetime(2026, 7, 1, tzinfo=UTC),
        0.0,
        Message(f"POST /{operation}", (("Accept", "xml"),), sent),
        Message(str(status), (("Date", "x"),), got, status),
    )


def differences(old: list[Exchange], new: list[Exchange]) -> list[tuple[str, str, str]]:
    """Return the rows that differ."""
    return [row for row in message_rows(old, new) if row[1] != row[2]]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("160.000.123.456.789.37", "160.000.123.456.790.34"),
        ("0d3a4b1e-6a0f-4b53-9a59-7a1f7c0f9b11", "5f0c1f43-5f0e-4d0c-9d3c-0b6a1d6c7e11"),
        ("2026-07-01T10:00:00.123+02:00", "2027-01-20T09:00:00Z"),
        ("2026-07-01", "2027-01-20"),
        ("a1" * 32, "b2" * 32),
        ("Bearer eyJhbGciOiJCUDI1NlIxIn0.eyJhIjoxfQ.c2ln", "Bearer eyJhbGciOiI.eyJiIjoyfQ.eA"),
        ("⟨kvnr:0123456789abcdef⟩", "⟨kvnr:fedcba9876543210⟩"),
        ("https://localhost:1234/VAU", "https://localhost:4321/VAU"),
        ("/auth?state=abc&nonce=d1", "/auth?state=xyz&nonce=e2"),
    ],
)
def test_volatile_values_are_the_same(old: str, new: str) -> None:
    assert steady(old) == steady(new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("ready", "draft"),
        ("403 AccessCode mismatch", "409 AccessCode mismatch"),
        ("X-erp-user: l", "X-erp-user: v"),
        ("KBV_PR_ERP_Medication_PZN|1.3", "KBV_PR_ERP_Medication_PZN|1.4"),
        ("a1" * 8, "b2" * 8),
        ("160.000.123.456.789.37", "a1" * 32),
    ],
)
def test_meaning_is_not_volatile(old: str, new: str) -> None:
    assert steady(old) != steady(new)


def test_xml_and_json_are_compared_by_place() -> None:
    old = b'<a xmlns="urn:x"><b v="1"/><b v="2"/></a>'
    new = b'<p:a xmlns:p="urn:x">\n <p:b v="1"/><p:b v="3"/></p:a>'
    assert [row for row in compared(old, new) if row[1] != row[2]] == [("/a/b[2]/@v", "2", "3")]
    assert places(b"<a><b/></a>") != places(b"<a><c/></a>")
    assert places(b'{"a": {}}') != places(b'{"a": []}')
    rows = list(compared(b'{"a": [1, {"b": true}], "c": 1}', b'{"c": 1, "a": [1, {"b": false}]}'))
    assert [row for row in rows if row[1] != row[2]] == [("$.a[1].b", "true", "false")]


def test_a_device_may_hand_out_other_handles() -> None:
    old, new = (f"<r><CardHandle>{n}</CardHandle></r>".encode() for n in ("SMC-B-1", "SMC-B-2"))
    assert places(old) == places(new)


@pytest.mark.parametrize(
    "body",
    [
        b"<a",
        b"<a>" * 5_000,
        b"<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
        b"[" * 100_000,
        b'{"a": NaN',
        b"\xff\xfe\x00",
        b"<a>\x00</a>",
        b"\xe2\x9f\xa8",
        b"x" * 5_000_000,
    ],
)
def test_hostile_bodies_are_places_too(body: bytes) -> None:
    found = places(body)
    assert found
    assert "root:" not in "".join(found.values())


def test_exchanges_are_aligned_by_their_operations() -> None:
    create, activate = exchange("Task/$create"), exchange("Task/$activate")
    login = exchange("VAUCertificate")
    assert differences([create, activate], [create, activate]) == []
    assert differences([create, activate], [login, create, activate]) == [
        ("x1 http pvs → erezept VAUCertificate", "–", "http pvs → erezept VAUCertificate")
    ]
    gone = differences([create, activate], [create])
    assert [(old != "–", new) for _, old, new in gone] == [(True, "–")]


def test_status_header_and_body_of_an_exchange_count() -> None:
    old = exchange("Task/$create", b"<a>1</a>", b"{}")
    new = exchange("Task/$create", b"<a>2</a>", b'{"a": 1}', 403)
    new = replace(new, request=replace(new.request, headers=(("Accept", "json"),)))
    found = {place.partition(", ")[2] for place, _, _ in differences([old], [new])}
    assert found == {
        "Status",
        "Anfrage, accept",
        "Anfrage, /a",
        "Antwort, erste Zeile",
        "Antwort, $",
        "Antwort, $.a",
    }


def run(folder: Path, *cases: CaseRecord) -> Run:
    """Return a run of `cases`."""
    return Run(folder, {"id": folder.name}, cases, EventLog((), FIRST))


def case(verdict: Verdict = Verdict.PASSED, duration: float = 0.1) -> CaseRecord:
    """Return a scenario that judges A_19114."""
    status = "passed" if verdict is Verdict.PASSED else "failed"
    return CaseRecord(
        "T-1",
        "t",
        "erezept/f.feature",
        (),
        verdict,
        (StepRecord("Dann", "gilt es", status, duration),),
        (Finding("A_19114", "c", verdict, "a", "b"),),
    )


def test_requirements_steps_and_durations_are_compared(tmp_path: Path) -> None:
    old = run(tmp_path / "a", case())
    assert compare(old, run(tmp_path / "b", case()), CATALOGUE, Level.MESSAGE).same
    bad = compare(old, run(tmp_path / "b", case(Verdict.FAILED)), CATALOGUE, Level.STEP)
    (requirement,) = bad.at(Level.REQUIREMENT)
    assert (requirement.old, requirement.new) == ("belegt", "nicht erfüllt")
    assert [one.place for one in bad.at(Level.STEP)] == ["T-1, Urteil", "T-1, Schritt 1"]
    slow = compare(old, run(tmp_path / "b", case(duration=9.0)), CATALOGUE, Level.STEP)
    assert [one.place for one in slow.differences] == ["T-1, Schritt 1, Dauer"]
    noise = compare(old, run(tmp_path / "b", case(duration=0.4)), CATALOGUE, Level.STEP)
    assert noise.same
    only = compare(old, run(tmp_path / "b", case(Verdict.FAILED)), CATALOGUE, Level.REQUIREMENT)
    assert only.at(Level.STEP) == []


def test_a_scenario_only_one_run_has_is_a_difference(tmp_path: Path) -> None:
    found = compare(run(tmp_path / "a", case()), run(tmp_path / "b"), CATALOGUE, Level.STEP)
    assert [(one.old, one.new) for one in found.at(Level.STEP)] == [("bestanden", "–")]


def test_messages_come_from_the_pack_and_damage_is_named(tmp_path: Path) -> None:
    def recorded(name: str, body: bytes) -> Run:
        writer = RunWriter(tmp_path / name)
        stored = exchange_to_json(exchange("Task/$create", body), writer.blob)
        return run(tmp_path / name, replace(case(), exchanges=(stored,)))

    old, new = recorded("a", b"<a>1</a>"), recorded("b", b"<a>2</a>")
    (found,) = compare(old, new, CATALOGUE, Level.MESSAGE).differences
    assert (found.old, found.new) == ("1", "2")
    assert found.place.startswith("T-1 x1 http pvs → erezept Task/$create")
    bad = replace(new, cases=(replace(new.cases[0], exchanges=({"id": "x1"},)),))
    with pytest.raises(OperatorError, match="nicht lesbar"):
        compare(old, bad, CATALOGUE, Level.MESSAGE)


def test_every_form_shows_the_difference_and_escapes_it() -> None:
    found = Difference(Level.STEP, "T-1", "<b>alt</b>", "<script>neu</script>")
    whole = Comparison("a", "<i>b</i>", Level.STEP, (found,))
    assert "- <b>alt</b>" in as_text(whole)
    assert json.loads(as_json(whole))["differences"][0]["new"] == found.new
    html = as_html(whole)
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;neu" in html
