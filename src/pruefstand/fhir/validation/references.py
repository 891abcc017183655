"""References inside a document, and the rules of a bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.elements import STRUCTURE, TypeReference

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk

_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.\-]*:")
_REST = re.compile(r"(.*)/[A-Z][A-Za-z]+/[^/]+\Z")
_UUID = "urn:uuid:"
_ADDRESSES = frozenset({"uri", "url", "canonical"})
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
    """The resources of a bundle by fullUrl, or of parameters, read at the first reference."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._by_url: dict[str, Node] | None = None
        self._by_name: dict[str, Node] | None = None

    def _resources(self) -> dict[str, Node]:
        if self._by_url is None:
            self._by_url = {}
            for entry in self._root.children.get("entry", ()):
                url, resource = entry.text("fullUrl"), entry.first("resource")
                if url and resource is not None:
                    self._by_url.setdefault(url, resource)
            for resource in _parameters(self._root):
                self._by_url.setdefault(_name_of(resource), resource)
        return self._by_url

    def linked(self, resource: Node, address: str) -> Node | None:
        """Return what `address` in `resource` leads to, by fullUrl or by type and id."""
        found = self._resources().get(address)
        if found is not None or _ABSOLUTE.match(address):
            return found
        name = "/".join(address.split("/")[:2])
        return self._relative(resource, address) or self._named().get(name)

    def _named(self) -> dict[str, Node]:
        if self._by_name is None:
            entries = self._root.children.get("entry", ())
            resources = (entry.first("resource") for entry in entries)
            self._by_name = {_name_of(one): one for one in resources if one is not None}
        return self._by_name

    def _of_text(self, address: str) -> Node | None:
        # A text has no resource around it whose fullUrl could complete it.
        return self._resources().get(address) or self._named().get(address)

    def resolve(self, item: Any, *, strictly: bool = False) -> Node | None:
        """Return the resource that a Reference, an address or a text points to.

        `strictly` a relative address is completed by the fullUrl, as FHIR demands; otherwise,
        and like the oracle in rules, type and id are enough.
        """
        if type(item) is not Node:
            return self._of_text(item) if isinstance(item, str) else None
        address = item.text("reference") if item.type == "Reference" else item.value
        if not address:
            return None
        if address.startswith("#"):
            return _contained(item.resource, address[1:])
        if not strictly:
            whole = item.type == "Reference"
            return self.linked(item.resource, address) if whole else self._of_text(address)
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


def _name_of(resource: Node) -> str:
    return f"{resource.type}/{resource.text('id') or ''}"


def _parameters(node: Node) -> Iterator[Node]:
    for name in ("parameter", "part"):
        for one in node.children.get(name, ()) if node.key.startswith("Parameters") else ():
            inner = one.first("resource")
            if inner is not None:
                yield inner
            yield from _parameters(one)


def _contained(resource: Node, wanted: str) -> Node | None:
    owner = resource
    if owner.name == "contained" and owner.parent is not None:
        owner = owner.parent.resource
    if not wanted:
        return owner
    for one in owner.children.get("contained", ()):
        if one.text("id") == wanted:
            return one
    return None


def check_reference(walk: Walk, node: Node, types: list[TypeReference]) -> None:
    """Check that a reference inside the document leads to one of the allowed profiles.

    What a reference out of the document leads to is not judged, as by the oracle.
    """
    address = node.text("reference")
    if not address:
        return
    targets = [target for one in types for target in one.targets]
    resource = walk.target(node)
    if walk.in_bundle and not _has_form(address):
        walk.report("reference", node, expected="Type/id", found=address)
    _check_mode(walk, node, address, resource, [mode for one in types for mode in one.modes])
    if node.text("type"):
        _check_named_type(walk, node, resource, targets)
    if resource is None or not targets or STRUCTURE + "Resource" in targets:
        return
    if not _fits_any(walk, resource, targets):
        claimed = {p.partition("|")[0] for p in resource.profiles()}
        found = ", ".join(claimed) or resource.type
        walk.report("reference", node, expected=_names(targets), found=found)


def _has_form(address: str) -> bool:
    parts = address.rstrip("/").split("/")
    return address.startswith("#") or bool(_ABSOLUTE.match(address)) or len(parts) in (2, 4)


def _check_mode(
    walk: Walk, node: Node, address: str, resource: Node | None, modes: list[str]
) -> None:
    mode = "contained" if address.startswith("#") else "bundled" if resource else "referenced"
    allowed = {*modes, *(("bundled",) if "referenced" in modes else ())}
    if modes and mode not in allowed:
        walk.report("reference", node, expected=", ".join(modes), found=mode)


def _check_named_type(walk: Walk, node: Node, resource: Node | None, targets: list[str]) -> None:
    named = node.text("type") or ""
    url = named if ":" in named else STRUCTURE + named
    profiles = (walk.catalogue.profile(target) for target in targets)
    allowed = {*targets, *(STRUCTURE + profile.type for profile in profiles if profile)}
    actual = resource.type if resource is not None else named
    if (targets and url not in allowed and STRUCTURE + "Resource" not in allowed) or (
        actual != named
    ):
        walk.report("reference", node, expected=_names(sorted(allowed)), found=named)


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
        _check_reachable(walk, entries)
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
        if address and not address.startswith("#") and not walk.linked(composition, address):
            walk.report("reference", place, expected="entry", found=address)


def _check_reachable(walk: Walk, entries: list[Node]) -> None:
    resources = [one for entry in entries if (one := entry.first("resource")) is not None]
    waiting = resources[:1]
    reached = {id(one) for one in waiting}
    pointers: dict[int, list[Node]] = {}

    def follow(others: Iterable[Node]) -> None:
        fresh = {id(one): one for one in others if id(one) not in reached}
        reached.update(fresh)
        waiting.extend(fresh.values())

    # Most often the Composition leads to nearly all others: the rest need not be searched.
    while waiting and len(reached) < len(resources):
        one = waiting.pop()
        follow(_links(walk, one))
        follow(pointers.get(id(one), ()))
        if not waiting and not pointers:
            # Who points to what is reached belongs to the document as well.
            pointers = _pointers(walk, [one for one in resources if id(one) not in reached])
            follow(one for target in tuple(reached) for one in pointers.get(target, ()))
    for resource in resources:
        if id(resource) not in reached and resource.parent is not None:
            found = resource.parent.text("fullUrl") or _name_of(resource)
            walk.report("unreachable", resource.parent, found=found)


def _pointers(walk: Walk, resources: Iterable[Node]) -> dict[int, list[Node]]:
    """Return who of `resources` points to a resource, by its identity."""
    found: dict[int, list[Node]] = {}
    for one in resources:
        for target in _links(walk, one):
            found.setdefault(id(target), []).append(one)
    return found


def _links(walk: Walk, resource: Node) -> list[Node]:
    found: dict[int, Node] = {}
    waiting = [resource]
    while waiting:
        node = waiting.pop()
        if node.type == "Reference":
            address = node.text("reference")
        else:
            address = node.value if node.type in _ADDRESSES else None
        if address and not address.startswith("#"):
            target = walk.linked(resource, address)
            if target is not None:
                found[id(target)] = target
        waiting += [one for one in node.ordered if one.ordered or one.type in _ADDRESSES]
    return list(found.values())


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
