"""Element definitions of a snapshot as a tree the walk can follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from typing import Any

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
UNLIMITED = 10**9
_SYSTEM = "http://hl7.org/fhirpath/System."
# ele-1 is checked while reading; txt-1, txt-2 and dom-6 concern narratives.
_LOCAL = "reference.startsWith('#').not() or"
_WITHOUT_EFFECT = frozenset({"ele-1", "txt-1", "txt-2", "dom-6"})

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TypeReference:
    """A type an element may have, with its profiles and the profiles of a reference's target."""

    code: str
    profiles: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    """How a reference may lead there: `contained`, `referenced`, `bundled`; empty for any."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A FHIRPath rule; `severity` is `error` or `warning`."""

    key: str
    severity: str
    expression: str
    human: str


class Element:
    """One element definition; `slices` and `children` come from the order of the snapshot.

    `target` is the element of the same structure that a content reference leads to.
    """

    __slots__ = (
        "children",
        "criteria",
        "fixed",
        "id",
        "invariants",
        "is_choice",
        "is_modifier",
        "lookup",
        "max_length",
        "maximum",
        "minimum",
        "name",
        "order",
        "path",
        "pattern",
        "plan",
        "range",
        "reference",
        "slice_name",
        "slices",
        "slicing",
        "target",
        "types",
        "value_set",
    )

    def __init__(self, definition: Json, order: int) -> None:
        self.path: str = definition["path"]
        self.id: str = definition.get("id") or self.path
        last = self.path.rpartition(".")[2]
        self.is_choice = last.endswith("[x]")
        self.name = last.removesuffix("[x]")
        self.order = order
        self.minimum: int = definition.get("min", 0)
        limit = definition.get("max", "*")
        self.maximum = UNLIMITED if limit == "*" else int(limit)
        self.types = tuple(map(_type, definition.get("type", ())))
        self.fixed: Any = definition.get("fixed")
        self.pattern: Any = definition.get("pattern")
        self.range = (definition.get("minValue"), definition.get("maxValue"))
        self.max_length: int | None = definition.get("maxLength")
        self.value_set = _required_value_set(definition)
        self.invariants = _invariants(definition)
        self.is_modifier: bool = definition.get("isModifier", False)
        self.slicing: Json | None = definition.get("slicing")
        self.slice_name: str | None = definition.get("sliceName")
        self.reference: str | None = definition.get("contentReference")
        self.target: Element | None = None
        self.children: list[Element] = []
        self.slices: list[Element] = []
        self.plan: Any = None
        self.criteria: Any = None
        self.lookup: Any = None

    @property
    def constant(self) -> bool:
        """Whether a fixed value or a pattern is demanded."""
        return self.fixed is not None or self.pattern is not None


@dataclass(frozen=True, slots=True)
class Profile:
    """A structure ready to be checked against; `by_id` finds elements of the snapshot."""

    url: str
    version: str
    type: str
    root: Element
    by_id: dict[str, Element]
    context: tuple[Json, ...]
    constrains: bool

    def has_version(self, wanted: str) -> bool:
        """Return whether `wanted`, maybe only `major.minor`, names this version."""
        return not wanted or f"{self.version}.".startswith(f"{wanted}.")


def profile_of(structure: Json) -> Profile:
    """Return the compiled form of a trimmed structure definition."""
    definitions = structure["elements"]
    root = Element(definitions[0], 0)
    by_id = {root.id: root}
    for order, definition in enumerate(definitions[1:], 1):
        element = Element(definition, order)
        by_id[element.id] = element
        _place(element, by_id)
    for element in by_id.values():
        if element.reference and element.reference.startswith("#"):
            element.target = by_id.get(element.reference[1:])
    return Profile(
        structure["url"],
        structure.get("version", ""),
        structure["type"],
        root,
        by_id,
        tuple(structure.get("context", ())),
        structure.get("derivation") == "constraint",
    )


def _place(element: Element, by_id: dict[str, Element]) -> None:
    above, _, last = element.id.rpartition(".")
    parent = by_id.get(above)
    if parent is None:
        return
    name, _, slice_name = last.partition(":")
    # A re-slice `a/b` belongs to its slice `a`.
    outer = slice_name.rpartition("/")[0]
    whole = f"{above}.{name}:{outer}" if outer else f"{above}.{name}"
    sliced = by_id.get(whole) if slice_name else None
    if sliced is not None:
        sliced.slices.append(element)
    else:
        parent.children.append(element)


def _required_value_set(definition: Json) -> str | None:
    binding = definition.get("binding")
    if not binding or binding.get("strength") != "required":
        return None
    address: str = binding.get("valueSet", "")
    return address.partition("|")[0] or None


def _worded(expression: str) -> str:
    # As the oracle reads ref-1: `#` alone means the resource itself.
    return f"reference = '#' or ({expression})" if expression.startswith(_LOCAL) else expression


def _invariants(definition: Json) -> tuple[Invariant, ...]:
    return tuple(
        _invariant(c["key"], c["severity"], c["expression"], c.get("human", ""))
        for c in definition.get("constraint", ())
        if c["key"] not in _WITHOUT_EFFECT
    )


@lru_cache(maxsize=4096)
def _invariant(key: str, severity: str, expression: str, human: str) -> Invariant:
    # The same few stand in every profile; one text each is found faster where verdicts are kept.
    return Invariant(key, severity, intern(_worded(expression)), human)


@lru_cache(maxsize=1024)
def _bare_type(code: str) -> TypeReference:
    return TypeReference(code)


def _type(definition: Json) -> TypeReference:
    code = definition.get("code", "")
    if len(definition) == 1 and not code.startswith(_SYSTEM):
        return _bare_type(code)
    if code.startswith(_SYSTEM):
        system = code.removeprefix(_SYSTEM)
        known = ("String", "Boolean", "Integer", "Decimal")
        code = system.lower() if system in known else "string"
        for extension in definition.get("extension", ()):
            if extension["url"].endswith("fhir-type"):
                code = extension.get("valueUrl") or extension.get("valueUri") or code
    return TypeReference(
        code,
        tuple(p.partition("|")[0] for p in definition.get("profile", ())),
        tuple(p.partition("|")[0] for p in definition.get("targetProfile", ())),
        tuple(definition.get("aggregation", ())),
    )
