"""What an element definition says about a value: constants, limits, codes, invariants.

Each is compiled into a closure, once per definition: a check notes its finding in the walk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pruefstand.fhir import ucum
from pruefstand.fhir.path import FhirPathProblem, Focus, compiled_rule
from pruefstand.fhir.path.tree import PRIMITIVES, Node
from pruefstand.fhir.path.values import order
from pruefstand.fhir.validation.elements import Element, Invariant
from pruefstand.fhir.validation.fit import fits, text_of, written
from pruefstand.fhir.validation.reader import is_blank, outermost

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk

Check = Callable[["Walk", Node], None]

_FAILURES = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
_CODED = frozenset({"Coding", "Quantity", "Age", "Count", "Distance", "Duration", "Money"})
_WITH_CODES = frozenset({"Coding", "CodeableConcept", "Quantity"})


def lookups_of(element: Element, type_name: str) -> tuple[Check, ...]:
    """Return the check that a code exists, for a type that has one."""
    return (_coding(element),) if type_name in _CODED else ()


def rules_of(element: Element) -> tuple[Check, ...]:
    """Return the check of the invariants of `element`, if it has any."""
    return (_invariants(element),) if element.invariants else ()


def statements_of(element: Element, type_name: str) -> tuple[Check, ...]:
    """Return the checks of a value of one type against what `element` says, but for its rules."""
    return tuple(_statements(element, type_name))


def _statements(element: Element, type_name: str) -> Iterator[Check]:
    if element.constant:
        yield _constant(element)
    if element.max_length:
        yield _length(element, element.max_length)
    if element.range != (None, None):
        yield _range(element)
    if element.value_set and type_name in PRIMITIVES | _WITH_CODES:
        yield _binding(element, element.value_set)


def _says_nothing(node: Node) -> bool:
    # The oracle looks no further at a primitive without value, or of white space alone.
    return not node.value or is_blank(node.value)


def _constant(element: Element) -> Check:
    exactly = element.fixed is not None
    kind = "fixed" if exactly else "pattern"
    wanted = element.fixed if exactly else element.pattern

    def structured(walk: Walk, node: Node) -> None:
        if not fits(node, wanted, exactly=exactly):
            walk.report(kind, node, element, expected=_as_text(wanted), found=written(node))

    if isinstance(wanted, dict):
        return structured
    text = text_of(wanted)

    def plain(walk: Walk, node: Node) -> None:
        if node.value != text:
            if not _says_nothing(node):
                walk.report(kind, node, element, expected=text, found=written(node))
        elif exactly and "extension" in node.children:
            walk.report(kind, node, element, expected=text, found="extension")

    return plain


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _length(element: Element, most: int) -> Check:
    def check(walk: Walk, node: Node) -> None:
        value = node.value
        if value is not None and len(value) > most and not is_blank(value):
            walk.report("length", node, element, expected=f"≤ {most}", found=str(len(value)))

    return check


def _range(element: Element) -> Check:
    least, most = element.range

    def check(walk: Walk, node: Node) -> None:
        value = node.value
        if value is None or is_blank(value):
            return
        if least is not None and order(node, least) == -1:
            walk.report("range", node, element, expected=f"≥ {least}", found=value)
        if most is not None and order(node, most) == 1:
            walk.report("range", node, element, expected=f"≤ {most}", found=value)

    return check


def _coding(element: Element) -> Check:
    def check(walk: Walk, node: Node) -> None:
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

    return check


def _binding(element: Element, value_set: str) -> Check:
    def check(walk: Walk, node: Node) -> None:
        if node.type in PRIMITIVES and _says_nothing(node):
            walk.report("binding", node, element, expected=value_set, found="–")
            return
        answer = walk.terminology.holds(value_set, node)
        if answer is None and walk.terminology.expansion(value_set) is None:
            walk.report("binding-unknown", node, element, severity="information", found=value_set)
        if answer is False:
            walk.report("binding", node, element, expected=value_set, found=written(node))

    return check


def _invariants(element: Element) -> Check:
    invariants = element.invariants

    def check(walk: Walk, node: Node) -> None:
        verdicts = node.verdicts
        focus: Focus | None = None
        for invariant in invariants:
            expression = invariant.expression
            # The oracle evaluates a text once per element; a set says if it keeps the
            # first severity.
            if expression not in verdicts:
                if focus is None:
                    focus = Focus(node.resource, outermost(node.resource), node, walk)
                broken = not _holds(walk, node, invariant, focus)
                verdicts[expression] = (invariant.key, invariant.severity) if broken else None
            verdict = verdicts[expression]
            if verdict is not None:
                _report_broken(walk, node, element, invariant, verdict)

    return check


def _report_broken(
    walk: Walk, node: Node, element: Element, invariant: Invariant, verdict: tuple[str, str]
) -> None:
    first = walk.packages.first_severity
    key, severity = verdict if first else (invariant.key, invariant.severity)
    walk.report(
        "invariant",
        node,
        element,
        rule=key,
        severity="warning" if severity == "warning" else "error",
        expected=invariant.human or invariant.expression,
        found=written(node),
    )


def _holds(walk: Walk, node: Node, invariant: Invariant, focus: Focus) -> bool:
    try:
        rule = compiled_rule(invariant.expression)
    except FhirPathProblem as error:
        walk.report_unevaluated(node, invariant, str(error))
        return True
    try:
        return bool(rule([node], focus))
    except FhirPathProblem:
        # Several items where one boolean is meant: the oracle counts that as violated.
        return False
    except _FAILURES as error:
        walk.report_unevaluated(node, invariant, str(error))
        return True
