"""Sort the repetitions of an element into the slices of its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.discriminators import criteria_of
from pruefstand.fhir.validation.elements import Element
from pruefstand.fhir.validation.findings import Severity

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk


def check_sliced(walk: Walk, owner: Node, nodes: list[Node], sliced: Element) -> None:
    """Check all repetitions of a sliced element, and how often each slice occurs."""
    slices = sliced.own_slices
    counts = dict.fromkeys(range(len(slices)), 0)
    rules = sliced.slicing or {}
    latest = -1
    for node in nodes:
        index = _slice_of(walk, node, sliced, slices)
        if index is None:
            _check_unsliced(walk, node, sliced)
            continue
        counts[index] += 1
        if rules.get("ordered") and index < latest:
            walk.report("slice-order", node, slices[index], found=slices[index].slice_name or "")
        latest = max(latest, index)
        one = slices[index]
        if sliced.children and not one.children:
            walk.check_child(node, sliced)
        walk.check_child(node, one)
    _check_counts(walk, owner, slices, counts)


def _slice_of(walk: Walk, node: Node, sliced: Element, slices: list[Element]) -> int | None:
    for index, one in enumerate(slices):
        criteria = criteria_of(walk.catalogue, sliced, one)
        if criteria and all(criterion.holds(node, walk) for criterion in criteria):
            return index
    return None


def _check_unsliced(walk: Walk, node: Node, sliced: Element) -> None:
    names = ", ".join(s.slice_name or s.id for s in sliced.own_slices)
    if (sliced.slicing or {}).get("rules") == "closed":
        walk.report("slice-closed", node, sliced, expected=names, found=node.type)
    elif sliced.path.endswith("meta.profile"):
        severity: Severity = "error" if walk.packages.strict_profiles else "information"
        found = node.value or ""
        walk.report("profile-extra", node, sliced, severity=severity, found=found, expected=names)
    walk.check_child(node, sliced)


def _check_counts(walk: Walk, owner: Node, slices: list[Element], counts: dict[int, int]) -> None:
    for index, one in enumerate(slices):
        count = counts[index]
        if count < one.minimum:
            walk.report_count("slice-minimum", owner, one, count)
        elif count > one.maximum:
            walk.report_count("slice-maximum", owner, one, count)
