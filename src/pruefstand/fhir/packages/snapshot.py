"""Snapshots from differentials, for packages that are published without them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pruefstand.fhir.packages.amendments import AMENDMENTS

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
_DEEPEST = 40
_PLACE = ("id", "path", "sliceName")
_OWN_CHILDREN = frozenset({"BackboneElement", "Element"})

Json = dict[str, Any]
Lookup = Callable[[str], Json | None]
"""Address of a structure → its trimmed definition, None when unknown."""


class SnapshotProblem(ValueError):
    """A differential does not fit its base, or the base is not at hand."""


@dataclass(slots=True)
class Part:
    """An element with what hangs on it; `slice` is the name of the slice it is, if any."""

    name: str
    slice: str | None
    definition: Json
    children: list[Part] = field(default_factory=list)
    slices: list[Part] = field(default_factory=list)
    origin: Part | None = None
    """The element as the base has it, of which slices are made."""

    @property
    def is_choice(self) -> bool:
        """Whether the element may have several types."""
        return self.name.endswith("[x]")

    def child(self, name: str) -> Part | None:
        """Return the child called `name`, also under its name with a type (`valueCoding`)."""
        for child in self.children:
            if child.name == name:
                return child
        for child in self.children:
            stem = child.name[:-3]
            if child.is_choice and name.startswith(stem) and name[len(stem) :][:1].isupper():
                return child
        return None

    def sliced(self, name: str) -> Part | None:
        """Return the slice called `name`."""
        return next((one for one in self.slices if one.slice == name), None)

    def copied(self, slice_name: str | None) -> Part:
        """Return an independent copy that bears the name of a slice."""
        definition = {k: v for k, v in self.definition.items() if k != "sliceName"}
        return Part(
            self.name,
            slice_name,
            definition,
            [child.copied(child.slice) for child in self.children],
            [one.copied(one.slice) for one in self.slices],
        )


def tree_of(elements: Sequence[Json]) -> Part:
    """Return the elements of a snapshot as a tree, by their ids."""
    root = Part(elements[0]["path"], None, elements[0])
    known = {_identifier(elements[0]): root}
    for definition in elements[1:]:
        identifier = _identifier(definition)
        above, _, last = identifier.rpartition(".")
        name, _, slice_name = last.partition(":")
        part = Part(name, slice_name or None, definition)
        known[identifier] = part
        owner = known[f"{above}.{name}"] if slice_name else known[above]
        (owner.slices if slice_name else owner.children).append(part)
    return root


def _identifier(definition: Json) -> str:
    identifier: str = definition.get("id") or definition["path"]
    return identifier


def elements_of(root: Part) -> Iterator[Json]:
    """Yield the elements below `root` in the order of a snapshot."""
    yield from _flat(root, root.name, root.name)


def _flat(part: Part, identifier: str, path: str) -> Iterator[Json]:
    definition = {k: v for k, v in part.definition.items() if k not in _PLACE}
    unsliced = identifier.rpartition(":")[0] if part.slice else identifier
    place: Json = {"id": identifier, "path": path}
    if definition.get("contentReference", "").startswith("#"):
        # The oracle's snapshots refer to the element of the type, not to the profile's own.
        base = STRUCTURE + definition["contentReference"][1:].partition(".")[0]
        definition["contentReference"] = base + definition["contentReference"]
    if part.slice:
        place["sliceName"] = part.slice
    yield place | definition
    for child in part.children:
        yield from _flat(child, f"{identifier}.{child.name}", f"{path}.{child.name}")
    for one in part.slices:
        yield from _flat(one, f"{unsliced}:{one.slice}", path)


class Snapshots:
    """Makes snapshots of structures found by `lookup`; each is made once."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._made: dict[str, list[Json]] = {}
        self._making: list[str] = []

    def of(self, url: str) -> list[Json]:
        """Return the elements of the structure at `url`; raises SnapshotProblem."""
        address = url.partition("|")[0]
        if address not in self._made:
            structure = self._lookup(address)
            if structure is None:
                raise SnapshotProblem(f"{address} ist nicht in den Paketen")
            if address in self._making or len(self._making) > _DEEPEST:
                raise SnapshotProblem(f"{address} beruht auf sich selbst")
            self._making.append(address)
            try:
                self._made[address] = structure["elements"] or self._generated(structure)
            finally:
                self._making.pop()
        return self._made[address]

    def _generated(self, structure: Json) -> list[Json]:
        if not structure.get("base"):
            raise SnapshotProblem(f"{structure['url']} hat weder Snapshot noch Basis")
        root = tree_of(self.of(structure["base"]))
        key = (structure["url"], structure.get("version", ""))
        differential = (*structure.get("differential", ()), *AMENDMENTS.get(key, ()))
        for definition in differential:
            self._apply(root, definition)
        _settle_choices(root, frozenset(map(_identifier, differential)))
        return list(elements_of(root))

    def _apply(self, root: Part, definition: Json) -> None:
        part = root
        for step in _identifier(definition).split(".")[1:]:
            name, _, slice_name = step.partition(":")
            part = self._below(part, name)
            pieces = slice_name.split("/") if slice_name else []
            for depth in range(len(pieces)):
                part = _slice(part, "/".join(pieces[: depth + 1]))
        self._merge(part, definition)

    def _below(self, part: Part, name: str) -> Part:
        if not part.children:
            part.children = self._children_of(part)
        child = part.child(name)
        if child is None:
            raise SnapshotProblem(f"{part.name} hat kein Element {name}")
        return child if child.name == name else _slice(child, name)

    def _children_of(self, part: Part) -> list[Part]:
        reference = part.definition.get("contentReference")
        if reference:
            address, _, identifier = reference.rpartition("#")
            base = address or STRUCTURE + identifier.partition(".")[0]
            found = _find(tree_of(self.of(base)), identifier)
            part.definition = {k: v for k, v in part.definition.items() if k != "contentReference"}
            part.definition["type"] = found.definition["type"]
            return found.children
        types = part.definition.get("type", ())
        if len(types) == 1 and types[0]["code"] not in _OWN_CHILDREN:
            return tree_of(self._type(types[0])).children
        return tree_of(self.of(STRUCTURE + "Element")).children

    def _type(self, reference: Json) -> list[Json]:
        profiles = [p.partition("|")[0] for p in reference.get("profile", ())]
        # A profile that is not at hand is found missing when an instance has the element.
        if len(profiles) == 1 and self._lookup(profiles[0]):
            return self.of(profiles[0])
        code = reference["code"]
        return self.of(code if ":" in code else STRUCTURE + code)

    def _is_resource(self, url: str) -> bool:
        structure = self._lookup(url.partition("|")[0])
        return structure is not None and structure.get("kind") == "resource"

    def _merge(self, part: Part, definition: Json) -> None:
        if "slicing" in definition and part.origin is None and not part.slices:
            part.origin = part.copied(None)
        inherited = part.definition
        constraints = inherited.get("constraint", ())
        types = definition.get("type", ())
        if len(types) == 1 and len(types[0].get("profile", ())) == 1:
            profile = self._type(types[0])[0]
            if not self._is_resource(types[0]["profile"][0]):
                constraints = _joined(profile.get("constraint", ()), constraints)
            if part.slice and types[0]["code"] == "Extension":
                inherited = inherited | {"max": profile["max"]}
        merged = inherited | definition
        merged["constraint"] = _joined(constraints, definition.get("constraint", ()))
        if "binding" in definition:
            merged["binding"] = inherited.get("binding", {}) | definition["binding"]
        part.definition = merged


