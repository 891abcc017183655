"""Compiled profiles, the tables of types and the patterns of primitives."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial

from pruefstand.fhir.packages.library import Definitions, MissingPackage
from pruefstand.fhir.packages.snapshot import SnapshotProblem, Snapshots
from pruefstand.fhir.syntax import NAMESPACE
from pruefstand.fhir.validation.elements import STRUCTURE, Element, Profile, profile_of

_XHTML = "http://www.w3.org/1999/xhtml"
# R4 words base64Binary so that a search for it can take exponential time. Like the oracle this
# form lets white space stand anywhere, not only between groups of four.
_LINEAR = {"base64Binary": r"\s*(?:(?:[0-9a-zA-Z+/=]\s*){4})+"}


@dataclass(frozen=True, slots=True)
class ChildType:
    """What a child element of a type is: its name without type, its type, place and number."""

    name: str
    type: str
    key: str
    order: int
    many: bool


class Catalogue:
    """Structures by address, compiled when first asked for."""

    def __init__(self, definitions: Definitions) -> None:
        self._definitions = definitions
        self._snapshots = Snapshots(partial(definitions.get, "StructureDefinition"))
        self._profiles: dict[str, Profile | None] = {}
        self._tables: dict[str, dict[str, ChildType]] = {}
        self._tags: dict[tuple[str, bool], dict[str, ChildType]] = {}
        self._patterns: dict[str, re.Pattern[str] | None] = {}

    def profile(self, url: str) -> Profile | None:
        """Return the profile at `url`, with or without a version; None when unknown.

        Raises MissingPackage when it builds on a structure that is not at hand.
        """
        profiles = self._profiles
        if url in profiles:
            return profiles[url]
        address = url.partition("|")[0]
        if address not in profiles:
            profiles[address] = self._compile(address)
        return profiles[address]

    def _compile(self, address: str) -> Profile | None:
        structure = self._definitions.get("StructureDefinition", address)
        if structure is None:
            return None
        if structure["elements"]:
            return profile_of(structure)
        try:
            return profile_of({**structure, "elements": self._snapshots.of(address)})
        except SnapshotProblem as problem:
            raise MissingPackage(
                f"nicht entscheidbar: kein Snapshot für {address}: {problem}",
                hint="pruefstand specs list zeigt, welches Paket fehlt",
            ) from None

    def is_base(self, url: str) -> bool:
        """Return whether FHIR R4 itself defines `url`."""
        return self._definitions.is_base(url)

    def children_of(self, key: str) -> dict[str, ChildType]:
        """Return what may stand below the type or backbone element `key`, by XML name."""
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = self._table(key)
        return table

    def tags_of(self, key: str, *, whole: bool) -> dict[str, ChildType]:
        """Return what may stand below `key` as an XML element, by namespace and name.

        `whole` tells that `key` is a resource: elsewhere an id is an attribute.
        """
        table = self._tags.get((key, whole))
        if table is None:
            attributes = () if whole else ("id", "url") if key == "Extension" else ("id",)
            table = self._tags[key, whole] = {
                f"{_XHTML if child.type == 'xhtml' else NAMESPACE} {name}": child
                for name, child in self.children_of(key).items()
                if child.name not in attributes
            }
        return table

    def _table(self, key: str) -> dict[str, ChildType]:
        base = self.profile(STRUCTURE + key.partition(".")[0])
        element = base.by_id.get(key) if base and not base.constrains else None
        if element is None:
            return {}
        if element.reference:
            return self.children_of(element.reference.rpartition("#")[2])
        table = {name: child for c in element.children for name, child in _child_types(c)}
        if "meta" in table and "." not in key:
            # R4 calls the id of a resource a string by mistake; its form is that of an id.
            table["id"] = replace(table["id"], type="id", key="id")
        return table

    def pattern(self, type_name: str) -> re.Pattern[str] | None:
        """Return the pattern of a primitive type."""
        if type_name not in self._patterns:
            self._patterns[type_name] = self._read_pattern(type_name)
        return self._patterns[type_name]

    def _read_pattern(self, type_name: str) -> re.Pattern[str] | None:
        structure = self._definitions.get("StructureDefinition", STRUCTURE + type_name)
        for element in structure["elements"] if structure else ():
            if not element["path"].endswith(".value"):
                continue
            for one in element.get("type", ()):
                for extension in one.get("extension", ()):
                    if extension["url"].endswith("/regex"):
                        # FHIR means ASCII classes: a no-break space is no white space.
                        pattern = _LINEAR.get(type_name, extension["valueString"])
                        return re.compile(f"(?s:{pattern})\\Z", re.ASCII)
        return None


def _child_types(element: Element) -> list[tuple[str, ChildType]]:
    name, order, many = element.name, element.order, element.maximum > 1
    if element.is_choice:
        codes = [t.code for t in element.types]
        return [(name + c[0].upper() + c[1:], ChildType(name, c, c, order, many)) for c in codes]
    if element.reference:
        key = element.reference.rpartition("#")[2]
        return [(name, ChildType(name, "BackboneElement", key, order, many))]
    code = element.types[0].code if element.types else ""
    key = element.id if code in ("BackboneElement", "Element") else code
    return [(name, ChildType(name, code, key, order, many))]
