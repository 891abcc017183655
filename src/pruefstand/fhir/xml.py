"""FHIR XML: a parser that trusts nobody, and a writer for resources held as JSON-like mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from lxml import etree

from pruefstand.fhir.syntax import (
    NAMESPACE,
    FhirSyntaxProblem,
    position,
    refuse_dtd,
    refuse_foreign_encoding,
)

__all__ = [
    "NAMESPACE",
    "XML_DECLARATION",
    "FhirSyntaxProblem",
    "position",
    "refuse_dtd",
    "refuse_foreign_encoding",
    "safe_parse",
    "to_xml",
]

XML_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

Resource = Mapping[str, Any]

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile('[&<>"\x00-\x1f\ud800-\udfff\ufffe\uffff]')
"""What must be escaped or refused; most texts hold none of it."""
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\t": "&#9;",
        "\n": "&#10;",
        "\r": "&#13;",
    }
)


def safe_parse(data: bytes) -> etree._Element:
    """Return the root element; no DTD, entity or network; raises FhirSyntaxProblem."""
    refuse_foreign_encoding(data)
    refuse_dtd(data)
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        line, column = error.position
        raise FhirSyntaxProblem(error.msg or "kein XML", line=line, column=column) from None


def to_xml(resource: Resource) -> bytes:
    """Return `resource` as FHIR XML in UTF-8; its keys stand in FHIR order already.

    `_name` carries id and extensions of the primitive `name`; `div` is XHTML, taken as it is.
    """
    parts: list[str] = [XML_DECLARATION]
    _write_resource(parts.append, resource, f' xmlns="{NAMESPACE}"')
    return "".join(parts).encode("utf-8")


def _write_resource(write: Callable[[str], None], resource: Resource, namespace: str = "") -> None:
    name = resource["resourceType"]
    write(f"<{name}{namespace}>")
    for key, value in _elements(resource):
        _write(write, key, value, resource.get(f"_{key}"))
    write(f"</{name}>")


def _elements(node: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in node.items():
        if key == "resourceType":
            continue
        if not key.startswith("_"):
            yield key, value
        elif key[1:] not in node:
            yield key[1:], None


def _write(write: Callable[[str], None], name: str, value: Any, companion: Any) -> None:
    if not isinstance(value, list):
        _write_one(write, name, value, companion)
        return
    companions = companion if isinstance(companion, list) else [None] * len(value)
    for item, extra in zip(value, companions, strict=True):
        _write_one(write, name, item, extra)


def _write_one(write: Callable[[str], None], name: str, value: Any, companion: Any) -> None:
    # The abstract class is asked last: most values are plain texts and dictionaries.
    if type(value) is dict or (type(value) is not str and isinstance(value, Mapping)):
        _write_complex(write, name, value)
    elif name == "div":
        write(value)
    else:
        _write_primitive(write, name, value, companion)


def _write_complex(write: Callable[[str], None], name: str, node: Mapping[str, Any]) -> None:
    if "resourceType" in node:
        write(f"<{name}>")
        _write_resource(write, node)
        write(f"</{name}>")
        return
    attributes = ("id", "url") if name.endswith("xtension") else ("id",)
    write(f"<{name}{_attributes(node, attributes)}>")
    for key, value in _elements(node):
        if key not in attributes:
            _write(write, key, value, node.get(f"_{key}"))
    write(f"</{name}>")


def _write_primitive(write: Callable[[str], None], name: str, value: Any, companion: Any) -> None:
    text = "" if value is None else f' value="{_escaped(value)}"'
    if not companion:
        write(f"<{name}{text}/>")
        return
    write(f"<{name}{_attributes(companion, ('id',))}{text}>")
    for item in companion.get("extension", ()):
        _write_complex(write, "extension", item)
    write(f"</{name}>")


def _attributes(node: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return "".join(f' {name}="{_escaped(node[name])}"' for name in names if name in node)


def _escaped(value: str | int | Decimal) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    text = str(value)
    if not _SPECIAL.search(text):
        return text
    if _FORBIDDEN.search(text):
        raise ValueError(f"character not allowed in XML: {text!r}")
    return text.translate(_ESCAPES)
