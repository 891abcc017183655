"""FHIR XML to the typed tree, by the tables of R4; what does not fit becomes a finding."""

from __future__ import annotations

from pruefstand.fhir.path.tree import PRIMITIVES, Node
from pruefstand.fhir.syntax import NAMESPACE, FhirSyntaxProblem
from pruefstand.fhir.validation.catalogue import Catalogue, ChildType
from pruefstand.fhir.validation.narrative import narrative_problem
from pruefstand.fhir.validation.reader import Report, TreeBuilder
from pruefstand.fhir.xml_tags import Tag, tags_of

_FHIR = NAMESPACE + " "
_SCHEMA_LOCATION = "http://www.w3.org/2001/XMLSchema-instance schemaLocation"


class XmlSource:
    """A well-formed XML document."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._document = tags_of(data)
        self._root = self._document.children[0]

    def claims(self) -> list[str]:
        """Return `meta.profile` of the outermost resource, in order."""
        metas = [tag for tag in self._root.children if tag.name == _FHIR + "meta"]
        profiles = [tag for meta in metas for tag in meta.children if tag.name == _FHIR + "profile"]
        return [text for tag in profiles if (text := tag.attributes.get("value"))]

    def read(self, catalogue: Catalogue, report: Report) -> Node:
        """Return the typed tree; raises FhirSyntaxProblem when it is no resource."""
        builder = _XmlBuilder(catalogue, report, self._data)
        tag, name = self._root, local(self._root)
        if not tag.name.startswith(_FHIR) or not builder.is_resource(name):
            raise FhirSyntaxProblem(
                f"{name} ist keine FHIR-Ressource", line=tag.line, column=tag.column
            )
        root = Node(name, name, name, None, tag.line, tag.column)
        for kind, text in self._document.strays:
            builder.complain(kind, root, text)
        builder.fill(root, tag)
        return root


class _XmlBuilder(TreeBuilder):
    def __init__(self, catalogue: Catalogue, report: Report, data: bytes) -> None:
        super().__init__(catalogue, report)
        self._data = data

    def fill(self, node: Node, tag: Tag) -> None:
        """Give `node` the content of `tag`."""
        if tag.attributes:
            self._attributes(node, tag)
        for kind, text in tag.strays:
            self.complain(kind, node, text)
        if not tag.children:
            return
        table = self.catalogue.tags_of(node.key, whole=node.resource is node)
        last = -1
        for child in tag.children:
            found = table.get(child.name)
            if found is None:
                self.complain("unknown-element", node, local(child), at=child)
                continue
            order = found.order
            if order < last:
                self.complain("order", node, found.name, at=child)
            else:
                last = order
            self._child(node, child, found)

    def _attributes(self, node: Node, tag: Tag) -> None:
        for name, text in tag.attributes.items():
            if name == "value" and node.type in PRIMITIVES:
                node.value = text
                continue
            kind = self.catalogue.children_of(node.key).get(name)
            if kind is not None and _is_attribute(node, kind):
                attribute = Node(name, kind.type, kind.key, node, node.line, node.column)
                attribute.value = text
                node.add(attribute)
                self.finish(attribute)
                if name == "id":
                    self.note_id(node, text)
            elif name != _SCHEMA_LOCATION:
                self.complain("unknown-attribute", node, name.rpartition(" ")[2])

    def _child(self, node: Node, tag: Tag, kind: ChildType) -> None:
        if kind.type == "Resource":
            self._inner_resource(node, tag, kind)
            return
        child = Node(kind.name, kind.type, kind.key, node, tag.line, tag.column)
        node.add(child)
        if kind.type == "xhtml":
            self._narrative(child, tag)
            return
        self.fill(child, tag)
        self.finish(child)

    def _narrative(self, node: Node, tag: Tag) -> None:
        end = self._data.find(b">", tag.end) + 1
        node.value = self._data[tag.start : end].decode("utf-8")
        problem = narrative_problem(tag)
        if problem:
            self.complain("narrative", node, problem[1], rule=problem[0])

    def _inner_resource(self, node: Node, tag: Tag, kind: ChildType) -> None:
        for stray, text in tag.strays:
            self.complain(stray, node, text, at=tag)
        for attribute in tag.attributes:
            self.complain("unknown-attribute", node, attribute, at=tag)
        inside = tag.children[0] if len(tag.children) == 1 else None
        name = local(inside) if inside is not None else ""
        if inside is None or not inside.name.startswith(_FHIR) or not self.is_resource(name):
            self.complain("unknown-element", node, name or kind.name, at=tag)
            return
        child = Node(kind.name, name, name, node, inside.line, inside.column)
        child.resource = child
        node.add(child)
        self.fill(child, inside)
        if not child.ordered:
            self.complain("empty", child)
        self.finish_contained(child)


def _is_attribute(node: Node, kind: ChildType) -> bool:
    if kind.name == "id":
        return node.resource is not node
    return kind.name == "url" and node.type == "Extension"


def local(tag: Tag) -> str:
    """Return the name of a tag without its namespace."""
    return tag.name.rpartition(" ")[2]
