"""What reading FHIR XML and FHIR JSON into the typed tree have in common."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, Protocol

from pruefstand.fhir.path.tree import INTEGERS, PRIMITIVES, Node
from pruefstand.fhir.validation.catalogue import Catalogue
from pruefstand.fhir.validation.elements import STRUCTURE
from pruefstand.fhir.validation.findings import Finding, Severity

_WITH_SYSTEM = frozenset({"Identifier", "Coding"})
_ABSOLUTE = ("http:", "https:", "urn:")
_DATES = frozenset({"date", "dateTime", "instant"})
_ADDRESSES = frozenset({"uri", "url", "canonical", "oid", "uuid"})
NO_CONTENT = "ele-1"
"""The rule of R4 that an element has a value or children."""
_NO_BREAK = "\u00a0\u2007\u202f"
# The oracle wants the digits of a UUID in lower case.
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(#.*)?\Z")
# The oracle wants the last dot of an OID behind its fifth character, but for two of GS1.
_OID = re.compile(r"urn:oid:(?=.{5,}\.|1\.3\.(?:160|88)\Z)[0-2](\.(0|[1-9][0-9]*))+\Z")
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
        self._ids: dict[tuple[int, str], Node] = {}

    def is_resource(self, name: str) -> bool:
        """Return whether R4 knows a resource called `name`."""
        structure = self.catalogue.profile(STRUCTURE + name) if name else None
        return structure is not None and "id" in self.catalogue.children_of(name)

    def complain(
        self,
        kind: str,
        node: Node,
        found: str = "",
        *,
        at: Place | None = None,
        expected: str = "",
        rule: str = "",
        severity: Severity = "error",
    ) -> None:
        """Report a finding at `node`, or at the place `at` inside it."""
        line, column = (at.line, at.column) if at is not None else (node.line, node.column)
        self._report(
            Finding(kind, rule or kind, severity, node.path, line, expected, found, column=column)
        )

    def note_id(self, node: Node, text: str) -> None:
        """Take the id of an element or contained resource: it is unique within its resource."""
        scope = outermost(node.resource)
        known = self._ids.setdefault((id(scope), text), node)
        if known is not node:
            self.complain("duplicate-id", node, text)

    def finish_contained(self, resource: Node) -> None:
        """Check that a contained resource has an id of its own."""
        if resource.name != "contained":
            return
        own = resource.text("id")
        if own:
            self.note_id(resource, own)
        elif "id" not in resource.children:
            self.complain("minimum", resource, "–", expected="id")

    def finish(self, node: Node) -> None:
        """Check a node that has got all its content."""
        if node.type in PRIMITIVES:
            self._finish_primitive(node)
        elif not node.ordered:
            self.complain("empty", node, rule=NO_CONTENT)
        elif node.type in _WITH_SYSTEM:
            self._finish_system(node)

    def _finish_primitive(self, node: Node) -> None:
        value = node.value
        if value is None:
            # The id of a resource cannot be absent for a reason.
            if "extension" not in node.children or node.name == "id":
                self.complain("empty", node, rule=NO_CONTENT)
            return
        reads = self._reads.get(node.type)
        if reads is None:
            pattern = self.catalogue.pattern(node.type)
            reads = self._reads[node.type] = lexical(node.type, pattern)
        if not reads(value):
            # The oracle only wonders about white space alone, but for an id.
            mild = is_blank(value) and node.name != "id"
            severity: Severity = "warning" if mild else "error"
            self.complain("primitive", node, value, expected=node.type, severity=severity)

    def _finish_system(self, node: Node) -> None:
        system = node.text("system")
        if not is_absolute(system):
            self.complain("system", node, system or "", expected="http…, urn:…")
        value = node.text("value") if system == _RFC3986 else None
        if value and not _SCHEME.match(value):
            self.complain("primitive", node, value, expected="URI")


def is_blank(value: str) -> bool:
    """Return whether `value` is white space alone; a space that keeps words together is not."""
    return value.isspace() and not any(space in value for space in _NO_BREAK)


def outermost(resource: Node) -> Node:
    """Return the resource that `resource` is contained in, or itself."""
    while resource.name == "contained" and resource.parent is not None:
        resource = resource.parent.resource
    return resource


def is_absolute(system: str | None) -> bool:
    """Return whether the system of an identifier or code, if any, is no local reference."""
    return not system or system.startswith(_ABSOLUTE)


def lexical(type_name: str, pattern: re.Pattern[str] | None) -> Callable[[str], bool]:
    """Return the test of a primitive's text: the form, and whether the value exists.

    The day in its month, the integer in 32 bits.
    """
    possible = _POSSIBLE.get(type_name, _is_anything)
    if pattern is None:
        return lambda value: bool(value) and possible(value)
    match = pattern.match
    return lambda value: bool(value) and match(value) is not None and possible(value)


def _is_anything(_value: str) -> bool:
    return True


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
    return True


def _is_address(value: str) -> bool:
    if value.startswith("urn:uuid:"):
        return _UUID.match(value) is not None
    if value.startswith("urn:oid:"):
        return _OID.match(value) is not None
    return not value.startswith(_FOREIGN_PREFIXES)


_POSSIBLE = {
    "string": _is_short,
    **dict.fromkeys(INTEGERS, _is_integer),
    **dict.fromkeys(_DATES, _is_day),
    **dict.fromkeys(_ADDRESSES, _is_address),
}
"""Type → what a well-formed value must also be."""


def by_order(nodes: list[tuple[int, Any]]) -> list[Any]:
    """Return nodes in the order of their definition, repetitions as they came."""
    return [node for _, node in sorted(nodes, key=lambda pair: pair[0])]
