"""Rules of the identifiers; the numbers are examples from published specifications."""

from __future__ import annotations

from types import ModuleType

import pytest

from pruefstand.ids import (
    access_code,
    bsnr,
    iknr,
    kvnr,
    lanr,
    pzn,
    rezept_id,
    telematik_id,
    zanr,
)
from pruefstand.rng import Rng

VALID = {
    kvnr: "X234567891 K220635158 X110411675 S040464113 A123456780 X000000012",
    iknr: "104212059 109519005 108416214 109911114 260326822 109719018",
    lanr: "123456628 838382202 754236701 444444400 999999900 555555123",
    zanr: "123456628 838382202",
    bsnr: "721111100 000000000",
    pzn: "00814665 06313728 27580899 12345678 03507952",
    telematik_id: "1-2012345678 3-07.2.1234560000.10.789 5-2-KHAUS01 9-1.58.000 8-01-0001",
    rezept_id: "160.000.123.456.789.37 162.000.123.456.789.28 166.000.123.456.789.10 "
    "169.000.123.456.789.45 200.000.123.456.789.51 209.000.123.456.789.59 "
    "160.000.033.491.280.78 160.123.456.789.123.58 160.000.000.000.123.76 "
    "200.000.000.006.522.02",
    access_code: "0123456789abcdef" * 4,
}
INVALID = {
    kvnr: "X123456789 X234567890 P123464113 x234567891 X23456789 X2345678911 X23456789١",
    iknr: "104212058 123456789 10421205 1042120590 10421205a",
    lanr: "123456728 12345662 1234566280 12345662x",
    zanr: "123456728 12345662",
    bsnr: "72111110 7211111000 72111110O",
    pzn: "00814666 0081466 008146650 0081466A",
    telematik_id: "1 -123 1- x-123 1-ä",
    rezept_id: "160.000.000.000.000.01 160.000.012.345.678.43 162.000.033.491.280.78 "
    "160.100.000.000.007.22 161.000.123.456.789.34 160000123456789.37 160.000.123.456.789",
    access_code: "0123456789ABCDEF" * 4 + " " + "0" * 63 + " " + "0" * 65,
}


def _cases(table: dict[ModuleType, str]) -> list[tuple[ModuleType, str]]:
    return [(module, text) for module, texts in table.items() for text in texts.split()]


@pytest.mark.parametrize(("module", "text"), _cases(VALID))
def test_valid_identifier_has_no_problem(module: ModuleType, text: str) -> None:
    assert module.problem(text) is None
    assert module.is_valid(text)


@pytest.mark.parametrize(("module", "text"), _cases(INVALID))
def test_invalid_identifier_is_explained_in_one_line(module: ModuleType, text: str) -> None:
    reason = module.problem(text)
    assert reason
    assert "\n" not in reason
    assert not module.is_valid(text)


@pytest.mark.parametrize("module", VALID)
@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_empty_text_is_never_valid(module: ModuleType, text: str) -> None:
    assert not module.is_valid(text)


@pytest.mark.parametrize("module", [kvnr, lanr, zanr, bsnr, iknr, pzn, rezept_id, access_code])
def test_trailing_newline_is_never_valid(module: ModuleType) -> None:
    assert not module.is_valid(VALID[module].split()[0] + "\n")


@pytest.mark.parametrize("module", [kvnr, lanr, zanr, bsnr, iknr, pzn, rezept_id, access_code])
def test_generated_identifiers_are_valid_and_follow_the_seed(module: ModuleType) -> None:
    first = [module.generate(Rng(f"ids/{i}")) for i in range(200)]
    assert all(module.is_valid(text) for text in first)
    assert first == [module.generate(Rng(f"ids/{i}")) for i in range(200)]
    assert len(set(first)) > 190


@pytest.mark.parametrize("kind", telematik_id.PREFIXES)
def test_telematik_id_carries_the_prefix_of_its_sector(kind: str) -> None:
    text = telematik_id.generate(Rng(1), kind)
    assert telematik_id.is_valid(text)
    assert text.startswith(telematik_id.PREFIXES[kind])


def test_generated_kvnr_is_synthetic_but_no_test_identity() -> None:
    text = kvnr.generate(Rng(1))
    assert text[0] == "X"
    assert not kvnr.is_test_identity(text)
    assert kvnr.is_test_identity("X000000012")


def test_a_single_wrong_digit_is_always_found_in_a_rezept_id() -> None:
    text = "160.000.123.456.789.37"
    for place, character in enumerate(text):
        if character.isdigit():
            wrong = str((int(character) + 1) % 10)
            assert not rezept_id.is_valid(text[:place] + wrong + text[place + 1 :])


def test_pzn_with_remainder_ten_is_never_assigned() -> None:
    stem = next(f"{n:07d}" for n in range(10**6) if pzn.check_number(f"{n:07d}") == 10)
    assert not any(pzn.is_valid(f"{stem}{digit}") for digit in range(10))
    assert "nicht vergeben" in str(pzn.problem(f"{stem}0"))


@pytest.mark.parametrize("text", VALID[rezept_id].split())
def test_rezept_id_survives_parse_and_compose(text: str) -> None:
    parts = rezept_id.parse(text)
    assert str(parts) == rezept_id.compose(parts.flow_type, parts.sequence) == text


def test_parse_refuses_a_wrong_check_number() -> None:
    with pytest.raises(ValueError, match="Prüfnummer"):
        rezept_id.parse("160.000.000.000.000.01")


@pytest.mark.parametrize(("flow", "sequence"), [(161, 1), (160, -1), (160, 10**12)])
def test_compose_refuses_impossible_parts(flow: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="Rezept-ID"):
        rezept_id.compose(flow, sequence)
