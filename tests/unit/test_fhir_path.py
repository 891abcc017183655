"""FHIRPath: each construct with its value, and the tolerances of the oracle."""

from __future__ import annotations

import gc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pruefstand.fhir.path import FhirPathProblem, Focus, compiled
from pruefstand.fhir.path.tree import Node


class NoServices:
    """Answers nothing but the time."""

    def resolve(self, item: Any) -> Node | None:
        return None

    def conforms_to(self, node: Node, profile: str) -> bool:
        return profile.endswith("yes")

    def member_of(self, node: Node, value_set: str) -> bool:
        return value_set.endswith("yes")

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 12, tzinfo=UTC)


def child(parent: Node, name: str, type_name: str, value: str | None = None) -> Node:
    """Add a child to a tree."""
    node = Node(name, type_name, type_name, parent, 1)
    node.value = value
    parent.add(node)
    return node


def patient() -> Node:
    """Return a small patient."""
    root = Node("Patient", "Patient", "Patient", None, 1)
    child(root, "active", "boolean", "true")
    child(root, "birthDate", "date", "1990-05-01")
    for family, given_names in (("Königsstein", ("Ludger", "Anna")), ("Bach", ())):
        name = child(root, "name", "HumanName")
        child(name, "family", "string", family)
        for one in given_names:
            child(name, "given", "string", one)
    extension = child(root, "extension", "Extension")
    child(extension, "url", "uri", "urn:x")
    quantity = child(extension, "value", "Quantity")
    child(quantity, "value", "decimal", "1.50")
    return root


