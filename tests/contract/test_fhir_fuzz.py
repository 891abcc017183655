"""Whatever bytes come in: a result with findings, never an exception."""

from __future__ import annotations

import json
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from pruefstand.fhir.json import to_json
from pruefstand.fhir.packages.sets import SETS, set_for
from pruefstand.fhir.rules.documents import rule_results
from pruefstand.fhir.validation import Result, message, operation_outcome
from pruefstand.fhir.validation.mapping import mapping_of
from pruefstand.fhir.validation.validator import source_of
from pruefstand.fhir.xml import safe_parse
from tests.contract.fhir_examples import files, specs, validator


def quiet(count: int) -> settings:
    """Return the settings of a test with so many cases; together they are more than 5,000."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


BROKEN, READABLE = quiet(1500), quiet(300)
"""Bytes that are mostly no document cost little; documents that can be read cost a validation."""
SOURCE = "KBV_PR_ERP_Bundle/1.4.1"
TEXTS = st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=30) | (
    st.sampled_from(["", "0", "-1", "1e9999", "2026-99-99", "#", "urn:uuid:", "true", "| |"])
)


@cache
def document() -> bytes:
    """Return one valid prescription."""
    specs()
    return files("valid", SOURCE)[0].read_bytes()


def assert_answer(data: bytes) -> None:
    """Validate, also by the rules beyond profiles, and write every finding out."""
    result = validator().validate(data)
    assert isinstance(result, Result)
    assert all(message(f, "de") and message(f, "en") for f in result.findings)
    assert operation_outcome(result)["issue"]
    assert isinstance(rule_results(data), tuple)


@BROKEN
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_get_an_answer(data: bytes, wrapped: bool) -> None:
    specs()
    prefix = b'<Bundle xmlns="http://hl7.org/fhir">' if wrapped else b""
    assert_answer(prefix + data + (b"</Bundle>" if wrapped else b""))


@BROKEN
@given(st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=12))
def test_a_spliced_document_gets_an_answer(at: int, cut: int, put: bytes) -> None:
    data = document()
    start = at % len(data)
    assert_answer(data[:start] + put + data[start + cut :])


@READABLE
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), TEXTS), max_size=4))
def test_a_rearranged_document_gets_an_answer(changes: list[tuple[int, int, str]]) -> None:
    root = safe_parse(document())
    for position, action, text in changes:
        nodes = [node for node in root.iter() if isinstance(node.tag, str)]
        node = nodes[position % len(nodes)]
        other = nodes[position // 7 % len(nodes)]
        parent = node.getparent()
        if action == 0:
            node.set("value", text)
        elif action == 1 and parent is not None:
            parent.remove(node)
        elif action == 2 and parent is not None:
            node.tag = other.tag
        elif parent is not None and node not in other.iterancestors() and node is not other:
            other.append(node)
    assert_answer(etree.tostring(root))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@cache
def json_document() -> str:
    """Return the same prescription in JSON."""
    packages = set_for(source_of(document()).claims())
    assert packages is not None
    catalogue, _ = validator().engine(packages)
    root = source_of(document()).read(catalogue, lambda finding: None)
    return to_json(mapping_of(catalogue, root)).decode()


@READABLE
@given(st.lists(st.tuples(st.integers(0, 10**6), st.booleans(), JSON_VALUES), max_size=3))
def test_a_rearranged_json_document_gets_an_answer(
    changes: list[tuple[int, bool, object]],
) -> None:
    root = json.loads(json_document())
    for position, removed, value in changes:
        places: list[tuple[dict[str, object] | list[object], object]] = []
        waiting: list[object] = [root]
        while waiting:
            one = waiting.pop()
            items = one.items() if isinstance(one, dict) else enumerate(one)  # type: ignore[call-overload]
            for key, inner in items:
                places.append((one, key))  # type: ignore[arg-type]
                if isinstance(inner, (dict, list)):
                    waiting.append(inner)
        owner, key = places[position % len(places)]
        if removed:
            del owner[key]  # type: ignore[arg-type,call-overload]
        else:
            owner[key] = value  # type: ignore[index,call-overload]
    assert_answer(json.dumps(root).encode("utf-8", "surrogatepass"))


@BROKEN
@given(st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=12))
def test_a_spliced_json_document_gets_an_answer(at: int, cut: int, put: bytes) -> None:
    data = json_document().encode()
    start = at % len(data)
    assert_answer(data[:start] + put + data[start + cut :])


def test_the_cases_are_more_than_five_thousand() -> None:
    tests = [one for name, one in globals().items() if name.startswith("test_")]
    given_tests = [one for one in tests if hasattr(one, "hypothesis")]
    assert sum(one._hypothesis_internal_use_settings.max_examples for one in given_tests) >= 5000
    assert {"json" in one.__name__ for one in given_tests} == {True, False}


def test_hostile_base64_takes_no_time() -> None:
    specs()
    pattern = validator().engine(SETS[0])[0].pattern("base64Binary")
    assert pattern is not None
    assert pattern.match("AAAA BBBB\n CC==")
    assert not pattern.match("AAAA   " * 5000 + "!")
