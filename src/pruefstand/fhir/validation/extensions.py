"""Extensions: known, allowed here, and valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.validation.elements import STRUCTURE, Element, Profile

if TYPE_CHECKING:
    from pruefstand.fhir.validation.walk import Walk

_EXTENSION = STRUCTURE + "Extension"


def check_extension(walk: Walk, node: Node, profiles: list[str], element: Element) -> None:
    """Check an extension against its own definition and the profiles of the slice."""
    url = node.text("url")
    if not url:
        walk.report("extension", node, element, expected="url", found="–")
        return
    if ":" not in url and not (node.parent is not None and node.parent.type == "Extension"):
        walk.report("extension", node, element, expected="http…, urn:…", found=url)
        return
    if ":" not in url:
        # A part of a complex extension is defined by the extension around it.
        if not element.children:
            walk.check_profile(node, _EXTENSION)
        return
    definition = walk.catalogue.profile(url)
    if definition is None:
        walk.report("extension", node, element, found=url)
        return
    if definition.root.is_modifier != (node.name == "modifierExtension"):
        wanted = "modifierExtension" if definition.root.is_modifier else "extension"
        walk.report("extension", node, element, expected=wanted, found=f"{node.name} {url}")
    for profile in profiles:
        if profile not in (url, _EXTENSION) and walk.catalogue.profile(profile):
            walk.check_profile(node, profile)
    walk.check_profile(node, url)
    if definition.context and not _in_context(node, definition):
        places = ", ".join(c["expression"] for c in definition.context)
        walk.report("extension-context", node, element, expected=places, found=url)


def _in_context(node: Node, definition: Profile) -> bool:
    owner = node.parent
    if owner is None:
        return True
    names = _names(owner)
    for context in definition.context:
        kind, expression = context["type"], context["expression"]
        if kind == "element":
            plain = expression.replace("[x]", "")
            if expression in names or plain in names or expression.startswith("http"):
                return True
        elif kind == "extension":
            if owner.type == "Extension" and owner.text("url") == expression:
                return True
        else:
            # A FHIRPath context is not evaluated.
            return True
    return False


def _names(owner: Node) -> set[str]:
    names = {owner.type, "Element"}
    if owner.type == "id" and owner.name == "id":
        # R4 calls it a string, and contexts are written accordingly.
        names.add("string")
    if owner.resource is owner:
        names |= {"Resource", "DomainResource"}
    node: Node | None = owner
    tail = ""
    while node is not None:
        names.add(node.type + tail)
        if node.resource is node:
            break
        tail = f".{node.name}{tail}"
        node = node.parent
    return names
