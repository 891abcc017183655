"""Snapshots from differentials: each way a differential can change its base."""

from __future__ import annotations

from typing import Any

import pytest

from pruefstand.fhir.packages.snapshot import STRUCTURE, SnapshotProblem, Snapshots

Json = dict[str, Any]


def element(identifier: str, minimum: int = 0, maximum: str = "1", **more: Any) -> Json:
    path = ".".join(part.partition(":")[0] for part in identifier.split("."))
    types = [{"code": code} for code in more.pop("types", ())]
    return {"id": identifier, "path": path, "min": minimum, "max": maximum, "type": types, **more}


def base(name: str, *elements: Json, kind: str = "complex-type") -> Json:
    return {"url": STRUCTURE + name, "kind": kind, "elements": [element(name), *elements]}


def rule(key: str, severity: str = "error") -> Json:
    return {"key": key, "severity": severity, "expression": key}


BASES = [
    base("Element", element("Element.id", types=["string"])),
    base("string"),
    base("Coding", element("Coding.system", types=["uri"]), element("Coding.code", types=["code"])),
    base(
        "Extension",
        element("Extension.url", 1, types=["uri"]),
        element("Extension.value[x]", types=["Coding", "string"]),
    ),
    base(
        "Basic",
        element("Basic.extension", 0, "*", types=["Extension"]),
        element("Basic.code", 0, "*", types=["Coding"], binding={"strength": "example"}),
        element("Basic.value[x]", types=["Coding", "string"]),
        element("Basic.part", 0, "*", types=["BackboneElement"]),
        element("Basic.part.name", 1, types=["string"]),
        element("Basic.part.part", 0, "*", contentReference="#Basic.part"),
        kind="resource",
    ),
]


def made(*differential: Json, more: tuple[Json, ...] = ()) -> dict[str, Json]:
    """Return the snapshot of a profile on Basic by element id."""
    profile = {
        "url": "urn:p",
        "base": STRUCTURE + "Basic",
        "elements": [],
        "differential": list(differential),
    }
    known = {one["url"]: one for one in (*BASES, *more, profile)}
    return {one["id"]: one for one in Snapshots(known.get).of("urn:p|1.0")}


def test_an_empty_differential_is_its_base() -> None:
    assert list(made()) == [one["id"] for one in BASES[-1]["elements"]]


def test_what_a_differential_says_replaces_and_rules_add_up() -> None:
    code = {"id": "Basic.code", "min": 1, "constraint": [rule("a"), rule("b")]}
    found = made(code, {"id": "Basic.code", "constraint": [rule("b", "warning"), rule("c")]})
    assert (found["Basic.code"]["min"], found["Basic.code"]["max"]) == (1, "*")
    rules = [(one["key"], one["severity"]) for one in found["Basic.code"]["constraint"]]
    assert rules == [("a", "error"), ("b", "warning"), ("c", "error")]


def test_a_binding_keeps_its_value_set_when_only_the_strength_changes() -> None:
    first = {"id": "Basic.code", "binding": {"strength": "extensible", "valueSet": "urn:vs"}}
    found = made(first, {"id": "Basic.code", "binding": {"strength": "required"}})
    assert found["Basic.code"]["binding"] == {"strength": "required", "valueSet": "urn:vs"}


def test_children_come_from_the_type_when_they_are_named() -> None:
    found = made({"id": "Basic.code.system", "min": 1})
    assert found["Basic.code.system"]["min"] == 1
    assert found["Basic.code.code"]["path"] == "Basic.code.code"
    assert "Basic.value[x].system" not in found


def test_children_come_from_the_profile_of_the_type_with_its_rules() -> None:
    profile = {
        "url": "urn:coding",
        "kind": "complex-type",
        "base": STRUCTURE + "Coding",
        "elements": [],
        "differential": [
            {"id": "Coding", "constraint": [rule("deep")]},
            {"id": "Coding.system", "fixed": "urn:x"},
        ],
    }
    code = {"id": "Basic.code", "type": [{"code": "Coding", "profile": ["urn:coding|2"]}]}
    found = made(
        code | {"constraint": [rule("own")]}, {"id": "Basic.code.code", "min": 1}, more=(profile,)
    )
    assert found["Basic.code.system"]["fixed"] == "urn:x"
    assert [one["key"] for one in found["Basic.code"]["constraint"]] == ["deep", "own"]


