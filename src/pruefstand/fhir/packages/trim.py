"""What of a definition takes part in validation."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_ELEMENT = frozenset(
    [
        "id",
        "path",
        "min",
        "max",
        "type",
        "binding",
        "constraint",
        "slicing",
        "sliceName",
        "maxLength",
        "contentReference",
    ]
)
_TYPED = ("fixed", "pattern", "minValue", "maxValue")
_STRUCTURE = ("url", "version", "type", "kind", "derivation", "context", "name")
_CODE_SYSTEM = ("url", "version", "content", "concept")
_VALUE_SET = ("url", "version", "compose", "expansion")


def trimmed(resource: Json) -> Json | None:
    """Return a definition without documentation; None when it defines nothing we can check."""
    kind = resource.get("resourceType")
    if not isinstance(resource.get("url"), str):
        return None
    if kind == "StructureDefinition":
        return _structure(resource)
    if kind == "ValueSet":
        return _kept(resource, _VALUE_SET)
    if kind == "CodeSystem":
        system = _kept(resource, _CODE_SYSTEM)
        system["concept"] = [_concept(c) for c in system.get("concept", ())]
        return system
    return None


def _kept(resource: Json, names: tuple[str, ...]) -> Json:
    return {name: resource[name] for name in names if name in resource}


def _structure(resource: Json) -> Json:
    elements = resource.get("snapshot", {}).get("element", ())
    structure = _kept(resource, _STRUCTURE)
    structure["elements"] = [_element(e) for e in elements]
    if not elements:
        # Published without a snapshot: what one is made of.
        differential = resource.get("differential", {}).get("element", ())
        structure["differential"] = [_element(e) for e in differential]
        structure["base"] = resource.get("baseDefinition", "")
    return structure


def _element(element: Json) -> Json:
    kept = {k: v for k, v in element.items() if k in _ELEMENT}
    for name, value in element.items():
        # `fixedCode`, `patternCoding` and so on: which type it is follows from the element.
        if name.startswith(_TYPED):
            kept[next(typed for typed in _TYPED if name.startswith(typed))] = value
    if "constraint" in kept:
        kept["constraint"] = [
            _kept(c, ("key", "severity", "expression", "human"))
            for c in kept["constraint"]
            if c.get("expression")
        ]
    if element.get("isModifier"):
        kept["isModifier"] = True
    if "binding" in kept:
        kept["binding"] = _kept(kept["binding"], ("strength", "valueSet"))
    return kept


def _concept(concept: Json) -> Json:
    kept = {"code": concept["code"]}
    if concept.get("concept"):
        kept["concept"] = [_concept(c) for c in concept["concept"]]
    return kept
