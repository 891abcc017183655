"""Each mechanism of profiles on a synthetic profile over the official base: kept and broken."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pruefstand.clock import SystemClock
from pruefstand.fhir.packages.library import Definitions, archive_of
from pruefstand.fhir.packages.sets import BASE, SETS
from pruefstand.fhir.packages.shelf import Shelf, compiled_bytes, shelf_of
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation import Finding, references
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.references import check_bundle
from pruefstand.fhir.validation.terminology import Terminology
from pruefstand.fhir.validation.validator import source_of
from pruefstand.fhir.validation.walk import Walk
from tests.contract.fhir_examples import specs
from tests.unit.test_fhir_packages import package

R4 = "http://hl7.org/fhir/StructureDefinition/"
Json = dict[str, Any]


def profile(name: str, kind: str, *differential: Json, **more: Any) -> Json:
    """Return a profile without snapshot."""
    if kind == "Extension":
        differential = (*differential, part("Extension.url", fixedUri=f"http://x/{name}"))
    return {
        "resourceType": "StructureDefinition",
        "url": f"urn:{name}" if kind != "Extension" else f"http://x/{name}",
        "version": "1.0",
        "type": kind,
        "kind": "resource" if kind not in ("Extension", "Coding") else "complex-type",
        "derivation": "constraint",
        "baseDefinition": R4 + kind,
        "differential": {"element": list(differential)},
        **more,
    }


def sliced(path: str, kind: str, at: str, rules: str = "open", **more: Any) -> Json:
    """Return the element that starts a slicing."""
    slicing = {"discriminator": [{"type": kind, "path": at}], "rules": rules, **more}
    return {"id": path, "path": path, "slicing": slicing}


def part(identifier: str, **more: Any) -> Json:
    """Return an element of a differential."""
    path = ".".join(step.partition(":")[0] for step in identifier.split("."))
    last = identifier.rpartition(".")[2].partition(":")[2]
    named = {"sliceName": last} if last else {}
    return {"id": identifier, "path": path, **named, **more}


def by_system(identifier: str, system: str, **more: Any) -> list[Json]:
    return [part(identifier, **more), part(f"{identifier}.system", min=1, fixedUri=system)]


IDENTIFIERS = "Patient.identifier"
STRING = [{"code": "string"}]
ANYWHERE = {"context": [{"type": "element", "expression": "Element"}]}
NO_TEXT = {"key": "no-text", "severity": "error", "human": "-", "expression": "text.empty()"}
PROFILES = [
    profile(
        "resliced",
        "Patient",
        sliced(IDENTIFIERS, "value", "system"),
        *by_system(f"{IDENTIFIERS}:a", "urn:a", min=1, max="3"),
        sliced(f"{IDENTIFIERS}:a", "value", "use", "closed"),
        part(f"{IDENTIFIERS}:a/b", min=1, max="1"),
        part(f"{IDENTIFIERS}:a/b.use", min=1, fixedCode="old"),
        part(f"{IDENTIFIERS}:a/c", min=0, max="1"),
        part(f"{IDENTIFIERS}:a/c.use", min=1, fixedCode="temp"),
    ),
    profile(
        "ordered",
        "Patient",
        sliced(IDENTIFIERS, "value", "system", ordered=True),
        *by_system(f"{IDENTIFIERS}:a", "urn:a"),
        *by_system(f"{IDENTIFIERS}:b", "urn:b"),
    ),
    profile(
        "at-end",
        "Patient",
        sliced(IDENTIFIERS, "value", "system", "openAtEnd"),
        *by_system(f"{IDENTIFIERS}:a", "urn:a"),
    ),
    profile(
        "existing",
        "Patient",
        sliced("Patient.name", "exists", "period", "closed"),
        part("Patient.name:with", min=1, max="1"),
        part("Patient.name:with.period", min=1),
        part("Patient.name:without", max="1"),
        part("Patient.name:without.period", max="0"),
    ),
    profile(
        "typed",
        "Observation",
        sliced("Observation.value[x]", "type", "$this", "closed"),
        part("Observation.value[x]:valueString", type=[{"code": "string"}], maxLength=3),
        part("Observation.value[x]:valueBoolean", type=[{"code": "boolean"}], fixedBoolean=True),
    ),
    profile(
        "german",
        "Coding",
        part("Coding.system", min=1, fixedUri="urn:german"),
    ),
    profile(
        "profiled",
        "Observation",
        sliced("Observation.code.coding", "profile", "$this", "closed"),
        part(
            "Observation.code.coding:german",
            min=1,
            max="1",
            type=[{"code": "Coding", "profile": ["urn:german"]}],
        ),
    ),
    profile("plain", "Patient", part("Patient.multipleBirth[x]", min=0)),
    profile(
        "inner",
        "Patient",
        part("Patient.name.period.start", min=1),
        part("Patient.generalPractitioner.reference", min=1),
        part(
            "Patient.managingOrganization",
            type=[
                {
                    "code": "Reference",
                    "targetProfile": [R4 + "Organization"],
                    "aggregation": ["contained"],
                }
            ],
        ),
    ),
    profile(
        "limits",
        "Patient",
        part(
            "Patient.multipleBirth[x]",
            type=[{"code": "integer"}],
            minValueInteger=1,
            maxValueInteger=4,
        ),
        part("Patient.language", maxLength=2),
        part("Patient.birthDate", minValueDate="1900-01-01"),
        part("Patient.maritalStatus", patternCodeableConcept={"coding": [{"code": "M"}]}),
        part(
            "Patient.generalPractitioner",
            max="1",
            type=[{"code": "Reference", "targetProfile": [R4 + "Organization"]}],
        ),
    ),
    profile(
        "known", "Extension", part("Extension.value[x]", type=[{"code": "string"}]), **ANYWHERE
    ),
    profile("elsewhere", "Extension", context=[{"type": "element", "expression": "Observation"}]),
    profile("strong", "Extension", part("Extension", isModifier=True), **ANYWHERE),
    profile(
        "closed",
        "Patient",
        sliced("Patient.extension", "value", "url", "closed"),
        part(
            "Patient.extension:known",
            max="1",
            type=[{"code": "Extension", "profile": ["http://x/known"]}],
        ),
    ),
    profile(
        "nested",
        "Questionnaire",
        part(
            "Questionnaire.item",
            constraint=[
                {
                    "key": "no-text",
                    "severity": "error",
                    "human": "kein Text",
                    "expression": "text.empty()",
                }
            ],
        ),
    ),
]


@cache
def engine() -> tuple[Catalogue, Terminology]:
    """Return the compiled profiles over R4."""
    with tempfile.TemporaryDirectory() as folder:
        own = Shelf(compiled_bytes(package(Path(folder) / "own.tgz", *PROFILES)))
    definitions = Definitions(shelf_of(archive_of(BASE, specs())), [own])
    return Catalogue(definitions), Terminology(definitions)


def findings(resource: Json) -> list[Finding]:
    """Return what refuses a resource."""
    catalogue, terminology = engine()
    found: list[Finding] = []
    root = source_of(json.dumps(resource).encode()).read(catalogue, found.append)
    walk = Walk(catalogue, terminology, root, SystemClock(), SETS[0])
    walk.check_resource(root)
    if root.type == "Bundle":
        check_bundle(walk, root)
    return [finding for finding in (*found, *walk.findings) if finding.refuses]


def kinds(resource: Json) -> set[str]:
    return {finding.kind for finding in findings(resource)}


def patient(claim: str, **content: Any) -> Json:
    return {"resourceType": "Patient", "meta": {"profile": [f"urn:{claim}"]}, **content}


def observation(name: str, **content: Any) -> Json:
    return {
        "resourceType": "Observation",
        "meta": {"profile": [f"urn:{name}"]},
        "status": "final",
        "code": {"coding": [{"system": "urn:german", "code": "a"}]},
        **content,
    }


A, B, C = ({"system": f"urn:{letter}"} for letter in "abc")
OLD, TEMPORARY = A | {"use": "old"}, A | {"use": "temp"}
WITH, WITHOUT = {"text": "a", "period": {"start": "2026"}}, {"text": "b"}
KNOWN = {"url": "http://x/known", "valueString": "a"}
TWICE = "duplicate-id"
LOCAL = {"reference": "#o"}
CONTAINING: Json = {
    "contained": [{"resourceType": "Organization", "id": "o", "name": "a"}],
    "generalPractitioner": [LOCAL],
}
ORGANIZATION = {"reference": "http://a/fhir/Organization/1", "type": "Organization"}
ACTIVE = {"system": "http://terminology.hl7.org/CodeSystem/condition-clinical", "code": "active"}
CONDITION = {
    "resourceType": "Condition",
    "code": {"text": "a"},
    "subject": {"reference": "Patient/1"},
}
ABROAD = "http://a/fhir/Organization/1"
GERMAN = {"system": "urn:german", "code": "a"}


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (patient("resliced", identifier=[OLD]), ""),
        (patient("resliced", identifier=[TEMPORARY, OLD, B]), ""),
        (patient("resliced", identifier=[TEMPORARY]), "slice-minimum"),
        (patient("resliced", identifier=[OLD, OLD]), "slice-maximum"),
        (patient("resliced", identifier=[OLD, A]), "slice-closed"),
        (patient("resliced"), "slice-minimum"),
        (patient("ordered", identifier=[A, C, B]), ""),
        (patient("ordered", identifier=[B, C]), ""),
        (patient("ordered", identifier=[B, A]), "slice-order"),
        (patient("at-end", identifier=[A, A, C]), ""),
        (patient("at-end", identifier=[C, A]), "slice-order"),
        (patient("existing", name=[WITHOUT, WITH]), ""),
        (patient("existing", name=[WITHOUT]), "slice-minimum"),
        (patient("existing", name=[WITH, WITHOUT, WITHOUT]), "slice-maximum"),
        (observation("typed", valueString="abc"), ""),
        (observation("typed", valueBoolean=True), ""),
        (observation("typed", valueString="abcd"), "length"),
        (observation("typed", valueBoolean=False), "fixed"),
        (observation("typed", valueInteger=1), "slice-closed"),
        (observation("profiled"), ""),
        (observation("profiled", code={"coding": [GERMAN, {"system": "urn:x"}]}), "slice-closed"),
        (observation("profiled", code={"coding": [GERMAN, GERMAN]}), "slice-maximum"),
        (observation("profiled", code={"text": "a"}), "slice-minimum"),
        (patient("limits", multipleBirthInteger=4, language="de", birthDate="1900-01-01"), ""),
        (patient("limits", multipleBirthInteger=5), "range"),
        (patient("limits", multipleBirthInteger=0), "range"),
        (patient("limits", multipleBirthBoolean=True), "type"),
        (patient("limits", language="deu"), "length"),
        (patient("limits", birthDate="1899-12-31"), "range"),
        (patient("limits", maritalStatus={"coding": [{"code": "M", "version": "1"}]}), ""),
        (patient("limits", maritalStatus={"coding": [{"code": "S"}]}), "pattern"),
        (patient("limits", generalPractitioner=[{"reference": "Organization/1"}]), ""),
        (
            patient("limits", generalPractitioner=[{"reference": "http://a/fhir/Organization/1"}]),
            "",
        ),
        (patient("limits", generalPractitioner=[{"reference": "Practitioner/1"}]), ""),
        (patient("limits", generalPractitioner=[{"reference": "urn:uuid:x"}]), ""),
        (patient("limits", birthDate="1900-01-01", maritalStatus={"text": " "}), "pattern"),
        (
            patient(
                "plain",
                contained=[{"resourceType": "Device", "id": "d"}],
                generalPractitioner=[{"reference": "#d"}],
            ),
            "reference",
        ),
        (patient("closed", extension=[KNOWN]), ""),
        (patient("closed", extension=[KNOWN, KNOWN]), "slice-maximum"),
        (patient("closed", extension=[{"url": "http://x/strong"}]), "slice-closed"),
        (patient("plain", extension=[KNOWN | {"valueString": "a"}]), ""),
        (patient("plain", extension=[{"url": "http://x/known", "valueInteger": 1}]), "type"),
        (patient("plain", extension=[{"url": "http://x/elsewhere"}]), "extension-context"),
        (patient("plain", extension=[{"url": "http://x/strong", "valueCode": "a"}]), "extension"),
        (patient("plain", modifierExtension=[{"url": "http://x/strong", "valueCode": "a"}]), ""),
        (patient("plain", modifierExtension=[KNOWN]), "extension"),
        (patient("plain", _birthDate={"extension": [KNOWN]}), ""),
        (patient("plain", _birthDate={"extension": [{"url": "http://x/y"}]}), "extension"),
        (patient("nowhere"), "profile"),
        (patient("plain|2.0"), "profile"),
        (patient("typed"), "profile"),
        (patient("plain", contained=[{"resourceType": "Device", "id": "d"}]), "invariant"),
        (patient("plain", gender="x"), "binding"),
        (patient("plain", _gender={"extension": [KNOWN]}), "binding"),
        (patient("plain", id="a-B.1"), ""),
        (patient("plain", id="a_b"), "primitive"),
        (patient("plain", id="x" * 65), "primitive"),
        (patient("plain", _id={"extension": [KNOWN]}), "empty"),
        (patient("plain", name=[{"id": "a b", "text": "a"}]), ""),
        (patient("plain", name=[{"id": "x", "text": "a"}, {"id": "y", "text": "a"}]), ""),
        (patient("plain", name=[{"id": "x", "text": "a"}, {"id": "x", "text": "a"}]), TWICE),
        (patient("plain", **CONTAINING, name=[{"id": "o", "text": "a"}]), TWICE),
        (patient("plain", **CONTAINING), ""),
        (patient("plain", contained=[{"resourceType": "Organization", "name": "a"}]), "minimum"),
        (patient("plain", extension=[{"url": "known", "valueString": "a"}]), "extension"),
        (patient("plain", photo=[{"contentType": "image/png", "data": "QU JD\n"}]), ""),
        (patient("plain", photo=[{"contentType": "image/png", "data": "QUJ"}]), "primitive"),
        (patient("plain", birthDate=" "), ""),
        (patient("plain", birthDate="\u00a0"), "primitive"),
        (observation("typed", _valueBoolean={"extension": [KNOWN]}), ""),
        (observation("typed", valueBoolean=True, _valueBoolean={"extension": [KNOWN]}), "fixed"),
        (observation("profiled", category=[{"coding": [{"code": "a"}]}]), ""),
        (CONDITION | {"clinicalStatus": {"coding": [ACTIVE]}}, ""),
        (CONDITION | {"clinicalStatus": {"coding": [{"code": "active"}]}}, "binding"),
        (CONDITION | {"clinicalStatus": {"coding": [{"system": ACTIVE["system"]}]}}, "binding"),
        (patient("inner", name=[{"period": {"start": "2026", "end": "2027"}}]), ""),
        (patient("inner", name=[{"period": {"start": "2026", "end": "2025"}}]), "invariant"),
        (patient("inner", generalPractitioner=[{"reference": "#nowhere"}]), "invariant"),
        (patient("inner", generalPractitioner=[{"reference": "#"}]), "reference"),
        (patient("plain", link=[{"other": {"reference": "#"}, "type": "refer"}]), ""),
        (patient("inner", managingOrganization={"reference": "Organization/o"}), "reference"),
        (patient("inner", **CONTAINING, managingOrganization={"reference": "#o"}), ""),
        (patient("plain", managingOrganization=ORGANIZATION), ""),
        (patient("plain", managingOrganization=ORGANIZATION | {"type": "Patient"}), "reference"),
        (
            patient(
                "plain",
                **(CONTAINING | {"generalPractitioner": [LOCAL | {"type": "Practitioner"}]}),
            ),
            "reference",
        ),
    ],
)
def test_official_base_with_a_profile_keeps_each_rule(resource: Json, kind: str) -> None:
    assert (kind in kinds(resource)) if kind else not findings(resource), findings(resource)


@pytest.mark.parametrize(
    ("inner", "kind"),
    [({}, ""), ({"linkId": None}, "minimum"), ({"type": "group"}, "invariant")],
)
def test_official_content_references_lead_to_the_rules_of_their_element(
    inner: Json, kind: str
) -> None:
    item = {"linkId": "1", "type": "group"}
    nested = {
        k: v for k, v in (item | {"linkId": "2", "type": "string"} | inner).items() if v is not None
    }
    resource = {
        "resourceType": "Questionnaire",
        "meta": {"profile": ["urn:nested"]},
        "status": "draft",
        "item": [item | {"item": [nested]}],
    }
    assert kinds(resource) == ({kind} if kind else set())


def bundle(*entries: Json, kind: str = "document", **composition: Any) -> Json:
    first = {
        "resourceType": "Composition",
        "id": "c",
        "status": "final",
        "type": {"text": "a"},
        "date": "2026-11-23",
        "author": [{"reference": "Device/d"}],
        "title": "t",
        **composition,
    }
    return {
        "resourceType": "Bundle",
        "identifier": {"system": "urn:x", "value": "1"},
        "type": kind,
        "timestamp": "2026-11-23T10:00:00Z",
        "entry": [{"fullUrl": "http://a/Composition/c", "resource": first}, *entries],
    }


DEVICE = {"fullUrl": "http://a/Device/d", "resource": {"resourceType": "Device", "id": "d"}}
NOWHERE = {"reference": "Device/x"}
BASIC = {"resourceType": "Basic", "id": "b", "code": {"text": "a"}}
LONELY = {"fullUrl": "http://a/Basic/b", "resource": BASIC}
POINTING = {
    "fullUrl": "urn:uuid:0b0c1d8e-7d6c-4d53-9c4a-2b8e7e1f5a10",
    "resource": BASIC | {"subject": {"reference": "http://a/Device/d"}},
}


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (bundle(DEVICE), ""),
        (bundle(), "reference"),
        (bundle(DEVICE, section=[{"title": "a", "entry": [{"reference": "Device/d"}]}]), ""),
        (bundle(DEVICE, section=[{"title": "a", "entry": [NOWHERE]}]), "reference"),
        (bundle(DEVICE, section=[{"section": [{"focus": NOWHERE, "title": "b"}]}]), "reference"),
        (bundle(DEVICE, attester=[{"mode": "legal", "party": NOWHERE}]), "reference"),
        (bundle(DEVICE, custodian={"identifier": {"value": "a"}}), ""),
        (bundle(DEVICE, custodian={"reference": "Device/d"}), "reference"),
        (bundle(DEVICE | {"fullUrl": "http://b/Device/d"}), ""),
        (bundle(DEVICE | {"fullUrl": "http://b/Device/e"}, author=[NOWHERE]), "reference"),
        (bundle({"resource": DEVICE["resource"]}), "bundle"),
        (bundle(DEVICE, kind="collection"), ""),
        (bundle(DEVICE, LONELY), "unreachable"),
        (bundle(DEVICE, LONELY, kind="collection"), ""),
        (bundle(DEVICE, POINTING), ""),
        (bundle(DEVICE, LONELY, subject={"reference": "Basic/b"}), ""),
        (bundle(DEVICE, custodian={"reference": "Organization"}), "reference"),
    ],
)
def test_official_bundles_keep_together(resource: Json, kind: str) -> None:
    assert (kind in kinds(resource)) if kind else not findings(resource), findings(resource)


def test_official_links_of_a_document_are_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each entry points to the one before it, the first to the Composition: found from behind."""
    chain: list[Json] = []
    before = "Composition/c"
    for number in range(60):
        entry = BASIC | {"id": f"b{number}", "subject": {"reference": f"http://a/{before}"}}
        before = f"Basic/b{number}"
        chain.append({"fullUrl": f"http://a/{before}", "resource": entry})
    looked: list[object] = []
    links = references._links

    def counted(walk: Walk, resource: Node) -> list[Node]:
        looked.append(resource)
        return links(walk, resource)

    monkeypatch.setattr(references, "_links", counted)
    assert "unreachable" not in kinds(bundle(DEVICE, *chain))
    assert 60 < len(looked) < 200


def test_official_documents_begin_with_a_composition() -> None:
    turned = bundle(DEVICE)
    turned["entry"].reverse()
    assert "bundle" in kinds(turned)
