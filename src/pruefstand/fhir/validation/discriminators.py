"""Slicing: what decides whether an element belongs to a slice, made once per slice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pruefstand.fhir.path import FhirPathProblem, Step, compiled
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import STRUCTURE, Element
from pruefstand.fhir.validation.fit import fits, has_shape, text_of

_EXTENSION = re.compile(r"extension\('([^']+)'\)(?:\.(.*))?$")
_DEEPEST = 6
_BY_TYPE = {"type": "type", "path": "$this"}


class Judge(Protocol):
    """What a criterion asks of the running validation."""

    def items_at(self, node: Node, step: Step) -> list[Any]:
        """Return what `step` finds from `node`."""

    def conforms_to(self, node: Node, profile: str) -> bool:
        """Return whether `node` conforms to `profile`."""

    def holds_code(self, value_set: str, node: Node) -> bool:
        """Return whether the code in `node` is in `value_set`."""


class Criterion(Protocol):
    """One discriminator applied to one slice."""

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether `node` fulfils this criterion."""


@dataclass(frozen=True, slots=True)
class ByValue:
    """The element at a path has one of the constants; `True` with a constant means exactly."""

    step: Step
    constants: tuple[tuple[Any, bool], ...]

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether a constant is met."""
        found = judge.items_at(node, self.step)
        return any(
            fits(one, wanted, exactly=exactly)
            for one in found
            if type(one) is Node
            for wanted, exactly in self.constants
        )


@dataclass(frozen=True, slots=True)
class ByBinding:
    """The element at a path has a code of one of the value sets."""

    step: Step
    value_sets: tuple[str, ...]

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether a code is in a value set."""
        found = judge.items_at(node, self.step)
        return any(judge.holds_code(vs, one) for one in found for vs in self.value_sets)


@dataclass(frozen=True, slots=True)
class ByShape:
    """The element at a path meets the constants below the slice's definition."""

    step: Step
    elements: tuple[Element, ...]

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether the constants of one definition are met."""
        found = judge.items_at(node, self.step)
        definitions = [element for element in self.elements if element.children]
        return any(has_shape(one, element) for one in found for element in definitions)


@dataclass(frozen=True, slots=True)
class ByType:
    """The element at a path has one of the types."""

    step: Step
    types: frozenset[str]

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether the type is one of the slice's."""
        return any(one.type in self.types for one in judge.items_at(node, self.step))


