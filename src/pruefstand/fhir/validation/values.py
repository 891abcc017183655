"""What an element definition says about a value: constants, limits, codes, invariants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pruefstand.fhir import ucum
from pruefstand.fhir.path import FhirPathProblem, Focus, compiled_rule
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.path.values import order
from pruefstand.fhir.validation.elements import Element, Invariant, plan_of
from pruefstand.fhir.validation.fit import fits, written

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk

_FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)


_CODED = frozenset({"Coding", "Quantity", "Age", "Count", "Distance", "Duration", "Money"})


def check_value(walk: Walk, node: Node, element: Element) -> None:
    """Check `node` against everything `element` says about the value itself."""
    if node.type in _CODED:
        _check_coding(walk, node, element)
    if plan_of(element).plain:
        return
    # The oracle looks no further at a value of white space alone.
    if node.value is None or not node.value.isspace():
        if element.constant:
            _check_constant(walk, node, element)
        if node.value is not None:
            _check_limits(walk, node, element, node.value)
    if element.value_set:
        _check_binding(walk, node, element, element.value_set)
    if element.invariants:
        _check_invariants(walk, node, element)


def _check_constant(walk: Walk, node: Node, element: Element) -> None:
    exactly = element.fixed is not None
    wanted = element.fixed if exactly else element.pattern
    if not fits(node, wanted, exactly=exactly):
        kind = "fixed" if exactly else "pattern"
        walk.report(kind, node, element, expected=_as_text(wanted), found=written(node))


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _check_limits(walk: Walk, node: Node, element: Element, value: str) -> None:
    if element.max_length and len(value) > element.max_length:
        expected = f"≤ {element.max_length}"
        walk.report("length", node, element, expected=expected, found=str(len(value)))
    least, most = element.range
    if least is not None and order(node, least) == -1:
        walk.report("range", node, element, expected=f"≥ {least}", found=value)
    if most is not None and order(node, most) == 1:
        walk.report("range", node, element, expected=f"≤ {most}", found=value)


def _check_coding(walk: Walk, node: Node, element: Element) -> None:
    system, code = node.text("system"), node.text("code")
    if not system or code is None:
        return
    if system == ucum.SYSTEM:
        if ucum.is_unit(code) is False:
            # The reference validator is told to take this for a warning.
            walk.report("code", node, element, severity="warning", expected="UCUM", found=code)
        return
    known = walk.terminology.parents(system)
    if known is not None and code not in known:
        walk.report("code", node, element, expected=system, found=code)


def _check_binding(walk: Walk, node: Node, element: Element, value_set: str) -> None:
    if node.value is None and node.type not in ("Coding", "CodeableConcept", "Quantity"):
        return
    answer = walk.terminology.holds(value_set, node)
    if answer is None and walk.terminology.expansion(value_set) is None:
        walk.report("binding-unknown", node, element, severity="information", found=value_set)
    if answer is False:
        walk.report("binding", node, element, expected=value_set, found=written(node))


def _check_invariants(walk: Walk, node: Node, element: Element) -> None:
    verdicts = node.verdicts
    for invariant in element.invariants:
        expression = invariant.expression
        # The oracle evaluates a text once per element; a set says if it keeps the first severity.
        if expression not in verdicts:
            broken = not _holds(walk, node, invariant)
            verdicts[expression] = (invariant.key, invariant.severity) if broken else None
        verdict = verdicts[expression]
        if verdict is not None:
            key, severity = (
                verdict if walk.packages.first_severity else (invariant.key, invariant.severity)
            )
            expected = invariant.human or expression
            walk.report(
                "invariant",
                node,
                element,
                rule=key,
                severity="warning" if severity == "warning" else "error",
                expected=expected,
                found=written(node),
            )


def _holds(walk: Walk, node: Node, invariant: Invariant) -> bool:
    try:
        rule = compiled_rule(invariant.expression)
    except FhirPathProblem as error:
        walk.report_unevaluated(node, invariant, str(error))
        return True
    try:
        return bool(rule([node], Focus(node.resource, _outermost(node.resource), node, walk)))
    except FhirPathProblem:
        # Several items where one boolean is meant: the oracle counts that as violated.
        return False
    except _FAILURES as error:
        walk.report_unevaluated(node, invariant, str(error))
        return True


def _outermost(resource: Node) -> Node:
    while resource.name == "contained" and resource.parent is not None:
        resource = resource.parent.resource
    return resource
