"""Hash check value and check digits of VSDM."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pruefstand.crypto.hcv import Proof, ProofProblem, build_v1, build_v2, hash_check_value, read
from pruefstand.rng import Rng

KEY = bytes(range(32))
AT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
HCV = hash_check_value("20190212", "")
PLAIN = Proof("X110411675", AT, "B", 2)
SEALED = Proof("X110411675", AT, "B", 2, HCV)


@pytest.mark.parametrize(
    ("begin", "street", "value"),
    [
        ("19981123", "Berliner Straße", "6545491d14"),
        ("20190212", "", "4885ee8394"),
        ("20040718", "Schönhauser Allee", "353646b5c8"),
        ("2004 07 18", "  Schönhauser Allee ", "353646b5c8"),
    ],
)
def test_hash_check_value_is_the_known_one(begin: str, street: str, value: str) -> None:
    assert hash_check_value(begin, street).hex() == value


def test_hash_check_value_depends_on_both_parts() -> None:
    days = ("20190212", "20190213")
    values = {hash_check_value(begin, street) for begin in days for street in "ab"}
    assert len(values) == 4


def test_version_1_says_who_when_and_which_key() -> None:
    data = build_v1(PLAIN, KEY)
    assert len(data) == 47
    assert data[:23] == b"X1104116751795518000UB2"
    assert read(data, KEY) == PLAIN


def test_version_2_hides_everything_but_operator_and_version() -> None:
    data = build_v2(SEALED, KEY, Rng("hcv"))
    assert len(data) == 47
    assert data[0] == 128 + 4 + 2
    assert b"X110411675" not in data
    assert read(data, KEY) == SEALED


@pytest.mark.parametrize("data", [build_v1(PLAIN, KEY), build_v2(SEALED, KEY, Rng("hcv"))])
def test_other_key_changed_and_short_data_are_refused(data: bytes) -> None:
    for wrong, key in (
        (data, bytes(32)),
        (data[:20] + bytes([data[20] ^ 1]) + data[21:], KEY),
        (data[:-1], KEY),
    ):
        with pytest.raises(ProofProblem):
            read(wrong, key)


def test_version_2_needs_an_hcv() -> None:
    with pytest.raises(ProofProblem):
        build_v2(PLAIN, KEY, Rng("hcv"))