def _slice(part: Part, name: str) -> Part:
    found = part.sliced(name)
    if found is None:
        if "slicing" not in part.definition:
            part.definition = part.definition | {"slicing": _usual_slicing(part)}
        found = (part.origin or part).copied(name)
        found.slices = []
        found.definition.pop("slicing", None)
        found.definition["min"] = 0
        if part.is_choice:
            wanted = name.removeprefix(part.name[:-3]).lower()
            found.definition["type"] = _types(found, lambda code: code.lower() == wanted)
        part.slices.append(found)
    return found


def _usual_slicing(part: Part) -> Json:
    kind, path = ("type", "$this") if part.is_choice else ("value", "url")
    return {"discriminator": [{"type": kind, "path": path}], "ordered": False, "rules": "open"}


def _types(part: Part, wanted: Callable[[str], bool]) -> list[Json]:
    types: list[Json] = part.definition.get("type", [])
    return [one for one in types if wanted(one["code"])] or types


def _settle_choices(root: Part, named: frozenset[str]) -> None:
    """Leave only the types that new slices of a choice leave possible, as the oracle does."""
    for identifier, part in _choices(root, root.name):
        new = [one for one in part.slices if named & _names(identifier, one)]
        if new:
            _settle(part, new, alone=identifier not in named)


def _choices(part: Part, identifier: str) -> Iterator[tuple[str, Part]]:
    for child in part.children:
        below = f"{identifier}.{child.name}"
        if child.is_choice and child.slices:
            yield below, child
        yield from _choices(child, below)
        for one in child.slices:
            yield from _choices(one, f"{below}:{one.slice}")


def _names(choice: str, one: Part) -> frozenset[str]:
    return frozenset((f"{choice}:{one.slice}", f"{choice.rpartition('.')[0]}.{one.slice}"))


def _settle(part: Part, new: Sequence[Part], *, alone: bool) -> None:
    sliced = _codes(part.slices)
    forced = _codes([one for one in new if one.definition["min"]])
    definition = dict(part.definition)
    if forced or alone:
        definition["type"] = _types(part, (forced or sliced).__contains__)
    if sliced >= {one["code"] for one in definition.get("type", ())}:
        definition["slicing"] = definition["slicing"] | {"rules": "closed"}
    part.definition = definition


def _codes(parts: Sequence[Part]) -> set[str]:
    return {one["code"] for part in parts for one in part.definition.get("type", ())}


def _joined(first: Sequence[Json], second: Sequence[Json]) -> list[Json]:
    by_key = {one["key"]: one for one in first}
    for one in second:
        by_key[one["key"]] = by_key.get(one["key"], {}) | one
    return list(by_key.values())


def _find(root: Part, identifier: str) -> Part:
    part: Part | None = root
    for name in identifier.split(".")[1:]:
        part = part.child(name) if part else None
    if part is None:
        raise SnapshotProblem(f"{root.name} hat kein Element {identifier}")
    return part
