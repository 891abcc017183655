"""Rules of the FHIR JSON parser and writer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from pruefstand.fhir.json import Located, Number, parse, to_json
from pruefstand.fhir.xml import FhirSyntaxProblem

HOSTILE = {
    "empty": b"",
    "xml": b"<a/>",
    "cut off": b'{"a": [1, 2',
    "cut off text": b'{"a": "b',
    "two values": b"{} {}",
    "duplicate name": b'{"a": 1, "a": 1}',
    "comma at the end": b'{"a": 1,}',
    "comma at the end of a list": b"[1,]",
    "no comma": b'{"a": 1 "b": 2}',
    "no colon": b'{"a" 1}',
    "single quotes": b"{'a': 1}",
    "name without quotes": b"{a: 1}",
    "comment": b'{"a": 1 /* x */}',
    "leading zero": b"[01]",
    "plus": b"[+1]",
    "no digit after the point": b"[1.]",
    "not a number": b"[NaN]",
    "infinity": b"[-Infinity]",
    "tab in text": b'["\t"]',
    "unknown escape": b'["\\x"]',
    "half a surrogate": b'["\\ud800"]',
    "not utf-8": b'["\xe4"]',
    "utf-16": "{}".encode("utf-16-le"),
    "nul": b'{"a": \x00}',
    "too deep": b"[" * 100_000,
    "too deep objects": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_syntax_problem_with_a_place(name: str) -> None:
    with pytest.raises(FhirSyntaxProblem) as caught:
        parse(HOSTILE[name])
    assert caught.value.line >= 1
    assert caught.value.column >= 1


def plain(at: Located) -> Any:
    """Return a value without places."""
    if isinstance(at.value, dict):
        return {name: plain(one) for name, one in at.value.items()}
    return [plain(one) for one in at.value] if isinstance(at.value, list) else at.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": {"b": []}, "c": {}}', {"a": {"b": []}, "c": {}}),
        ('\ufeff [true, false, null, ""]', [True, False, None, ""]),
        (r'["\u00e4\n\"\\\/", "\ud83d\ude00", "ä"]', ['ä\n"\\/', "😀", "ä"]),
        ("[1.50, -0, 1E+2]", ["1.50", "-0", "1E+2"]),
    ],
)
def test_each_kind_of_value_is_read(text: str, value: Any) -> None:
    assert plain(parse(text.encode())) == value


def test_every_value_knows_its_place() -> None:
    root = parse(b'{\n  "a": [1,\n    {"b": "c"}]\n}')
    items = root.value["a"]
    inner = items.value[1].value["b"]
    assert [(one.line, one.column) for one in (root, items, items.value[1], inner)] == [
        (1, 1),
        (2, 8),
        (3, 5),
        (3, 11),
    ]


def test_the_second_of_two_equal_names_is_told() -> None:
    with pytest.raises(FhirSyntaxProblem) as caught:
        parse(b'{"a": 1,\n "a": 2}')
    assert (caught.value.line, caught.value.column) == (2, 2)


def test_numbers_keep_their_digits_and_the_kind_stands_first() -> None:
    resource = {"amount": Decimal("0.10"), "count": Number("1.0"), "resourceType": "Basic"}
    assert to_json(resource) == b'{"resourceType":"Basic","amount":0.10,"count":1.0}'
    assert plain(parse(to_json({"x": ['ä"\n', True, None]}))) == {"x": ['ä"\n', True, None]}
