"""FHIR XML to the typed tree, by the tables of R4; what does not fit becomes a finding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from lxml import etree

from pruefstand.fhir.path.tree import INTEGERS, PRIMITIVES, Node
from pruefstand.fhir.validation.catalogue import Catalogue, ChildType
from pruefstand.fhir.validation.elements import STRUCTURE
from pruefstand.fhir.validation.findings import Finding
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse

_FHIR = f"{{{NAMESPACE}}}"
_XHTML_DIV = "{http://www.w3.org/1999/xhtml}div"
_DEEPEST = 120

_WITH_SYSTEM = frozenset({"Identifier", "Coding"})
_ABSOLUTE = ("http:", "https:", "urn:")
_DATES = frozenset({"date", "dateTime", "instant"})
_DAY = len("2026-11-23")
_LARGEST_INTEGER = 2**31 - 1

Report = Callable[[Finding], None]


class Reader:
    """Reads one document; `report` takes what does not fit."""

    def __init__(self, catalogue: Catalogue, report: Report) -> None:
        self._catalogue = catalogue
        self._report = report

    def read(self, data: bytes) -> Node:
        """Return the tree of a resource; raises FhirSyntaxProblem when there is none."""
        element = safe_parse(data)
        name = _local(element)
        if not element.tag.startswith(_FHIR) or not self._is_resource(name):
            raise FhirSyntaxProblem(f"{name} ist keine FHIR-Ressource", line=_line(element))
        root = Node(name, name, name, None, _line(element))
        self._fill(root, element, 0)
        return root

    def _is_resource(self, name: str) -> bool:
        structure = self._catalogue.profile(STRUCTURE + name)
        return structure is not None and "id" in self._catalogue.children_of(name)

    def _complain(
        self, kind: str, node: Node, found: str = "", line: int = 0, expected: str = ""
    ) -> None:
        at = line or node.line
        self._report(Finding(kind, kind, "error", node.path, at, expected, found))

    def _fill(self, node: Node, element: etree._Element, depth: int) -> None:
        if depth > _DEEPEST:
            raise FhirSyntaxProblem("zu tief verschachtelt", line=_line(element))
        table = self._catalogue.children_of(node.key)
        if element.attrib:
            self._attributes(node, element, table)
        if element.text and not element.text.isspace():
            self._complain("text", node, element.text)
        last = -1
        for child in element:
            if child.tail and not child.tail.isspace():
                self._complain("text", node, child.tail)
            if not isinstance(child.tag, str):
                continue
            kind = self._kind(node, child, table)
            if kind is None:
                continue
            if kind.order < last:
                self._complain("order", node, kind.name, _line(child))
            last = max(last, kind.order)
            self._child(node, child, kind, depth)

    def _kind(
        self, node: Node, child: etree._Element, table: dict[str, ChildType]
    ) -> ChildType | None:
        tag = child.tag
        if tag.startswith(_FHIR):
            kind = table.get(tag[len(_FHIR) :])
        else:
            kind = table.get("div") if tag == _XHTML_DIV else None
        if kind is None:
            self._complain("unknown-element", node, _local(child), _line(child))
        return kind

    def _attributes(self, node: Node, element: etree._Element, table: dict[str, ChildType]) -> None:
        for key, value in element.attrib.items():
            name, text = str(key), str(value)
            if name == "value" and node.type in PRIMITIVES:
                node.value = text
            elif name in ("id", "url") and name in table:
                kind = table[name]
                attribute = Node(name, kind.type, kind.key, node, node.line)
                attribute.value = text
                node.add(attribute)
            elif not name.startswith("{"):
                self._complain("unknown-attribute", node, name)

    def _child(self, node: Node, element: etree._Element, kind: ChildType, depth: int) -> None:
        if kind.type == "Resource":
            self._contained(node, element, kind, depth)
            return
        child = Node(kind.name, kind.type, kind.key, node, _line(element))
        node.add(child)
        if kind.type == "xhtml":
            child.value = etree.tostring(element, encoding="unicode", with_tail=False)
            return
        self._fill(child, element, depth + 1)
        if kind.type in PRIMITIVES:
            self._primitive(child)
        elif not child.ordered:
            self._complain("empty", child)
        elif kind.type in _WITH_SYSTEM and not is_absolute(child.text("system")):
            self._complain("system", child, child.text("system") or "", expected="http…, urn:…")

    def _primitive(self, node: Node) -> None:
        if node.value is None:
            if "extension" not in node.children:
                self._complain("empty", node)
            return
        pattern = self._catalogue.pattern(node.type)
        fits = bool(node.value) and (pattern is None or bool(pattern.match(node.value)))
        if not fits or not is_possible(node.type, node.value):
            self._complain("primitive", node, node.value, expected=node.type)

    def _contained(self, node: Node, element: etree._Element, kind: ChildType, depth: int) -> None:
        inside = [child for child in element if isinstance(child.tag, str)]
        name = _local(inside[0]) if len(inside) == 1 else ""
        if not name or not self._is_resource(name):
            self._complain("unknown-element", node, name or kind.name, _line(element))
            return
        child = Node(kind.name, name, name, node, _line(inside[0]))
        child.resource = child
        node.add(child)
        self._fill(child, inside[0], depth + 2)


def is_absolute(system: str | None) -> bool:
    """Return whether the system of an identifier or code, if any, is no local reference."""
    return not system or system.startswith(_ABSOLUTE)


def is_possible(type_name: str, value: str) -> bool:
    """Return whether a well-formed value exists: the day in its month, the integer in 32 bits."""
    if type_name in INTEGERS:
        # A 32-bit number has at most ten digits and a sign; longer text is not worth converting.
        return len(value) <= 11 and abs(int(value)) <= _LARGEST_INTEGER
    if type_name in _DATES and len(value) >= _DAY:
        try:
            date.fromisoformat(value[:_DAY])
        except ValueError:
            return False
    return True


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _line(element: etree._Element) -> int:
    line = element.sourceline
    return line if isinstance(line, int) else 1
