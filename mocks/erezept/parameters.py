"""Reading FHIR request bodies: XML and JSON end in the same element tree."""

from __future__ import annotations

import json

from mocks.erezept.errors import Refused
from mocks.erezept.negotiation import Format, body_format
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse, to_xml
from pruefstand.fhir.xpath import Element, elements_of, text_of
from pruefstand.model.http import Request

_UNREADABLE = (FhirSyntaxProblem, ValueError, KeyError, TypeError, AttributeError)
_PARAMETERS = elements_of("/f:Parameters/f:parameter")
_NAME = text_of("f:name/@value")


def body_root(request: Request) -> Element:
    """Return the root element of the body; raises Refused 400 or 415."""
    kind = body_format(request)
    try:
        if kind is Format.JSON:
            return safe_parse(to_xml(json.loads(request.body)))
        return safe_parse(request.body)
    except (*_UNREADABLE, RecursionError) as error:
        raise Refused("body-unreadable", diagnostics=str(error)) from None


def parameters(root: Element) -> list[tuple[str, Element]]:
    """Return name and element of each parameter of a Parameters resource."""
    return [(_NAME(element), element) for element in _PARAMETERS(root)]
