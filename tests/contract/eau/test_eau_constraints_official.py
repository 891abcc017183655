"""Every constraint of the eAU profiles is broken once, alone, and answered by an insurer."""

from __future__ import annotations

import json
import tarfile
from dataclasses import replace
from typing import Any

import pytest

from pruefstand.clock import VirtualClock
from pruefstand.fhir.packages.sets import PackageSet, set_for
from pruefstand.fhir.sick_note import new_document_id
from pruefstand.fhir.validation import Validator, validator
from pruefstand.fhir.xml import to_xml
from pruefstand.flows.eau_ausstellen import Draft, sign
from pruefstand.kim.eau import EauMessage
from pruefstand.rng import Rng
from tests.contract.eau_constraints import (
    INSURER,
    STORNO,
    VIOLATIONS,
    Violation,
    base_bundle,
    spoiled,
)
from tests.contract.eau_world import MONDAY, desk, eau_world
from tests.contract.fhir_examples import specs

PACKAGES = ("kbv.ita.eau-1.2.1", "kbv.ita.for-1.2.1")
ECHO = "Bundle.entry"
"""A broken resource fits no slice of the document any more, which follows from the break."""

BY_SHAPE = "FOR_Coverage.payor.identifier.value"
"""Shadowed as well, but an insurer finds its own IK missing."""

NAMED = [pytest.param(one, id=f"{one.element}/{one.key}") for one in VIOLATIONS]
DOCUMENTS = {
    one: new_document_id(Rng("constraints").derive(one.element, one.key)) for one in VIOLATIONS
}


@pytest.fixture(scope="module")
def judge() -> Validator:
    return Validator(specs(), clock=VirtualClock(MONDAY))


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """Send every broken document to the insurer; return its codes by document id."""
    specs()
    with eau_world(pruefung="profile") as world, desk(world, "constraints") as bench:
        drafts = [
            Draft(
                EauMessage.STORNO if one.base == STORNO else EauMessage.NOTE,
                document_id,
                spoiled(one, document_id, MONDAY),
                "Test",
                "A123456789",
                (INSURER,),
            )
            for one, document_id in DOCUMENTS.items()
        ]
        for signed in sign(bench.konnektor, drafts):
            bench.queue(signed)
        assert len(bench.send()) == len(drafts)
        assert world.act("kasse") == len(drafts)
        bench.collect()
        return {one.document_id: one.code for one in bench.store.all()}


def official() -> set[tuple[str, str]]:
    """Return (element, key) of every constraint the packages add, without their prefixes."""
    found: set[tuple[str, str]] = set()
    for name in PACKAGES:
        with tarfile.open(specs() / "fhir-packages" / f"{name}.tgz") as archive:
            for member in archive.getmembers():
                stream = archive.extractfile(member)
                if stream is not None and member.name.endswith(".json"):
                    found |= constraints(json.load(stream))
    return found


def constraints(definition: dict[str, Any]) -> set[tuple[str, str]]:
    """Return (element, key) of the constraints one profile adds."""
    name = str(definition.get("name")).removeprefix("KBV_PR_")
    elements = definition.get("differential", {}).get("element", [])
    return {
        (f"{name}{element['id'].removeprefix(definition['type'])}", key.split("-", 2)[2])
        for element in elements
        for key in (row["key"] for row in element.get("constraint", ()))
    }


def broken(judged: Validator, document: bytes) -> set[str]:
    """Return the rules a document breaks: keys, and elements for what is no constraint."""
    return {
        one.rule if one.kind == "invariant" else one.element
        for one in judged.validate(document).errors
        if not one.element.startswith(ECHO)
    }


def test_the_table_holds_every_official_constraint_once() -> None:
    table = [(one.element, one.key) for one in VIOLATIONS]
    assert set(table) == official()
    # 82 for the note, one for the Storno.
    assert len(table) == len(set(table)) == 83


@pytest.mark.parametrize("base", sorted({one.base for one in VIOLATIONS}))
def test_official_rules_hold_before_the_change(judge: Validator, base: str) -> None:
    document = to_xml(base_bundle(base, new_document_id(Rng(base)), MONDAY))
    assert judge.validate(document).errors == ()


@pytest.mark.parametrize("violation", NAMED)
def test_official_constraint_is_broken_alone(judge: Validator, violation: Violation) -> None:
    document = spoiled(violation, DOCUMENTS[violation], MONDAY)
    if not violation.shadow:
        assert broken(judge, document) == {violation.rule, *violation.also}
        return
    assert broken(judge, document) == set()
    warnings = {(one.rule, one.element) for one in judge.validate(document).findings}
    assert (violation.shadow, violation.element.removeprefix("FOR_")) in warnings


def test_official_shadowed_constraints_break_where_each_keeps_its_severity(
    judge: Validator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason they cannot be reached: the reference validator keeps the first severity."""

    def own_severities(claims: list[str]) -> PackageSet | None:
        chosen = set_for(claims)
        return chosen and replace(chosen, first_severity=False)

    monkeypatch.setattr(validator, "set_for", own_severities)
    shadowed = [one for one in VIOLATIONS if one.shadow]
    assert len(shadowed) == 4
    for one in shadowed:
        assert broken(judge, spoiled(one, DOCUMENTS[one], MONDAY)) == {one.rule}


@pytest.mark.parametrize("violation", NAMED)
def test_official_constraint_is_answered_by_the_insurer(
    answers: dict[str, str], violation: Violation
) -> None:
    refused = "102" if violation.base == STORNO else "101"
    taken = violation.shadow and violation.element != BY_SHAPE
    assert answers[DOCUMENTS[violation]] == ("" if taken else refused)