def evaluate(text: str) -> list[Any]:
    """Return the values of an expression on the patient."""
    root = patient()
    items = compiled(text)([root], Focus(root, root, root, NoServices()))
    return [
        item.scalar if type(item) is Node and item.value is not None else item for item in items
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name.family", ["Königsstein", "Bach"]),
        ("Patient.name.given", ["Ludger", "Anna"]),
        ("name[1].family", ["Bach"]),
        ("name[7]", []),
        ("name.where(given.exists()).family", ["Königsstein"]),
        ("name.exists(family = 'Bach')", [True]),
        ("name.all(given.exists())", [False]),
        ("name.given.count() = 2 and active", [True]),
        ("name.first().given.last()", ["Anna"]),
        ("name.select(given.first() | family)", ["Ludger", "Königsstein", "Bach"]),
        ("(1 | 2 | 2).count()", [2]),
        ("1 + 2 * 3", [7]),
        ("-(4 - 1)", [-3]),
        ("7 div 2", [3]),
        ("7 mod 4", [3]),
        ("1 / 0", []),
        ("{} and false", [False]),
        ("{} or true", [True]),
        ("{} implies false", []),
        ("true xor false", [True]),
        ("{} = 1", []),
        ("{} ~ {}", [True]),
        ("'ABC' ~ 'abc'", [True]),
        ("name.given contains 'Anna'", [True]),
        ("'Otto' in name.given", [False]),
        ("'a' & {} & 'b'", ["ab"]),
        ("birthDate < @2000-01-01", [True]),
        ("birthDate < @1990-06", [True]),
        ("birthDate < @1990-05", []),
        ("birthDate >= @1990", []),
        ("birthDate.toString().length()", [10]),
        ("name.given < 1", []),
        ("name.given.matches('a')", [False]),
        ("name.where(given).family", ["Königsstein"]),
        ("'a/b:c'.split('/').last().split(':').last()", ["c"]),
        ("name.given.split('/')", []),
        ("name.given.join('+')", ["Ludger+Anna"]),
        ("'abc'.toChars().count()", [3]),
        ("'abc'.matchesFull('ab')", [False]),
        ("(0 - 1.5).abs()", [Decimal("1.5")]),
        ("1.5.ceiling() - 1.5.floor() - 1.5.truncate()", [0]),
        ("'12'.convertsToInteger() and 'x'.convertsToDecimal().not()", [True]),
        ("name.given.supersetOf('Anna')", [True]),
        ("name.family.first().matches('^K.*n$')", [True]),
        ("nickname.matches('x')", [False]),
        ("'urn:oid:1'.startsWith('urn')", [True]),
        ("'abc'.substring(1, 1)", ["b"]),
        ("'abc'.substring(9)", []),
        ("'a.b'.replace('.', '')", ["ab"]),
        ("'12'.toInteger() + 1", [13]),
        ("iif(active, 'ja', 'nein')", ["ja"]),
        ("name.given.aggregate($total + 1, 0)", [2]),
        ("extension('urn:x').value.value", [Decimal("1.50")]),
        ("extension('urn:x').valueQuantity.exists()", [True]),
        ("extension('urn:x').value > 1", [True]),
        ("active is boolean", [True]),
        ("active.is(Boolean)", [True]),
        ("$this is DomainResource", [True]),
        ("name.ofType(HumanName).count()", [2]),
        ("%resource.active", [True]),
        ("%ucum", ["http://unitsofmeasure.org"]),
        ("name.given.isDistinct()", [True]),
        ("name.given.subsetOf('Anna' | 'Ludger')", [True]),
        ("name.given.intersect('Anna')", ["Anna"]),
        ("name.given.exclude('Anna')", ["Ludger"]),
        ("descendants().count()", [12]),
        ("active.hasValue()", [True]),
        ("name.hasValue()", [False]),
        ("conformsTo('urn:yes')", [True]),
        ("active.memberOf('urn:no')", [False]),
        ("today()", ["2026-11-23"]),
        ("active.not()", [False]),
        ("`active`", [True]),
        ("'it\\'s \\u00e4'", ["it's ä"]),
        ("name.skip(1).family // Kommentar", ["Bach"]),
        ("extension.exists() != contact.exists()", [True]),
        ("extension.exists() = name.exists()", [True]),
        ("active.not() = (birthDate > @2000)", [True]),
        ("({} and true) = name.exists()", []),
        ("name.family != 'Bach'", [True]),
        ("birthDate = '1990-05-01'", [True]),
        ("active = 'true'", [True]),
        ("contact.name = 'Bach'", []),
        ("extension('urn:' & 'x').value.value", [Decimal("1.50")]),
        ("extension('urn:y')", []),
        ("(%resource.name | %resource.contact).count()", [2]),
    ],
)
def test_an_expression_has_its_value(text: str, expected: list[Any]) -> None:
    assert evaluate(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "%resource.name.where(family = 'Bach').given | {}",
        "name.where(family = 'Bach').given",
        "(%resource.name.given | given)",
    ],
)
def test_what_rules_share_belongs_to_one_element_only(text: str) -> None:
    step = compiled(text)
    found = []
    for given_name in ("Johann", "Anna"):
        root = patient()
        child(root.children["name"][1], "given", "string", given_name)
        focus = Focus(root, root, root, NoServices())
        twice = [[item.value for item in step([root], focus)] for _ in range(2)]
        assert twice[0] == twice[1]
        found.append(twice[0])
    assert [names[-1] for names in found] == ["Johann", "Anna"]


def test_a_dissolved_tree_leaves_nothing_for_the_garbage_search() -> None:
    assert garbage_after(patient) > 0
    assert garbage_after(lambda: patient().dissolve()) == 0


def garbage_after(action: Callable[[], object]) -> int:
    """Return how many unreachable objects an action leaves behind."""
    gc.collect()
    gc.disable()
    try:
        action()
        return gc.collect()
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "text", ["", "name.", "unknown()", "%nope", "1 +", "a b", "'x", "is(", "("]
)
def test_a_wrong_expression_is_refused(text: str) -> None:
    with pytest.raises(FhirPathProblem):
        compiled(text)


@pytest.mark.parametrize("text", ["name and true", "name.given.not()"])
def test_several_items_where_one_boolean_is_wanted_are_refused(text: str) -> None:
    with pytest.raises(FhirPathProblem):
        evaluate(text)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(st.text("abx.()[]'`$%|&=<>+-*/ 019@T{},~!", max_size=30))
def test_any_text_compiles_or_is_refused(text: str) -> None:
    with suppress(FhirPathProblem):
        assert callable(compiled(text))
