"""Canonical XML 1.1 (W3C xml-c14n11) of a whole document without comments.

1.1 differs from 1.0 only in what parts of a document inherit from `xml:` attributes above them; of
a whole document both make the same octets.
"""

from __future__ import annotations

from lxml import etree

from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse


def canonical(document: bytes) -> bytes:
    """Return the canonical form of `document`; raises FhirSyntaxProblem when it has none."""
    tree = safe_parse(document).getroottree()
    try:
        return bytes(etree.tostring(tree, method="c14n", with_comments=False))
    except etree.C14NError as problem:
        # A relative namespace has none.
        raise FhirSyntaxProblem(f"no canonical form: {problem}") from problem
