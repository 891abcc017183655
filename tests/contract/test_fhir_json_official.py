"""The same resource in XML and in JSON: the same tree and the same findings."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from pruefstand.fhir.json import to_json
from pruefstand.fhir.packages.sets import SETS, set_for
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation import Finding, Result
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.mapping import mapping_of
from pruefstand.fhir.validation.validator import source_of
from pruefstand.fhir.xml import to_xml
from tests.contract.fhir_examples import files, specs, validator

SOURCE = "KBV_PR_ERP_Bundle/1.4.1"


def catalogue_of(data: bytes) -> Catalogue:
    packages = set_for(source_of(data).claims())
    assert packages is not None
    return validator().engine(packages)[0]


def tree(data: bytes, catalogue: Catalogue) -> Node:
    findings: list[Finding] = []
    root = source_of(data).read(catalogue, findings.append)
    assert findings == []
    return root


def said(result: Result) -> set[tuple[str, ...]]:
    """Return findings without their line: the two forms have different ones."""
    return {(f.kind, f.rule, f.severity, f.path, f.element, f.expected) for f in result.findings}


def test_official_documents_mean_the_same_in_xml_and_json() -> None:
    specs()
    for path in [*files("valid"), *files("invalid")]:
        data = path.read_bytes()
        catalogue = catalogue_of(data)
        resource = mapping_of(catalogue, tree(data, catalogue))
        as_json, as_xml = to_json(resource), to_xml(resource)
        assert mapping_of(catalogue, tree(as_json, catalogue)) == resource, path.stem
        expected = said(validator().validate(data))
        assert said(validator().validate(as_json)) == expected, path.stem
        assert said(validator().validate(as_xml)) == expected, path.stem
        assert as_json.startswith(b'{"resourceType":')


def document() -> dict[str, Any]:
    """Return a valid prescription as a mapping."""
    specs()
    data = files("valid", SOURCE)[0].read_bytes()
    catalogue = catalogue_of(data)
    return json.loads(to_json(mapping_of(catalogue, tree(data, catalogue))), parse_float=Decimal)


def resource(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the first resource of a kind in a bundle."""
    found = (entry["resource"] for entry in bundle["entry"])
    return next(one for one in found if one["resourceType"] == kind)


def kinds(bundle: dict[str, Any]) -> set[str]:
    return {finding.kind for finding in validator().validate(to_json(bundle)).errors}


def test_official_json_in_another_order_is_valid() -> None:
    bundle = document()
    turned = dict(reversed(bundle.items()))
    data = json.dumps(turned, default=float, indent=2).encode()
    assert data.rstrip().endswith(b"}")
    assert validator().validate(data).valid


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("active", "true", "unknown-element"),
        ("birthDate", 1990, "json"),
        ("birthDate", ["1990-01-01"], "json"),
        ("birthDate", None, "json"),
        ("birthDate", {}, "json"),
        ("address", {}, "json"),
        ("address", [], "empty"),
        ("name", [None], "empty"),
        ("identifier", [{}], "empty"),
        ("deceasedBoolean", "false", "json"),
        ("multipleBirthInteger", "2", "json"),
        ("multipleBirthInteger", 2.5, "primitive"),
        ("_birthDate", {}, "empty"),
        ("_birthDate", [], "json"),
        ("_name", [{"id": "a"}], "unknown-element"),
        ("fhir_comments", ["x"], "unknown-element"),
    ],
)
def test_official_json_with_a_wrong_form_is_refused(name: str, value: Any, kind: str) -> None:
    bundle = document()
    resource(bundle, "Coverage" if name == "active" else "Patient")[name] = value
    assert kind in kinds(bundle)


def test_official_json_extends_primitives_by_companions() -> None:
    bundle = document()
    patient = resource(bundle, "Patient")
    assert patient["name"][0]["_family"]["extension"]
    patient["name"][0]["given"] = [*patient["name"][0]["given"], None]
    assert "empty" in kinds(bundle)
    patient["name"][0]["_given"] = [None] * (len(patient["name"][0]["given"]) - 1) + [{"id": "x"}]
    assert "empty" in kinds(bundle)


def test_official_json_findings_have_line_and_column() -> None:
    text = json.dumps(document(), default=float, indent=1, ensure_ascii=False)
    line = next(i for i, row in enumerate(text.splitlines(), 1) if '"status": "final"' in row)
    result = validator().validate(text.replace('"status": "final"', '"status": "falsch"').encode())
    finding = next(f for f in result.errors if f.path.endswith(".status"))
    assert (finding.line, finding.column) == (line, text.splitlines()[line - 1].index("final"))


def test_official_xml_findings_have_line_and_column() -> None:
    specs()
    data = files("valid", SOURCE)[0].read_bytes()
    result = validator().validate(data.replace(b'<status value="final"', b'<status value="f"'))
    finding = next(f for f in result.errors if f.path.endswith(".status"))
    row = data.splitlines()[finding.line - 1]
    assert row[finding.column - 1 :].startswith(b'<status value="final"')


def test_official_sets_share_the_types_of_r4() -> None:
    specs()
    tables = [validator().engine(packages)[0].children_of("Patient") for packages in SETS[:2]]
    assert tables[0] == tables[1]
