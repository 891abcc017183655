from __future__ import annotations

import io
import json
from datetime import date

import numpy as np
import pytest
from PIL import Image

from pruefstand.prints.datamatrix import Symbol
from pruefstand.prints.token_sheet import (
    SheetEntry,
    Token,
    TokenProblem,
    TokenSheet,
    parse_payload,
    parse_token,
    payload,
    symbol,
)
from pruefstand.rng import Rng

zxingcpp = pytest.importorskip("zxingcpp", reason="the independent decoder is not installed")


def tokens(count: int, seed: int = 1) -> tuple[Token, ...]:
    rng = Rng(seed)
    return tuple(
        Token(f"160.000.{rng.integer(100, 999)}.456.789.{10 + n}", rng.token_hex(32))
        for n in range(count)
    )


def decode(png: bytes) -> str:
    picture = np.array(Image.open(io.BytesIO(png)).convert("L"))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.format == zxingcpp.BarcodeFormat.DataMatrix
    assert found.symbology_identifier == "]d1"
    return str(found.text)


@pytest.mark.parametrize(("count", "modules"), [(1, 40), (2, 48), (3, 64)])
def test_an_independent_decoder_reads_the_code(count: int, modules: int) -> None:
    code = symbol(tokens(count))
    assert code.size == modules
    text = decode(code.png())
    assert json.loads(text) == {"urls": [token.url for token in tokens(count)]}
    assert parse_payload(text) == tokens(count)


def test_codes_of_many_seeds_are_readable() -> None:
    for seed in range(40):
        count = seed % 3 + 1
        assert decode(symbol(tokens(count, seed)).png(scale=3)) == payload(tokens(count, seed))


def test_the_largest_symbols_are_readable() -> None:
    text = "Ab9$" * 300
    assert decode(Symbol.of(text).png(scale=4)) == text


def test_a_changed_module_pattern_is_not_the_same_text() -> None:
    rows = [list(row) for row in symbol(tokens(3)).modules]
    for y in range(8, 56):
        rows[y][8:56] = [False] * 48
    broken = Symbol(tuple(map(tuple, rows)))
    picture = np.array(Image.open(io.BytesIO(broken.png())).convert("L"))
    assert not zxingcpp.read_barcodes(picture)


def test_svg_draws_the_modules_of_the_symbol() -> None:
    code = symbol(tokens(3))
    picture = np.full((68, 68), 255, dtype=np.uint8)
    path = code.svg().split(' d="')[1].split('"')[0]
    for part in path.removeprefix("M").removesuffix("z").split("zM"):
        place, width, _ = part.split("h")
        x, y = map(int, place.split())
        picture[y, x : x + int(width.removesuffix("v1"))] = 0
    (found,) = zxingcpp.read_barcodes(np.kron(picture, np.ones((4, 4), dtype=np.uint8)))
    assert found.text == payload(tokens(3))


@pytest.mark.parametrize("text", ["", "ä", "x" * 4000])
def test_text_that_no_symbol_carries_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ASCII|too long"):
        Symbol.of(text)


@pytest.mark.parametrize("count", [0, 4])
def test_a_code_carries_one_to_three_tokens(count: int) -> None:
    with pytest.raises(TokenProblem):
        payload(tokens(count))
    with pytest.raises(TokenProblem):
        TokenSheet("A", date(2026, 11, 24), tuple(SheetEntry(t, ("B",)) for t in tokens(count)))


GOOD = "Task/160.000.033.491.280.78/$accept?ac=" + "7f" * 32


def test_a_token_is_split_into_its_parts() -> None:
    assert parse_token(GOOD) == ("160.000.033.491.280.78", "7f" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD + "\n",
        " " + GOOD,
        GOOD + "0",
        GOOD[:-1],
        GOOD.replace("7f", "7F"),
        GOOD.replace("Task", "https://evil.example/Task"),
        GOOD.replace("160.", "../."),
        GOOD.replace("160", "١٦٠"),
        GOOD.replace("$accept", "$abort"),
        GOOD + "&x=1",
        GOOD.replace("Task/", "Task//"),
        GOOD + "\r\nX-Evil: 1",
    ],
)
def test_a_hostile_token_is_refused(text: str) -> None:
    with pytest.raises(TokenProblem):
        parse_token(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "[" * 900,
        '{"urls":[]}',
        '{"urls":"' + GOOD + '"}',
        '{"urls":[1]}',
        '{"urls":[null]}',
        json.dumps({"urls": [GOOD] * 4}),
        json.dumps({"urls": [GOOD, "javascript:alert(1)"]}),
        " " * 2000 + json.dumps({"urls": [GOOD]}),
    ],
)
def test_a_hostile_code_is_refused(text: str) -> None:
    with pytest.raises(TokenProblem):
        parse_payload(text)


def test_white_space_in_the_code_is_no_problem() -> None:
    assert len(parse_payload(json.dumps({"urls": [GOOD, GOOD]}, indent=1))) == 2


def test_the_page_shows_what_the_patient_needs() -> None:
    entries = tuple(SheetEntry(token, (f"Mittel {i}",)) for i, token in enumerate(tokens(3)))
    page = TokenSheet("Erika Muster", date(2026, 11, 24), entries, "Praxis Nord").html()
    for text in ["Erika Muster", "24.11.2026", "Mittel 0", "Mittel 2", "Praxis Nord"]:
        assert text in page
    assert page.count("<svg") == 4
    assert "size:A4" in page


def test_a_single_prescription_has_a_single_code() -> None:
    entry = SheetEntry(tokens(1)[0], ("Mittel",))
    assert TokenSheet("E", date(2026, 11, 24), (entry,)).html().count("<svg") == 1


def test_names_on_the_page_are_escaped() -> None:
    entry = SheetEntry(tokens(1)[0], ("<img src=x onerror=alert(1)>",))
    page = TokenSheet("<script>1</script>", date(2026, 11, 24), (entry,)).html()
    assert "<script>" not in page
    assert "<img" not in page
