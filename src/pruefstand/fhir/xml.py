"""FHIR XML: a parser that trusts nobody, and a writer for resources held as JSON-like mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
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
_SHORT = 100
"""Characters of a text that is worth remembering."""
_OF_ELEMENTS = ("id",)
_OF_EXTENSIONS = ("id", "url")
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
    _write_elements(write, resource)
    write(f"</{name}>")


def _write_elements(
    write: Callable[[str], None], node: Mapping[str, Any], attributes: tuple[str, ...] = ()
) -> None:
    """Write what `node` holds but its `attributes`, which stand in its tag."""
    for key, value in node.items():
        if key == "resourceType" or key in attributes:
            continue
        if key[0] == "_":
            if key[1:] not in node and key[1:] not in attributes:
                _write(write, key[1:], None, value)
        # Most elements are plain texts: the common case comes first and without a detour.
        elif type(value) is str and f"_{key}" not in node and key != "div":
            write(_primitive(key, value))
        else:
            _write(write, key, value, node.get(f"_{key}"))


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
    attributes = _OF_EXTENSIONS if name.endswith("xtension") else _OF_ELEMENTS
    write(f"<{name}{_attributes(node, attributes)}>")
    _write_elements(write, node, attributes)
    write(f"</{name}>")


def _write_primitive(write: Callable[[str], None], name: str, value: Any, companion: Any) -> None:
    if not companion:
        write(f"<{name}/>" if value is None else _primitive(name, value))
        return
    text = "" if value is None else f' value="{_escaped(value)}"'
    write(f"<{name}{_attributes(companion, _OF_ELEMENTS)}{text}>")
    for item in companion.get("extension", ()):
        _write_complex(write, "extension", item)
    write(f"</{name}>")


def _primitive(name: str, value: Any) -> str:
    if type(value) is str and len(value) <= _SHORT:
        return _short(name, value)
    return f'<{name} value="{_escaped(value)}"/>'


@lru_cache(maxsize=4096)
def _short(name: str, text: str) -> str:
    """Return an element with a text that tends to come again: addresses, codes, profiles."""
    return f'<{name} value="{_escaped(text)}"/>'


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