@dataclass(frozen=True, slots=True)
class ByExistence:
    """The element at a path must, or must not, exist."""

    step: Step
    demanded: bool
    forbidden: bool

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether presence is as the slice wants it."""
        present = bool(judge.items_at(node, self.step))
        return not (self.demanded and not present) and not (self.forbidden and present)


@dataclass(frozen=True, slots=True)
class ByProfile:
    """The element at a path conforms to one of the profiles."""

    step: Step
    profiles: tuple[str, ...]

    def holds(self, node: Node, judge: Judge) -> bool:
        """Return whether one profile is met."""
        found = judge.items_at(node, self.step)
        return any(judge.conforms_to(one, profile) for one in found for profile in self.profiles)


def criteria_of(catalogue: Catalogue, sliced: Element, one: Element) -> tuple[Criterion, ...]:
    """Return the criteria of the slice `one` of `sliced`; none when nothing discriminates."""
    if one.criteria is None:
        discriminators = (sliced.slicing or {}).get("discriminator")
        if not discriminators and sliced.is_choice:
            discriminators = [_BY_TYPE]
        one.criteria = tuple(_criterion(catalogue, one, d) for d in discriminators or ())
    found: tuple[Criterion, ...] = one.criteria
    return found


@dataclass(frozen=True, slots=True)
class Lookup:
    """Slices that the text at one path tells apart: text → place of the first slice with it."""

    step: Step
    places: Mapping[str | None, int]

    def place_of(self, node: Node, judge: Judge) -> int | None:
        """Return the place of the slice `node` belongs to; None when it belongs to none."""
        places = self.places
        first: int | None = None
        for one in judge.items_at(node, self.step):
            place = places.get(one.value) if type(one) is Node else None
            if place is not None and (first is None or place < first):
                first = place
        return first


def lookup_of(catalogue: Catalogue, sliced: Element) -> Lookup | None:
    """Return the lookup for the slices of `sliced`; None when more than one text decides."""
    if sliced.lookup is None:
        sliced.lookup = (_lookup(catalogue, sliced),)
    found: Lookup | None = sliced.lookup[0]
    return found


def _lookup(catalogue: Catalogue, sliced: Element) -> Lookup | None:
    steps: set[Step] = set()
    places: dict[str | None, int] = {}
    for index, one in enumerate(sliced.slices):
        criteria = criteria_of(catalogue, sliced, one)
        if len(criteria) > 1:
            return None
        for criterion in criteria:
            if not isinstance(criterion, ByValue):
                return None
            steps.add(criterion.step)
            for wanted, _ in criterion.constants:
                if isinstance(wanted, dict):
                    return None
                places.setdefault(text_of(wanted), index)
    return Lookup(steps.pop(), places) if len(steps) == 1 else None


def _criterion(catalogue: Catalogue, one: Element, discriminator: dict[str, str]) -> Criterion:
    kind, path = discriminator["type"], discriminator["path"]
    try:
        step = compiled(path)
    except FhirPathProblem:
        step = compiled("{}")
    if kind == "profile":
        return ByProfile(step, _profiles_at(catalogue, one, path))
    found = elements_at(catalogue, one, path)
    if kind == "type":
        return ByType(step, frozenset(t.code for e in found for t in e.types))
    if kind == "exists":
        own = found[:1]
        return ByExistence(step, any(e.minimum for e in own), any(e.maximum == 0 for e in own))
    return _value_criterion(step, found)


def _value_criterion(step: Step, found: list[Element]) -> Criterion:
    constants = tuple(
        (e.fixed, True) if e.fixed is not None else (e.pattern, False) for e in found if e.constant
    )
    if constants:
        return ByValue(step, constants)
    value_sets = tuple(e.value_set for e in found if e.value_set)
    return ByBinding(step, value_sets) if value_sets else ByShape(step, tuple(found))


def _profiles_at(catalogue: Catalogue, one: Element, path: str) -> tuple[str, ...]:
    direct = re.sub(r"\.?resolve\(\)$", "", path)
    types = [t for e in elements_at(catalogue, one, direct or "$this")[:1] for t in e.types]
    return tuple(p for t in types for p in (t.profiles if direct == path else t.targets))


def elements_at(catalogue: Catalogue, start: Element, path: str, depth: int = 0) -> list[Element]:
    """Return the definitions below `start` that a discriminator path leads to."""
    if path in ("", "$this"):
        return [start]
    extension = _EXTENSION.match(path)
    if extension:
        return _below_extension(catalogue, start, extension[1], extension[2] or "", depth)
    first, _, rest = path.partition(".")
    if first == "$this" or first.startswith("ofType("):
        return elements_at(catalogue, start, rest, depth)
    if first.startswith("resolve("):
        targets = [p for t in start.types for p in t.targets]
        return _in_profiles(catalogue, targets, rest, depth)
    return _below(catalogue, start, path, depth)


def _below(catalogue: Catalogue, start: Element, path: str, depth: int) -> list[Element]:
    first, _, rest = path.partition(".")
    own: list[Element] = []
    for child in (c for c in start.children if c.name == first):
        direct = elements_at(catalogue, child, rest, depth)
        if not any(e.constant or e.value_set for e in direct):
            sliced = [e for s in child.slices for e in elements_at(catalogue, s, rest, depth)]
            direct = sliced if any(e.constant for e in sliced) else direct
        own.extend(direct)
    if any(e.constant for e in own):
        return own
    types = [p for t in start.types for p in t.profiles or (STRUCTURE + t.code,)]
    typed = _in_profiles(catalogue, types, path, depth)
    return typed if any(e.constant for e in typed) else own or typed


def _in_profiles(catalogue: Catalogue, urls: list[str], path: str, depth: int) -> list[Element]:
    if depth > _DEEPEST:
        return []
    found = (catalogue.profile(url) for url in urls)
    return [e for p in found if p for e in elements_at(catalogue, p.root, path, depth + 1)]


def _below_extension(
    catalogue: Catalogue, start: Element, url: str, rest: str, depth: int
) -> list[Element]:
    for one in _extension_slices(start):
        if any(url in t.profiles for t in one.types):
            return elements_at(catalogue, one, rest, depth)
    return []


def _extension_slices(start: Element) -> Iterator[Element]:
    for child in start.children:
        if child.name == "extension":
            yield from child.slices
