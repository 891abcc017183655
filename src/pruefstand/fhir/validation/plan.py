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

    __slots__ = (
        "by_name",
        "duties",
        "element",
        "needed",
        "repeated",
        "required",
        "required_slices",
        "vaguer",
    )

    def __init__(self, element: Element) -> None:
        self.element = element
        self.vaguer: bool | None = None
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

    def is_vaguer_than(self, sliced: Element) -> bool:
        """Return whether this slice leaves out what is said of all repetitions of `sliced`.

        It holds in each slice, though snapshots do not always repeat it.
        """
        if self.vaguer is None:
            self.vaguer = _says_more(sliced, self.element)
        return self.vaguer


def _says_more(sliced: Element, one: Element) -> bool:
    pairs = (
        (sliced.fixed, one.fixed),
        (sliced.pattern, one.pattern),
        (sliced.max_length, one.max_length),
        (sliced.range, one.range),
        (sliced.value_set, one.value_set),
    )
    return any(a not in (None, (None, None), b) for a, b in pairs) or not (
        set(sliced.invariants) <= set(one.invariants)
    )


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
