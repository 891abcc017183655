"""The building blocks of every KBV resource: canonical addresses, codings, extensions, meta."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

STRUCTURES = "https://fhir.kbv.de/StructureDefinition"
CODE_SYSTEMS = "https://fhir.kbv.de/CodeSystem"
GKV_STRUCTURES = "http://fhir.de/StructureDefinition/gkv"
IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
GERMAN_IDENTIFIER_TYPES = "http://fhir.de/CodeSystem/identifier-type-de-basis"

# Versions of KBV profile packages whose resources must carry meta.versionId; older ones must not.
_WITH_VERSION_ID = {("ERP", "1.4"), ("FOR", "1.3")}


def structure(name: str) -> str:
    """Return the canonical address of the KBV profile or extension `name`."""
    return f"{STRUCTURES}/{name}"


def meta(name: str, version: str) -> Json:
    """Return the meta element of a resource of the KBV profile `name` in `version`."""
    family = name.split("_")[2]
    result: Json = {"versionId": "1"} if (family, version) in _WITH_VERSION_ID else {}
    return {**result, "profile": [f"{structure(name)}|{version}"]}


def coding(system: str, code: str) -> Json:
    """Return a Coding of the full address `system`."""
    return {"system": system, "code": code}


def kbv_coding(system: str, code: str) -> Json:
    """Return a Coding of the KBV code system `system`."""
    return coding(f"{CODE_SYSTEMS}/{system}", code)


def extension(name: str, **value: object) -> Json:
    """Return the KBV extension `name` with one `value…` element or nested extensions."""
    return {"url": structure(name), **value}


def part(name: str, **value: object) -> Json:
    """Return the part `name` of a nested extension."""
    return {"url": name, **value}


def identifier(system: str, value: str, *, type_system: str = "", type_code: str = "") -> Json:
    """Return an Identifier, with its type when `type_code` is given."""
    result: Json = {"type": {"coding": [coding(type_system, type_code)]}} if type_code else {}
    return {**result, "system": system, "value": value}
