"""SOAP 1.1 envelopes: build, read, and refuse what is none (W3C Note SOAP 1.1)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from lxml import etree

from pruefstand.soap.namespaces import NAMESPACES, SOAP, prefixed, qname

Element: TypeAlias = etree._Element

CONTENT_TYPE = "text/xml; charset=utf-8"
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b'<SOAP-ENV:Envelope xmlns:SOAP-ENV="' + SOAP.encode() + b'"><SOAP-ENV:Body>'
)
_TAIL = b"</SOAP-ENV:Body></SOAP-ENV:Envelope>"
_TRUE = ("1", "true")
GAP = "\N{WHITE SQUARE}"
"""The text of an element whose content a Template leaves open."""


class SoapProblem(ValueError):
    """The bytes are no acceptable SOAP 1.1 message; `faultcode` is what to answer with."""

    def __init__(self, text: str, *, faultcode: str = "Client") -> None:
        super().__init__(text)
        self.text = text
        self.faultcode = faultcode


@dataclass(frozen=True, slots=True)
class Envelope:
    """The one element in the body of a SOAP message."""

    body: Element

    @property
    def name(self) -> str:
        """The body element's name, e.g. `EVT:GetCards`; an unknown namespace is spelled out."""
        return prefixed(str(self.body.tag))


def element(name: str, *content: Element | str | None, **attributes: str) -> Element:
    """Return element `name` (`CONN:Status`) with text or children; None children are left out.

    In attribute names `_` stands for `-`, so that `mandant_wide` can be written.
    """
    tag, nsmap = _tag(name)
    node = etree.Element(tag, nsmap=nsmap)
    for key, value in attributes.items():
        node.set(key.replace("_", "-"), value)
    for part in content:
        if isinstance(part, str):
            node.text = part
        elif part is not None:
            node.append(part)
    return node


@cache
def _tag(name: str) -> tuple[str, dict[str, str] | None]:
    prefix, colon, _ = name.partition(":")
    return qname(name), {prefix: NAMESPACES[prefix]} if colon else None


def serialize(root: Element) -> bytes:
    """Return `root` as UTF-8 without an XML declaration, all namespaces declared at the top."""
    etree.cleanup_namespaces(root, top_nsmap=NAMESPACES)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=False))


def wrap(body: Element | bytes) -> bytes:
    """Return the SOAP message that carries `body`, an element or what `serialize` made of one."""
    return _HEAD + (body if isinstance(body, bytes) else serialize(body)) + _TAIL


class Template:
    """An element serialised once, with a gap wherever its text is `GAP`."""

    def __init__(self, root: Element) -> None:
        self._parts = serialize(root).split(GAP.encode())

    def fill(self, *values: bytes) -> bytes:
        """Return the element with `values` in its gaps: serialised elements or escaped text."""
        parts = self._parts
        return b"".join(part for pair in zip(parts, (*values, b""), strict=True) for part in pair)


def parse_xml(data: bytes) -> Element:
    """Return the root of an XML document in UTF-8; a DTD, and so any entity, is refused."""
    if b"<!DOCTYPE" in data:
        raise SoapProblem("a document type declaration is not allowed")
    # The parser's own encoding wins over the declaration, so no other encoding can hide a DTD.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        # The whole text of the error also tells of the parser's own file name.
        reason = getattr(error, "msg", None) or str(error)
        raise SoapProblem(f"XML is not well-formed: {reason}") from error


def parse(data: bytes) -> Envelope:
    """Return the envelope in `data`; raises SoapProblem with the faultcode SOAP 1.1 asks for."""
    root = parse_xml(data)
    tag = etree.QName(root)
    if tag.localname != "Envelope":
        raise SoapProblem(f"root element is {tag.localname}, expected Envelope")
    if tag.namespace != SOAP:
        raise SoapProblem(
            f"envelope namespace is {tag.namespace}, expected SOAP 1.1", faultcode="VersionMismatch"
        )
    _refuse_unknown_headers(root)
    body = root.find(qname("SOAP-ENV:Body"))
    if body is None:
        raise SoapProblem("SOAP body is missing")
    if len(body) != 1:
        raise SoapProblem(f"SOAP body holds {len(body)} elements, expected 1")
    return Envelope(body[0])


def _refuse_unknown_headers(root: Element) -> None:
    header = root.find(qname("SOAP-ENV:Header"))
    for entry in header if header is not None else ():
        if entry.get(qname("SOAP-ENV:mustUnderstand")) in _TRUE:
            raise SoapProblem(
                f"header {prefixed(str(entry.tag))} is not understood", faultcode="MustUnderstand"
            )


def child(parent: Element, path: str) -> Element | None:
    """Return the first element at `path` (`CONN:Status/CONN:Result`) below `parent`."""
    return parent.find(_path(path))


def children(parent: Element, path: str) -> Iterator[Element]:
    """Yield all elements at `path` below `parent` in document order."""
    return parent.iterfind(_path(path))


def text(parent: Element, path: str) -> str | None:
    """Return the text at `path` without surrounding blanks; None when the element is absent."""
    found = child(parent, path)
    return None if found is None else (found.text or "").strip()


@cache
def _path(path: str) -> str:
    return "/".join(qname(part) for part in path.split("/"))


def encode(data: bytes) -> str:
    """Return base64 without any white space: clients in the field stumble over it."""
    return base64.b64encode(data).decode("ascii")


def decode(text: str) -> bytes:
    """Return the octets of an xs:base64Binary, white space allowed; raises SoapProblem."""
    try:
        # Nearly all senders write it in one piece; only the others pay for a second look.
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        whole = "".join(text.split())
    try:
        return base64.b64decode(whole, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SoapProblem(f"not base64: {error}") from error
