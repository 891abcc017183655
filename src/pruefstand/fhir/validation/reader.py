"""What reading FHIR XML and FHIR JSON into the typed tree have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

from pruefstand.fhir.path.tree import INTEGERS, PRIMITIVES, Node
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import STRUCTURE
from pruefstand.fhir.validation.findings import Finding

_WITH_SYSTEM = frozenset({"Identifier", "Coding"})
_ABSOLUTE = ("http:", "https:", "urn:")
_DATES = frozenset({"date", "dateTime", "instant"})
_ADDRESSES = frozenset({"uri", "url", "canonical", "oid", "uuid"})
# The oracle wants the digits of a UUID in lower case.
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(#.*)?\Z")
_OID = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+\Z")
_FOREIGN_PREFIXES = ("oid:", "uuid:")
_DAY = len("2026-11-23")
_LARGEST_INTEGER = 2**31 - 1
_LONGEST_TEXT = 2**20
_RFC3986 = "urn:ietf:rfc:3986"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")

Report = Callable[[Finding], None]


class Place(Protocol):
    """Something with a place in a document."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column, from 1."""


class Source(Protocol):
    """A document whose syntax is known to be right."""

    def claims(self) -> list[str]:
        """Return `meta.profile` of the outermost resource, in order."""

    def read(self, catalogue: Catalogue, report: Report) -> Node:
        """Return the typed tree; raises FhirSyntaxProblem when it is no resource."""


class TreeBuilder:
    """Checks what both forms share; `report` takes what does not fit."""

    def __init__(self, catalogue: Catalogue, report: Report) -> None:
        self.catalogue = catalogue
        self._report = report
        self._reads: dict[str, Callable[[str], bool]] = {}

    def is_resource(self, name: str) -> bool:
        """Return whether R4 knows a resource called `name`."""
        structure = self.catalogue.profile(STRUCTURE + name) if name else None
        return structure is not None and "id" in self.catalogue.children_of(name)

    def complain(
        self, kind: str, node: Node, found: str = "", *, at: Place | None = None, expected: str = ""
    ) -> None:
        """Report a finding at `node`, or at the place `at` inside it."""
        line, column = (at.line, at.column) if at is not None else (node.line, node.column)
        self._report(Finding(kind, kind, "error", node.path, line, expected, found, column=column))

    def finish(self, node: Node) -> None:
        """Check a node that has got all its content."""
        if node.type in PRIMITIVES:
            self._finish_primitive(node)
        elif not node.ordered:
            self.complain("empty", node)
        elif node.type in _WITH_SYSTEM:
            self._finish_system(node)

    def _finish_primitive(self, node: Node) -> None:
        value = node.value
        if value is None:
            if "extension" not in node.children:
                self.complain("empty", node)
            return
        reads = self._reads.get(node.type)
        if reads is None:
            pattern = self.catalogue.pattern(node.type)
            reads = self._reads[node.type] = _lexical(node.type, pattern)
        if not reads(value):
            self.complain("primitive", node, value, expected=node.type)

    def _finish_system(self, node: Node) -> None:
        system = node.text("system")
        if not is_absolute(system):
            self.complain("system", node, system or "", expected="http…, urn:…")
        value = node.text("value") if system == _RFC3986 else None
        if value and not _SCHEME.match(value):
            self.complain("primitive", node, value, expected="URI")


def is_absolute(system: str | None) -> bool:
    """Return whether the system of an identifier or code, if any, is no local reference."""
    return not system or system.startswith(_ABSOLUTE)


def _lexical(type_name: str, pattern: re.Pattern[str] | None) -> Callable[[str], bool]:
    possible = _POSSIBLE.get(type_name, _is_short)
    if pattern is None:
        return lambda value: bool(value) and possible(value)
    match = pattern.match
    return lambda value: bool(value) and match(value) is not None and possible(value)


def is_possible(type_name: str, value: str) -> bool:
    """Return whether a well-formed value exists: the day in its month, the integer in 32 bits."""
    return _POSSIBLE.get(type_name, _is_short)(value)


def _is_short(value: str) -> bool:
    return len(value) <= _LONGEST_TEXT


def _is_integer(value: str) -> bool:
    # A 32-bit number has at most ten digits and a sign; longer text is not worth converting.
    return len(value) <= 11 and abs(int(value)) <= _LARGEST_INTEGER


def _is_day(value: str) -> bool:
    if len(value) >= _DAY:
        try:
            date.fromisoformat(value[:_DAY])
        except ValueError:
            return False
    return _is_short(value)


def _is_address(value: str) -> bool:
    if value.startswith("urn:uuid:"):
        return _UUID.match(value) is not None
    if value.startswith("urn:oid:"):
        return _OID.match(value) is not None
    return not value.startswith(_FOREIGN_PREFIXES)


_POSSIBLE = {
    **dict.fromkeys(INTEGERS, _is_integer),
    **dict.fromkeys(_DATES, _is_day),
    **dict.fromkeys(_ADDRESSES, _is_address),
}
"""Type → what a well-formed value must also be; any other is only not too long."""


def by_order(nodes: list[tuple[int, Any]]) -> list[Any]:
    """Return nodes in the order of their definition, repetitions as they came."""
    return [node for _, node in sorted(nodes, key=lambda pair: pair[0])]
