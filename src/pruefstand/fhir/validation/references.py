"""References inside a document, and the rules of a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.elements import STRUCTURE, TypeReference

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.\-]*:")
_REST = re.compile(r"(.*)/[A-Z][A-Za-z]+/[^/]+\Z")
_UUID = "urn:uuid:"
_WITHOUT_FULL_URL = ("batch", "transaction", "batch-response", "transaction-response")
_IN_COMPOSITION = (
    ("subject",),
    ("author",),
    ("encounter",),
    ("custodian",),
    ("attester", "party"),
    ("event", "detail"),
)
_IN_SECTION = (("focus",), ("entry",))


class ReferenceIndex:
    """The resources of a bundle by fullUrl, read when the first reference is met."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._by_url: dict[str, Node] | None = None

    def _resources(self) -> dict[str, Node]:
        if self._by_url is None:
            self._by_url = {}
            for entry in self._root.children.get("entry", ()):
                url, resource = entry.text("fullUrl"), entry.first("resource")
                if url and resource is not None:
                    self._by_url.setdefault(url, resource)
        return self._by_url

    def resolve(self, item: Any) -> Node | None:
        """Return the resource that a Reference, an address or a text points to."""
        if type(item) is not Node:
            return self._resources().get(item) if isinstance(item, str) else None
        address = item.text("reference") if item.type == "Reference" else item.value
        if not address:
            return None
        if address.startswith("#"):
            return _contained(item.resource, address[1:])
        found = self._resources().get(address)
        if found is None and not _ABSOLUTE.match(address):
            found = self._relative(item.resource, address)
        return found

    def _relative(self, resource: Node, address: str) -> Node | None:
        while resource.name == "contained" and resource.parent is not None:
            resource = resource.parent.resource
        entry = resource.parent
        base = _REST.match((entry.text("fullUrl") if entry is not None else None) or "")
        return self._resources().get(f"{base[1]}/{address}") if base else None


def _contained(resource: Node, wanted: str) -> Node | None:
    owner = resource
    if owner.name == "contained" and owner.parent is not None:
        owner = owner.parent.resource
    for one in owner.children.get("contained", ()):
        if one.text("id") == wanted:
            return one
    return None


def check_reference(walk: Walk, node: Node, types: list[TypeReference]) -> None:
    """Check that a reference inside the document leads to one of the allowed profiles.

    What a reference out of the document leads to is not judged, as by the oracle.
    """
    targets = [target for one in types for target in one.targets]
    resource = walk.resolve(node) if targets else None
    if resource is None or STRUCTURE + "Resource" in targets:
        return
    if not _fits_any(walk, resource, targets):
        claimed = {p.partition("|")[0] for p in resource.profiles()}
        found = ", ".join(claimed) or resource.type
        walk.report("reference", node, expected=_names(targets), found=found)


def _names(targets: list[str]) -> str:
    return ", ".join(target.rpartition("/")[2] for target in targets)


def _fits_any(walk: Walk, resource: Node, targets: list[str]) -> bool:
    claimed = {p.partition("|")[0] for p in resource.profiles()}
    for target in targets:
        profile = walk.catalogue.profile(target)
        if profile is None or profile.type != resource.type:
            continue
        if target in claimed or walk.catalogue.is_base(target):
            return True
        if walk.conforms_to(resource, target):
            return True
    return False


def check_bundle(walk: Walk, bundle: Node) -> None:
    """Check what FHIR demands of a bundle beyond its structure."""
    entries = bundle.children.get("entry", [])
    kind = bundle.text("type")
    if kind == "document":
        first = entries[0].first("resource") if entries else None
        if first is None or first.type != "Composition":
            found = first.type if first is not None else "–"
            walk.report("bundle", bundle, expected="Composition", found=found)
        else:
            _check_document(walk, first)
    for entry in entries:
        if kind not in _WITHOUT_FULL_URL and entry.text("fullUrl") is None:
            walk.report("bundle", entry, expected="fullUrl", found="–")
        _check_full_url(walk, entry)


def _check_document(walk: Walk, composition: Node) -> None:
    places = list(_below(composition, _IN_COMPOSITION))
    sections = list(composition.children.get("section", ()))
    for section in sections:
        places += _below(section, _IN_SECTION)
        sections += section.children.get("section", ())
    for place in places:
        address = place.text("reference")
        if address and not address.startswith("#") and walk.resolve(place) is None:
            walk.report("reference", place, expected="entry", found=address)


def _below(node: Node, paths: tuple[tuple[str, ...], ...]) -> Iterator[Node]:
    for path in paths:
        found = [node]
        for name in path:
            found = [child for one in found for child in one.children.get(name, ())]
        yield from found


def _check_full_url(walk: Walk, entry: Node) -> None:
    url, resource = entry.text("fullUrl"), entry.first("resource")
    wanted = resource.text("id") if resource is not None else None
    if not url or not wanted or resource is None:
        return
    fitting = url == _UUID + wanted or url.endswith(f"/{resource.type}/{wanted}")
    if not fitting:
        walk.report("full-url", entry, severity="warning", expected=wanted, found=url)
