"""Whatever bytes come in: a result with findings, never an exception."""

from __future__ import annotations

from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from pruefstand.fhir.packages.sets import SETS
from pruefstand.fhir.validation import Result, message, operation_outcome
from pruefstand.fhir.xml import safe_parse
from tests.contract.fhir_examples import files, specs, validator

QUIET = settings(
    max_examples=1700,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
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
    """Validate and write every finding out."""
    result = validator().validate(data)
    assert isinstance(result, Result)
    assert all(message(f, "de") and message(f, "en") for f in result.findings)
    assert operation_outcome(result)["issue"]


@QUIET
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_get_an_answer(data: bytes, wrapped: bool) -> None:
    specs()
    prefix = b'<Bundle xmlns="http://hl7.org/fhir">' if wrapped else b""
    assert_answer(prefix + data + (b"</Bundle>" if wrapped else b""))


@QUIET
@given(st.integers(0, 10**6), st.integers(0, 60), st.binary(max_size=12))
def test_a_spliced_document_gets_an_answer(at: int, cut: int, put: bytes) -> None:
    data = document()
    start = at % len(data)
    assert_answer(data[:start] + put + data[start + cut :])


@QUIET
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


def test_hostile_base64_takes_no_time() -> None:
    specs()
    pattern = validator().engine(SETS[0])[0].pattern("base64Binary")
    assert pattern is not None
    assert pattern.match("AAAA BBBB\n CC==")
    assert not pattern.match("AAAA   " * 5000 + "!")