def test_a_slice_starts_from_the_base_and_is_optional() -> None:
    slicing = {"discriminator": [{"type": "value", "path": "system"}], "rules": "closed"}
    found = made(
        {"id": "Basic.code", "min": 2, "slicing": slicing, "pattern": {"system": "urn:x"}},
        {"id": "Basic.code:a", "sliceName": "a", "max": "1"},
        {"id": "Basic.code:a.system", "min": 1},
    )
    assert found["Basic.code"]["slicing"] == slicing
    one = found["Basic.code:a"]
    assert (one["min"], one["max"], one["sliceName"]) == (0, "1", "a")
    assert "pattern" not in one
    assert "slicing" not in one
    assert found["Basic.code:a.system"]["min"] == 1


def test_a_reslice_starts_from_its_slice() -> None:
    found = made(
        {"id": "Basic.code:a", "sliceName": "a", "maxLength": 3},
        {"id": "Basic.code:a/b", "sliceName": "a/b", "min": 1},
    )
    assert found["Basic.code:a/b"]["maxLength"] == 3
    assert found["Basic.code:a/b"]["min"] == 1


def test_extensions_are_sliced_by_url_and_take_their_number_from_their_definition() -> None:
    profile = {
        "url": "urn:ext",
        "kind": "complex-type",
        "elements": [element("Extension", 0, "3"), element("Extension.url", 1, fixed="urn:ext")],
    }
    given = {"id": "Basic.extension:e", "type": [{"code": "Extension", "profile": ["urn:ext"]}]}
    found = made(given, {"id": "Basic.extension:e.url", "min": 1}, more=(profile,))
    assert found["Basic.extension"]["slicing"]["discriminator"] == [
        {"type": "value", "path": "url"}
    ]
    assert found["Basic.extension:e"]["max"] == "3"
    assert found["Basic.extension:e.url"]["fixed"] == "urn:ext"


@pytest.mark.parametrize("identifier", ["Basic.value[x]:valueString", "Basic.valueString"])
def test_a_choice_shrinks_to_the_types_it_is_sliced_by(identifier: str) -> None:
    found = made({"id": identifier, "maxLength": 4})
    assert [one["code"] for one in found["Basic.value[x]"]["type"]] == ["string"]
    assert found["Basic.value[x]"]["slicing"]["rules"] == "closed"
    one = found["Basic.value[x]:valueString"]
    assert (one["path"], one["maxLength"]) == ("Basic.value[x]", 4)


def test_a_choice_named_itself_keeps_its_types_until_a_slice_is_demanded() -> None:
    choice = {"id": "Basic.value[x]", "slicing": {"rules": "open"}}
    optional = made(choice, {"id": "Basic.value[x]:valueString", "min": 0})
    assert len(optional["Basic.value[x]"]["type"]) == 2
    assert optional["Basic.value[x]"]["slicing"]["rules"] == "open"
    demanded = made(choice, {"id": "Basic.value[x]:valueString", "min": 1})
    assert [one["code"] for one in demanded["Basic.value[x]"]["type"]] == ["string"]


def test_a_content_reference_is_followed_when_children_are_named() -> None:
    found = made({"id": "Basic.part.name", "max": "7"}, {"id": "Basic.part.part.name", "min": 0})
    assert found["Basic.part.part.name"] | {"id": ""} == found["Basic.part.part.name"] | {"id": ""}
    assert found["Basic.part.part.name"]["max"] == "1"
    assert "contentReference" not in found["Basic.part.part"]
    assert "contentReference" in found["Basic.part.part.part"]


def test_one_profile_does_not_change_what_another_is_made_of() -> None:
    changed = made({"id": "Basic.value[x]:valueString", "min": 1}, {"id": "Basic.code.system"})
    assert changed["Basic.value[x]"]["type"] != made()["Basic.value[x]"]["type"]


@pytest.mark.parametrize(
    ("differential", "more"),
    [
        (({"id": "Basic.nowhere"},), ()),
        (({"id": "Basic.code.nowhere"},), ()),
        (
            ({"id": "Basic.code", "type": [{"code": "Coding", "profile": ["urn:loop"]}]},),
            ({"url": "urn:loop", "base": "urn:loop", "elements": [], "differential": []},),
        ),
        (
            ({"id": "Basic.code", "type": [{"code": "Coding", "profile": ["urn:bare"]}]},),
            ({"url": "urn:bare", "base": "", "elements": [], "differential": []},),
        ),
    ],
)
def test_what_cannot_be_made_is_said(differential: Any, more: Any) -> None:
    with pytest.raises(SnapshotProblem):
        made(*differential, more=more)
