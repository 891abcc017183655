"""What to look at in an element and below it, worked out once per definition."""

from __future__ import annotations

from pruefstand.fhir.path.tree import PRIMITIVES, Node
from pruefstand.fhir.validation.elements import Element, TypeReference
from pruefstand.fhir.validation.values import lookups_of, rules_of, statements_of

ANY_RESOURCE = ("Resource", "DomainResource")


class Duty:
    """What a definition demands of an element of one type.

    `refused` tells that it may not have that type; `final` that the checks are all there is to do
    when nothing stands below a primitive. Of the checks, `said` are those without looking up
    codes, and `rules` the invariants.
    """

    __slots__ = ("checks", "final", "profiles", "refused", "rules", "said", "types")

    def __init__(self, element: Element, node: Node) -> None:
        whole = node.resource is node
        types = [t for t in element.types if t.code == node.type]
        if not types and whole:
            types = [t for t in element.types if t.code in ANY_RESOURCE]
        self.types: list[TypeReference] = types
        self.profiles = [p for t in types for p in t.profiles]
        self.refused = bool(not types and element.types and (element.is_choice or whole))
        self.rules = rules_of(element)
        self.said = (*statements_of(element, node.type), *self.rules)
        self.checks = (*lookups_of(element, node.type), *self.said)
        more = self.refused or self.profiles or element.children or element.reference
        self.final = node.type in PRIMITIVES and not more


class Plan:
    """The children of a definition by name, and the duties of the element by type."""

    __slots__ = ("by_name", "duties", "needed", "repeated", "required", "required_slices")

    def __init__(self, element: Element) -> None:
        self.duties: dict[str, Duty] = {}
        self.required = [c for c in element.children if c.minimum]
        self.needed = frozenset(c.name for c in self.required)
        self.repeated = any(c.minimum > 1 for c in self.required)
        self.required_slices = [
            c for c in element.children if c.slicing and any(s.minimum for s in c.slices)
        ]
        self.by_name: dict[str, list[tuple[Element, bool]]] = {}
        for child in element.children:
            sliced = bool(child.slices and (child.slicing or child.is_choice))
            self.by_name.setdefault(child.name, []).append((child, sliced))


def plan_of(element: Element) -> Plan:
    """Return the plan of an element whose tree is complete, made once."""
    plan: Plan | None = element.plan
    if plan is None:
        plan = element.plan = Plan(element)
    return plan


def duty_of(element: Element, node: Node) -> Duty:
    """Return what `element` demands of an element of the type of `node`."""
    plan: Plan = element.plan or plan_of(element)
    duty = plan.duties.get(node.type)
    if duty is None:
        duty = plan.duties[node.type] = Duty(element, node)
    return duty
