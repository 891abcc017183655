"""The checks on the printed sheet and on two calls of a pharmacy, each with both controls."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from pruefstand.checks import erezept_pharmacy as pharmacy
from pruefstand.checks import erezept_print as printed
from pruefstand.checks.check import Check
from pruefstand.checks.transport import outer_resource_names_the_inner
from pruefstand.model.exchange import Exchange, Layer, Message
from pruefstand.prints.sheet_reading import read
from pruefstand.prints.token_sheet import SheetEntry, Token, TokenSheet
from tests.unit.synthetic_traffic import CODE, ID, SECRET, Traffic, exchange, in_vau

TOKEN = Token(ID, CODE)
OTHER = Token("160.000.123.456.790.34", "c3" * 32)
KVNR = "X110411675"


def page(**changes: Any) -> bytes:
    entries = (SheetEntry(TOKEN, ("Ibu",)),)
    sheet = TokenSheet("E M", date(2026, 7, 1), entries, "Nord", KVNR, date(1970, 1, 2), "0301")
    sheet = replace(sheet, **changes)
    return read(sheet.html(), sheet.tokens)


def edited(**changes: Any) -> bytes:
    return json.dumps(json.loads(page()) | changes).encode()


def paper(body: bytes) -> Exchange:
    return exchange(Layer.PRINT, "Ausdruck", Message("Ausdruck", (), body), None, peer="x")


def with_collective(code: str) -> bytes:
    return edited(collective=code)


def with_measures(**measures: float) -> bytes:
    return edited(prescriptions=[{"id": ID, "drugs": [], "code": "", **measures}])


ALONE = json.loads(page())["prescriptions"][0]["code"]
FOREIGN = json.loads(page(entries=(SheetEntry(OTHER, ("Ibu",)),)))["prescriptions"]
RECORDING = Traffic().exchanges()
RECEIPT = next(one for one in RECORDING if one.operation == "Task/$close")


def again(secret: str = SECRET, body: bytes | None = None) -> Exchange:
    assert RECEIPT.response is not None
    answer = RECEIPT.response.body if body is None else body
    return in_vau("Task/{id}", f"GET /Task/{ID}?secret={secret}", 200, b"", answer)


def deletion(query: str = f"?secret={SECRET}", code: str = CODE, status: int = 204) -> Exchange:
    headers = (("X-AccessCode", code),)
    made = in_vau("Task/$abort", f"POST /Task/{ID}/$abort{query}", status, headers=headers)
    return replace(made, actor=pharmacy.ACTOR)


CONTROLS: list[tuple[Check, Exchange, list[Exchange]]] = [
    (
        printed.each_prescription_has_its_code,
        paper(page()),
        [
            paper(b"x"),
            paper(edited(prescriptions=FOREIGN)),
            paper(edited(prescriptions=[])),
            paper(edited(prescriptions=[{"id": ID, "drugs": [], "code": ""}])),
        ],
    ),
    (
        printed.collective_code_has_all_tokens,
        paper(with_collective(ALONE)),
        [paper(b"[]"), paper(with_collective("")), paper(with_collective(FOREIGN[0]["code"]))],
    ),
    (
        printed.heading_names_the_kind,
        paper(page()),
        [paper(edited(heading="Ausdruck")), paper(b"{}")],
    ),
    (
        printed.codes_have_size_and_quiet_zone,
        paper(page()),
        [
            paper(with_measures(width=20.0, quiet=2.9)),
            paper(with_measures(width=20.0)),
            paper(with_measures(quiet=3.5)),
            paper(edited(prescriptions=[])),
        ],
    ),
    (
        pharmacy.receipt_is_fetched_again_with_the_secret,
        again(),
        [again("c3" * 32), again(body=b"<"), again(body=b"")],
    ),
    (
        pharmacy.pharmacy_abort_shows_code_and_secret,
        deletion(),
        [deletion(""), deletion(code="c3" * 32), deletion(status=403)],
    ),
]


@pytest.mark.parametrize(("check", "good"), [row[:2] for row in CONTROLS])
def test_a_check_holds_on_right_traffic(check: Check, good: Exchange) -> None:
    judgement = check.judge([*RECORDING, good])
    assert judgement.holds, judgement


@pytest.mark.parametrize(("check", "bad"), [(row[0], bad) for row in CONTROLS for bad in row[2]])
def test_a_check_breaks_when_one_thing_is_wrong(check: Check, bad: Exchange) -> None:
    assert not check.judge([*RECORDING, bad]).holds
    assert not check.judge(RECORDING).holds


def test_a_detail_is_the_one_in_the_document() -> None:
    kvnr = printed.print_shows("kvnr", "P6-242")
    issued = printed.print_shows("issued", "P6-26")
    assert kvnr.judge([*RECORDING, paper(page())]).holds
    assert issued.judge([*RECORDING, paper(page())]).holds
    assert not kvnr.judge([*RECORDING, paper(page(kvnr="X110411676"))]).holds
    assert not issued.judge([*RECORDING, paper(page(issued=date(2026, 7, 2)))]).holds
    assert not kvnr.judge(RECORDING).holds
    # What the document does not say cannot be right on paper.
    assert not printed.print_shows("phone", "P6-25").judge([*RECORDING, paper(page())]).holds


@pytest.mark.parametrize(("named", "holds"), [("Task", True), ("task", False), (None, False)])
def test_the_outer_resource_is_the_inner_one(named: str | None, holds: bool) -> None:
    headers = () if named is None else (("X-erp-resource", named),)
    carrier = exchange(Layer.HTTP, "VAU", Message("POST /VAU/0", headers), None, id="out")
    channel = exchange(Layer.VAU, "VAU", Message(), None, id="vau", parent="out")
    inner = in_vau("Task/$create", "POST /Task/$create", 201)
    assert outer_resource_names_the_inner.judge([carrier, channel, inner]).holds is holds
    assert not outer_resource_names_the_inner.judge([]).holds


def test_a_damaged_code_reads_as_nothing() -> None:
    sheet = TokenSheet(
        "E", date(2026, 7, 1), (SheetEntry(TOKEN, ("I",)), SheetEntry(OTHER, ("J",)))
    )
    whole = json.loads(read(sheet.html(), sheet.tokens))
    assert json.loads(whole["collective"])["urls"] == [TOKEN.url, OTHER.url]
    spoiled = json.loads(read(sheet.html().replace("M6 6h1v1", "M7 6h1v1"), sheet.tokens))
    assert spoiled["collective"] == ""
    assert {one["code"] for one in spoiled["prescriptions"]} == {""}
