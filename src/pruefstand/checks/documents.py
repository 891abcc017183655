"""Reads what checks need out of recorded bodies; unreadable input reads as None."""

from __future__ import annotations

import base64

from lxml import etree

from pruefstand.crypto.cms_qes import QesDocument, QesProblem, verify
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.model.exchange import Exchange

FHIR = {"f": "http://hl7.org/fhir"}


def resource(body: bytes) -> etree._Element | None:
    """Return the FHIR XML resource in `body`."""
    try:
        return safe_parse(body)
    except FhirSyntaxProblem:
        return None


def values(body: bytes, path: str) -> list[str]:
    """Return the attribute values an XPath finds in a FHIR XML body."""
    root = resource(body)
    if root is None:
        return []
    found = root.xpath(path, namespaces=FHIR)
    return [str(value) for value in found] if isinstance(found, list) else []


def value(body: bytes, path: str) -> str | None:
    """Return the first of `values`."""
    return next(iter(values(body, path)), None)


def binary(body: bytes, content_type: str = "application/pkcs7-mime") -> bytes | None:
    """Return the decoded data of the first Binary of `content_type`."""
    return decoded(value(body, f"//f:Binary[f:contentType/@value='{content_type}']/f:data/@value"))


def decoded(data: str | None) -> bytes | None:
    """Return the bytes that base64 `data` stands for."""
    try:
        return base64.b64decode(data, validate=True) if data else None
    except ValueError:
        return None


def signature(signed: bytes | None) -> QesDocument | None:
    """Return the verified CMS signature, or None when it is missing or wrong."""
    try:
        return verify(signed) if signed else None
    except QesProblem:
        return None


def uploaded(exchange: Exchange) -> QesDocument | None:
    """Return the verified signature that a $activate request carries."""
    return signature(binary(exchange.request.body))


def outcome_texts(exchange: Exchange) -> list[str]:
    """Return OperationOutcome.issue.details.text of the answer, one for each issue that has it."""
    body = exchange.response.body if exchange.response else b""
    return values(body, "/f:OperationOutcome/f:issue/f:details/f:text/@value")


def outcome_text(exchange: Exchange) -> str:
    """Return OperationOutcome.issue[0].details.text of the answer."""
    body = exchange.response.body if exchange.response else b""
    return value(body, "/f:OperationOutcome/f:issue[1]/f:details/f:text/@value") or ""
