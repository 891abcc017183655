"""FHIR XML elements as plain dicts, by a list of the elements that repeat."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from lxml import etree

from pruefstand.fhir.syntax import FhirSyntaxProblem
from pruefstand.fhir.xpath import Element

Resource = dict[str, Any]
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", re.ASCII)

_LISTS = frozenset(
    {
        "about",
        "additionalInstruction",
        "authorizingPrescription",
        "basedOn",
        "category",
        "coding",
        "contained",
        "dayOfWeek",
        "dosageInstruction",
        "doseAndRate",
        "event",
        "extension",
        "ingredient",
        "modifierExtension",
        "note",
        "partOf",
        "payload",
        "performer",
        "profile",
        "receiver",
        "recipient",
        "supportingInformation",
        "timeOfDay",
        "when",
    }
)
_OWN_IDENTIFIERS = frozenset({"ChargeItem", "Communication", "Medication", "MedicationDispense"})
"""Resources repeat their identifier; a Reference has one."""
_NUMBERS = frozenset({"valueInteger", "valueDecimal", "valuePositiveInt"})
_QUANTITIES = frozenset(
    {
        "boundsDuration",
        "daysSupply",
        "denominator",
        "doseQuantity",
        "numerator",
        "quantity",
        "valueQuantity",
    }
)
_REPEATS = frozenset({"frequency", "period"})


def to_json(element: Element) -> Resource:
    """Return the resource or complex `element` as a dict in document order.

    Raises FhirSyntaxProblem where a number is none.
    """
    tag = _tag(element)
    found: Resource = {"resourceType": tag} if tag[0].isupper() else {}
    found.update({name: element.get(name) for name in ("id", "url") if element.get(name)})
    for child in element.iterchildren(tag=etree.Element):
        name = _tag(child)
        if name in _LISTS or (name == "identifier" and tag in _OWN_IDENTIFIERS):
            found.setdefault(name, []).append(_value(child, tag))
        else:
            found[name] = _value(child, tag)
    return found


def _value(element: Element, parent: str) -> Any:
    text = element.get("value")
    if text is None:
        children = list(element.iterchildren(tag=etree.Element))
        # A contained resource stands inside an element of its own.
        if len(children) == 1 and _tag(children[0])[0].isupper():
            return to_json(children[0])
        return to_json(element)
    name = _tag(element)
    if name.endswith("Boolean"):
        return text == "true"
    quantity = name == "value" and parent in _QUANTITIES
    if quantity or name in _NUMBERS or (parent == "repeat" and name in _REPEATS):
        return _number(element, text)
    return text


def _number(element: Element, text: str) -> int | float:
    # What is longer or larger is no amount of a medicine.
    if _NUMBER.fullmatch(text) and isfinite(value := float(text)):
        return int(text) if text.lstrip("-").isdecimal() else value
    raise FhirSyntaxProblem(f"{_tag(element)}: {text[:20]!r} ist keine Zahl")


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
