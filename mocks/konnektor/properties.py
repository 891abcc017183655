"""CMS attributes that a client adds: `dss:Property` with a `CMSAttribute` in base64 (KIM)."""

from __future__ import annotations

from mocks.konnektor.errors import KonnektorError
from pruefstand.soap.envelope import Element, SoapProblem, child, children, decode

_NAME = "CMSAttribute"


def cms_attributes(properties: Element) -> list[bytes]:
    """Return the attributes (DER) below `properties`; anything else in a value is 4000."""
    return [_attribute(value) for value in children(properties, "dss:Property/dss:Value")]


def signed_attributes(inputs: Element | None) -> tuple[bytes, ...]:
    """Return the attributes to be signed, from the OptionalInputs of a SignRequest."""
    found = None if inputs is None else child(inputs, "dss:Properties/dss:SignedProperties")
    return () if found is None else tuple(cms_attributes(found))


def _attribute(value: Element) -> bytes:
    # No schema defines the element, so clients write it in whatever namespace they like.
    found = [part for part in value if str(part.tag).rpartition("}")[2] == _NAME]
    if len(found) != 1:
        raise KonnektorError(4000, f"{_NAME} fehlt", faultcode="Client")
    try:
        return decode(found[0].text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
