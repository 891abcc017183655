"""The official schemas of the Konnektor, one compiled schema per message namespace."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from pruefstand.soap.envelope import Element, parse, parse_xml

FOLDERS = ("conn", "conn/vsds", "tel/error")


def soap_folder() -> Path:
    """Return the folder with the official WSDL and XSD, or skip with the reason."""
    root = os.environ.get("PRUEFSTAND_SPECS")
    if not root:
        pytest.skip("PRUEFSTAND_SPECS is not set: official schemas are not at hand")
    folder = Path(root) / "soap"
    if not folder.is_dir():
        pytest.skip(f"{folder} does not exist: official schemas are not at hand")
    return folder


@cache
def newest_files(folder: Path) -> Mapping[str, Path]:
    """Return the newest schema file per target namespace: minor versions share one."""
    found: dict[str, tuple[tuple[int, ...], Path]] = {}
    for path in sorted(file for part in FOLDERS for file in (folder / part).glob("*.xsd")):
        root = etree.parse(path).getroot()
        version = tuple(int(n) for n in (root.get("version") or "0").split(".") if n.isdigit())
        namespace = root.get("targetNamespace", "")
        found[namespace] = max(found.get(namespace, ((), path)), (version, path))
    return {namespace: path for namespace, (_, path) in found.items()}


@cache
def schema(namespace: str) -> etree.XMLSchema:
    """Return the compiled schema of `namespace`; its imports resolve relative to its file."""
    return etree.XMLSchema(etree.parse(newest_files(soap_folder())[namespace]))


def assert_valid(node: Element) -> None:
    """Fail with the schema's own words unless `node` is valid in its namespace."""
    namespace = etree.QName(node).namespace or ""
    copy = etree.fromstring(etree.tostring(node))
    schema(namespace).assertValid(copy)


def assert_valid_message(message: bytes) -> None:
    """Validate the body of a SOAP message; of a fault, the gematik error in its detail."""
    body = parse(message).body
    if etree.QName(body).localname == "Fault":
        assert [str(child.tag) for child in body] == ["faultcode", "faultstring", "detail"]
        body = body[2][0]
    assert_valid(body)


def assert_valid_document(document: bytes) -> None:
    """Validate a whole XML document."""
    assert_valid(parse_xml(document))
