"""FHIR XML in which every value knows its bytes, so that one value can change and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from pruefstand.fhir.syntax import (
    NAMESPACE,
    FhirSyntaxProblem,
    refuse_dtd,
    refuse_foreign_encoding,
)

_TAG_NAME = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"\s+([^\s=]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DEEPEST = 100


@dataclass(slots=True, eq=False)
class Element:
    """An element; `start` and `end` are the bytes of its value attribute between the quotes."""

    name: str
    line: int
    parent: Element | None = field(repr=False)
    attributes: dict[str, str]
    start: int
    end: int
    place: int
    """Number among the siblings of the same name, from 0."""
    children: list[Element] = field(default_factory=list, repr=False)
    counts: dict[str, int] = field(default_factory=dict, repr=False)
    """How many children bear each name."""

    @property
    def value(self) -> str | None:
        """Return the value attribute, character references resolved."""
        return self.attributes.get("value")

    @property
    def path(self) -> str:
        """Return the way from the root, such as `Bundle.entry[1].resource`."""
        if self.parent is None:
            return self.name
        place = f"[{self.place}]" if self.parent.counts[self.name] > 1 else ""
        return f"{self.parent.path}.{self.name}{place}"

    def all(self, *names: str) -> list[Element]:
        """Return the descendants reached by following `names` downwards."""
        found = [self]
        for name in names:
            found = [child for node in found for child in node.children if child.name == name]
        return found

    def first(self, *names: str) -> Element | None:
        """Return the first of `all`."""
        return next(iter(self.all(*names)), None)

    def text(self, *names: str) -> str | None:
        """Return the value of the first of `all`."""
        found = self.first(*names)
        return None if found is None else found.value

    def extensions(self, url: str) -> list[Element]:
        """Return the extensions with `url`."""
        return [e for e in self.all("extension") if e.attributes.get("url") == url]

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, in document order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


def parse(data: bytes) -> Element:
    """Return the root of `data`; DTDs, foreign encodings and broken XML raise FhirSyntaxProblem."""
    refuse_foreign_encoding(data)
    refuse_dtd(data)
    reader = _Reader(data)
    try:
        return reader.read()
    except expat.ExpatError as error:
        text = expat.ErrorString(error.code)
        raise FhirSyntaxProblem(text, line=error.lineno, column=error.offset + 1) from None


def replace_values(data: bytes, changes: Iterable[tuple[Element, str]]) -> bytes:
    """Return `data` with the values of the given elements replaced; all else stays as it is."""
    parts: list[bytes] = []
    copied = 0
    for element, value in sorted(changes, key=lambda change: change[0].start):
        parts += [data[copied : element.start], _attribute_bytes(value)]
        copied = element.end
    return b"".join([*parts, data[copied:]])


def _attribute_bytes(value: str) -> bytes:
    escaped = value.replace("&", "&amp;").replace("<", "&lt;")
    return escaped.replace('"', "&quot;").replace("'", "&apos;").encode("utf-8")


class _Reader:
    """Builds the tree from the events of one expat parser."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._root: Element | None = None
        self._open: list[Element] = []
        self._parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self) -> Element:
        self._parser.Parse(self._data, True)
        if self._root is None:
            raise FhirSyntaxProblem("kein Wurzelelement")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        line = self._parser.CurrentLineNumber
        if len(self._open) >= _DEEPEST:
            raise FhirSyntaxProblem(f"mehr als {_DEEPEST} Ebenen", line=line)
        parent = self._open[-1] if self._open else None
        local_name = _local_name(name)
        place = parent.counts.get(local_name, 0) if parent else 0
        start, end = _value_bytes(self._data, self._parser.CurrentByteIndex)
        element = Element(local_name, line, parent, attributes, start, end, place)
        if parent is None:
            self._root = element
        else:
            parent.children.append(element)
            parent.counts[local_name] = place + 1
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()


def _local_name(name: str) -> str:
    """Return the local name of a FHIR element; names of other namespaces keep a mark."""
    namespace, _, local = name.rpartition(" ")
    return local if namespace == NAMESPACE else f"{{{namespace}}}{local}"


def _value_bytes(data: bytes, tag: int) -> tuple[int, int]:
    """Return the bytes of the value attribute of the tag that begins at `tag`, or (tag, tag)."""
    opening = _TAG_NAME.match(data, tag)
    at = opening.end() if opening else tag
    while attribute := _ATTRIBUTE.match(data, at):
        if attribute[1] == b"value":
            return attribute.span(2) if attribute[2] is not None else attribute.span(3)
        at = attribute.end()
    return tag, tag
