"""Employers ask the insurers: codes 1 to 9, matching days, later reports, nothing medical."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pruefstand.clock import berlin_day
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.http import Request
from pruefstand.testdata.sick_notes import NoteKind
from tests.contract.eau_world import note


def post(world: MockWorld, role: str, path: str, content: object) -> tuple[int, Any]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = world.servers[role].app.handle(Request("POST", f"https://localhost{path}", (), body))
    return answer.status, json.loads(answer.body) if answer.body else None


def ask(world: MockWorld, kvnr: str, days: int = 0) -> dict[str, Any]:
    day = berlin_day(world.clock.now()) + timedelta(days=days)
    question = {"betriebsnummer": "99300006", "kvnr": kvnr, "abwesend_ab": day.isoformat()}
    status, answer = post(world, "arbeitgeber", "/abfragen", question)
    assert status == 200, answer
    return dict(answer)


def reported(world: MockWorld, number: str) -> list[int]:
    app = world.servers["arbeitgeber"].app
    answer = app.handle(Request("GET", f"https://localhost/rueckmeldungen/{number}", (), b""))
    return [one["kennzeichen"] for one in json.loads(answer.body)]


def prove(world: MockWorld, kvnr: str, code: int) -> None:
    day = berlin_day(world.clock.now()).isoformat()
    content = {"kvnr": kvnr, "kennzeichen": code, "von": day, "bis": day}
    (route,) = [one for one in world.servers["kasse"].app.control if one.path == "/nachweise"]
    request = Request("POST", "http://localhost/kasse/nachweise", (), json.dumps(content).encode())
    assert route.handler(request).status == 204


@pytest.mark.parametrize(("days", "code"), [(0, 2), (-5, 2), (-6, 4), (1, 4)])
def test_a_note_belongs_to_an_absence_up_to_five_days_before(
    world: MockWorld, bench: SickNoteDesk, days: int, code: int
) -> None:
    order = note(world, f"match/{days}")
    bench.certify(order)
    bench.send()
    world.act("kasse")
    assert ask(world, order.insured.kvnr, days)["kennzeichen"] == code


def test_the_employer_learns_nothing_medical(world: MockWorld, bench: SickNoteDesk) -> None:
    order = note(world, "private")
    bench.certify(order)
    bench.send()
    world.act("kasse")
    answer = ask(world, order.insured.kvnr)
    assert set(answer) == {
        "nummer",
        "kvnr",
        "kennzeichen",
        "name",
        "au_seit",
        "voraussichtlich_bis",
        "festgestellt_am",
        "art",
        "arbeitsunfall",
        "sonstiger_unfall",
    }
    assert order.diagnoses[0].code not in json.dumps(answer)


def test_a_stranger_is_not_insured_here(world: MockWorld) -> None:
    assert ask(world, "X999999999")["kennzeichen"] == 1


@pytest.mark.parametrize("code", [3, 5, 6, 7, 8, 9])
def test_other_proofs_have_their_codes(world: MockWorld, code: int) -> None:
    kvnr = f"Y00000000{code}"
    prove(world, kvnr, code)
    answer = ask(world, kvnr)
    assert answer["kennzeichen"] == code
    assert ("von" in answer) is (code != 6)


def test_a_cancelled_note_is_no_proof(world: MockWorld, bench: SickNoteDesk) -> None:
    order = note(world, "cancelled")
    (sent,) = bench.certify(order)
    bench.certify(note(world, "cancelled", kind=NoteKind.FOLLOWING))
    bench.send()
    bench.cancel(sent.document_id)
    bench.send()
    world.act("kasse")
    assert ask(world, order.insured.kvnr)["art"] == "Folge"


@pytest.mark.parametrize(("days", "codes"), [(13, [4, 2]), (15, [4])])
def test_what_comes_later_is_reported_for_14_days(
    world: MockWorld, bench: SickNoteDesk, days: int, codes: list[int]
) -> None:
    kvnr = f"Z00000000{days % 10}"
    prove(world, kvnr, 8)
    number = ask(world, kvnr, days=days)["nummer"]
    order = note(world, f"later/{days}")
    world.clock.advance(timedelta(days=days))
    late = note(world, f"later/{days}")
    assert order.insured == late.insured
    bench.certify(replace(late, insured=replace(late.insured, kvnr=kvnr)))
    bench.send()
    world.act("kasse")
    assert reported(world, number) == codes


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"[" * 100_000, b'{"kvnr": 1}', b"\xff"])
def test_malformed_questions_are_refused(world: MockWorld, body: bytes) -> None:
    status, answer = post(world, "arbeitgeber", "/abfragen", body)
    assert status == 400
    assert answer["error"]
