"""UCUM codes."""

from __future__ import annotations

import pytest

from pruefstand.fhir.ucum import is_unit

UNITS = (
    "mg ug mL L g/L mg/mL mmol/L kg m2 m/s2 10*3/uL /min 1 {tbl} mg{total} g/(24.h) Cel % mm[Hg]"
    " a mo wk d h min s kg.m/s2 nmol/(min.mg) dam cm-1 10*-6 U/L kat m[H2O] deg"
)
OTHER = ("", "Stück", "foo", "mg/", "(mg", "mg)", "mg..L", "TAB", "mg ", "m g", "{a", "[a", "/")


@pytest.mark.parametrize("code", UNITS.split())
def test_units_are_known(code: str) -> None:
    assert is_unit(code) is not False


@pytest.mark.parametrize(
    "code", ["mg", "10*3/uL", "{Stueck}", "1", "g/(24.h)", "/min", "m[H2O]", "Cel"]
)
def test_plain_units_are_certain(code: str) -> None:
    assert is_unit(code) is True


@pytest.mark.parametrize("code", ["[IU]", "k[IU]/L", "[drp]"])
def test_units_in_brackets_are_left_open(code: str) -> None:
    assert is_unit(code) is None


@pytest.mark.parametrize(
    "code",
    [
        "",
        "Stück",
        "foo",
        "mg/",
        "(mg",
        "mg)",
        "mg..L",
        "TAB",
        "mg ",
        "m g",
        "{a",
        "[a",
        "/",
        "xyz/L",
    ],
)
def test_other_texts_are_no_unit(code: str) -> None:
    assert is_unit(code) is False


def test_deep_nesting_is_no_unit() -> None:
    assert is_unit("(" * 10_000 + "m" + ")" * 10_000) is False
