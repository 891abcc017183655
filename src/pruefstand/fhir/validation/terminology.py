"""Code systems and value sets, expanded from what the packages contain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pruefstand.fhir.packages.library import Definitions
from pruefstand.fhir.path.tree import Node

Json = Mapping[str, Any]
Codes = frozenset[str]
Parents = dict[str, str | None]
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Expansion:
    """Codes by system, None for a system whose codes are not at hand."""

    systems: dict[str, Codes | None]
    complete: bool

    def contains(self, system: str | None, code: str) -> bool | None:
        """Return whether the code belongs to the set; None when that cannot be decided."""
        otherwise = False if self.complete else None
        if system is None:
            if any(codes and code in codes for codes in self.systems.values()):
                return True
            return None if None in self.systems.values() else otherwise
        if system not in self.systems:
            return otherwise
        codes = self.systems[system]
        if codes is None:
            return None
        return True if code in codes else otherwise


class Terminology:
    """Answers whether a code exists, and whether it is in a value set."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._systems: dict[str, Parents | None] = {}
        self._expansions: dict[str, Expansion | None] = {}

    def parents(self, system: str) -> Parents | None:
        """Return every code of a system with its parent; None when the codes are not at hand."""
        if system not in self._systems:
            definition = self._definitions.get("CodeSystem", system)
            known = (
                definition
                if definition and definition.get("content", "complete") == "complete"
                else None
            )
            concepts = known.get("concept") if known else None
            self._systems[system] = dict(_tree(concepts, None)) if concepts else None
        return self._systems[system]

    def expansion(self, url: str) -> Expansion | None:
        """Return the expansion of a value set; None when it is unknown."""
        return self._expand(url.partition("|")[0], 0)

    def _expand(self, url: str, depth: int) -> Expansion | None:
        if url not in self._expansions:
            definition = self._definitions.get("ValueSet", url)
            usable = definition is not None and depth < _DEEPEST
            self._expansions[url] = self._build(definition, depth) if usable else None
        return self._expansions[url]

    def _build(self, definition: Json | None, depth: int) -> Expansion | None:
        compose = definition.get("compose") if definition else None
        if not definition or not compose:
            return _stored(definition or {})
        total = Expansion({}, True)
        for include in compose.get("include", ()):
            total = _united(total, self._include(include, depth))
        for exclude in compose.get("exclude", ()):
            total = _without(total, self._include(exclude, depth))
        return total

    def _include(self, include: Json, depth: int) -> Expansion:
        system = include.get("system")
        found = self._of_system(system, include) if system else None
        joined = Expansion({}, True)
        for address in include.get("valueSet", ()):
            nested = self._expand(address.partition("|")[0], depth + 1)
            joined = _united(joined, nested or Expansion({}, False))
        if found is None:
            return joined
        return _common(found, joined) if include.get("valueSet") else found

    def _of_system(self, system: str, include: Json) -> Expansion:
        if "concept" in include:
            return Expansion({system: frozenset(c["code"] for c in include["concept"])}, True)
        parents = self.parents(system)
        if parents is None:
            return Expansion({system: None}, not include.get("filter"))
        codes, complete = frozenset(parents), True
        for one in include.get("filter", ()):
            chosen = _filtered(parents, one)
            complete = complete and chosen is not None
            codes &= codes if chosen is None else chosen
        return Expansion({system: codes}, complete)

    def contains(self, value_set: str, system: str | None, code: str) -> bool | None:
        """Return whether a code is in a value set; None when that cannot be decided."""
        expansion = self.expansion(value_set)
        return expansion.contains(system, code) if expansion else None

    def holds(self, value_set: str, node: Node) -> bool | None:
        """Return whether the code in `node` is in a value set; None when undecidable."""
        if node.type == "CodeableConcept":
            if self.expansion(value_set) is None:
                return None
            codings = node.children.get("coding", ())
            # A coding without code or system is in no value set.
            whole = (c for c in codings if c.text("code") and c.text("system"))
            answers = [self.holds(value_set, c) for c in whole]
            if True in answers:
                return True
            return None if None in answers else False
        if node.type in ("Coding", "Quantity"):
            # Alone, a coding without code or system is not looked up.
            system, code = node.text("system"), node.text("code")
            return self.contains(value_set, system, code) if system and code else None
        return None if node.value is None else self.contains(value_set, None, node.value)


def _tree(concepts: list[Json], parent: str | None) -> Iterator[tuple[str, str | None]]:
    for concept in concepts:
        yield concept["code"], parent
        yield from _tree(concept.get("concept", []), concept["code"])


def _stored(definition: Json) -> Expansion | None:
    contains = definition.get("expansion", {}).get("contains")
    if not contains:
        return Expansion({}, False)
    systems: dict[str, set[str]] = {}
    waiting = list(contains)
    while waiting:
        one = waiting.pop()
        waiting.extend(one.get("contains", ()))
        if "code" in one:
            systems.setdefault(one.get("system", ""), set()).add(one["code"])
    return Expansion({name: frozenset(codes) for name, codes in systems.items()}, True)


def _filtered(parents: Parents, one: Json) -> Codes | None:
    if one["op"] == "is-a" and one["property"] == "concept":
        return frozenset(code for code in parents if one["value"] in _lineage(parents, code))
    if one["op"] == "regex" and one["property"] in ("code", "concept"):
        return frozenset(code for code in parents if re.fullmatch(one["value"], code))
    return None


def _lineage(parents: Parents, code: str) -> Iterator[str]:
    current: str | None = code
    while current is not None:
        yield current
        current = parents.get(current)


def _united(a: Expansion, b: Expansion) -> Expansion:
    systems = dict(a.systems)
    for name, codes in b.systems.items():
        have = systems.get(name, frozenset())
        systems[name] = None if have is None or codes is None else have | codes
    return Expansion(systems, a.complete and b.complete)


def _without(a: Expansion, b: Expansion) -> Expansion:
    systems = {
        name: codes - (b.systems.get(name) or frozenset()) if codes is not None else None
        for name, codes in a.systems.items()
    }
    return Expansion(systems, a.complete)


def _common(a: Expansion, b: Expansion) -> Expansion:
    systems: dict[str, Codes | None] = {}
    for name in a.systems.keys() & b.systems.keys():
        x, y = a.systems[name], b.systems[name]
        systems[name] = y if x is None else x if y is None else x & y
    return Expansion(systems, a.complete and b.complete)
