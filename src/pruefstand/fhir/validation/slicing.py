"""Sort the repetitions of an element into the slices of its definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.discriminators import criteria_of, lookup_of
from pruefstand.fhir.validation.elements import Element
from pruefstand.fhir.validation.findings import Severity
from pruefstand.fhir.validation.plan import duty_of, plan_of

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk


def check_sliced(walk: Walk, owner: Node, nodes: list[Node], sliced: Element) -> None:
    """Check all repetitions of a sliced element, and how often each slice occurs."""
    slices = sliced.slices
    lookup = lookup_of(walk.catalogue, sliced)
    groups: dict[int, list[Node]] = {}
    places: list[tuple[int, Node]] = []
    for node in nodes:
        index = lookup.place_of(node, walk) if lookup else _slice_of(walk, node, sliced)
        if index is None:
            places.append((len(slices), node))
            _check_unsliced(walk, node, sliced)
        else:
            places.append((index, node))
            groups.setdefault(index, []).append(node)
    if sliced.slicing:
        _check_order(walk, places, sliced)
    for index, one in enumerate(slices):
        group = groups.get(index)
        if group or one.minimum or one.slices:
            _check_group(walk, owner, group or [], sliced, one)


def _check_group(walk: Walk, owner: Node, group: list[Node], sliced: Element, one: Element) -> None:
    if sliced.children and not one.children:
        for node in group:
            walk.check_child(node, sliced)
    elif plan_of(one).is_vaguer_than(sliced):
        for node in group:
            for check in duty_of(sliced, node).said:
                check(walk, node)
    if one.slices and one.slicing:
        check_sliced(walk, owner, group, one)
    for node in group:
        walk.check_child(node, one)
    if len(group) < one.minimum:
        walk.report_count("slice-minimum", owner, one, len(group))
    elif len(group) > one.maximum:
        walk.report_count("slice-maximum", owner, one, len(group))


def _slice_of(walk: Walk, node: Node, sliced: Element) -> int | None:
    for index, one in enumerate(sliced.slices):
        criteria = criteria_of(walk.catalogue, sliced, one)
        if criteria and all(criterion.holds(node, walk) for criterion in criteria):
            return index
    return None


def _check_order(walk: Walk, places: list[tuple[int, Node]], sliced: Element) -> None:
    rules = sliced.slicing or {}
    ordered, at_end = rules.get("ordered"), rules.get("rules") == "openAtEnd"
    if not ordered and not at_end:
        return
    end, latest = len(sliced.slices), -1
    for index, node in places:
        after_the_rest = at_end and latest == end and index < end
        if after_the_rest or (ordered and index < latest < end):
            found = sliced.slices[index].slice_name or ""
            walk.report("slice-order", node, sliced.slices[index], found=found)
        # What matches no slice may stand anywhere unless the rules keep it for the end.
        if index < end or at_end:
            latest = max(latest, index)


def _check_unsliced(walk: Walk, node: Node, sliced: Element) -> None:
    if (sliced.slicing or {}).get("rules") == "closed":
        walk.report("slice-closed", node, sliced, expected=_names(sliced), found=node.type)
    elif sliced.path.endswith("meta.profile"):
        severity: Severity = "error" if walk.packages.strict_profiles else "information"
        found = node.value or ""
        walk.report(
            "profile-extra", node, sliced, severity=severity, found=found, expected=_names(sliced)
        )
    if sliced.slice_name is None:
        walk.check_child(node, sliced)


def _names(sliced: Element) -> str:
    return ", ".join(one.slice_name or one.id for one in sliced.slices)
