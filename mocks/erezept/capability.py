"""What the service says about itself: Device and CapabilityStatement."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from mocks.erezept.resources import instant, profile
from mocks.erezept.state import Resource

SOFTWARE = "1.22.0"
_NAME = "E-Rezept Fachdienst"
_INTERACTIONS = {
    ("GET", False): "search-type",
    ("GET", True): "read",
    ("POST", False): "create",
    ("PATCH", True): "patch",
    ("PUT", True): "update",
    ("DELETE", True): "delete",
    ("DELETE", False): "delete",
}


def device_resource() -> Resource:
    """Return the Device the receipt and the protocol refer to."""
    return {
        "resourceType": "Device",
        "id": "1",
        "meta": profile("GEM_ERP_PR_Device"),
        "status": "active",
        "serialNumber": SOFTWARE,
        "deviceName": [{"name": _NAME, "type": "user-friendly-name"}],
        "version": [{"value": SOFTWARE}],
        "contact": [{"system": "email", "value": "betrieb@gematik.de"}],
    }


def capability_statement(calls: Iterable[tuple[str, str]], at: datetime) -> Resource:
    """Return the CapabilityStatement of the `calls` (method, path) the service answers."""
    return {
        "resourceType": "CapabilityStatement",
        "name": "Gem_erxCapabilityStatement",
        "title": "E-Rezept Workflow CapabilityStatement",
        "status": "draft",
        "date": instant(at),
        "kind": "instance",
        "software": {"name": _NAME, "version": SOFTWARE},
        "implementation": {"description": _NAME},
        "fhirVersion": "4.0.1",
        "format": ["xml", "json"],
        "rest": [{"mode": "server", "resource": _resources(calls)}],
    }


def _resources(calls: Iterable[tuple[str, str]]) -> list[Resource]:
    found: dict[str, Resource] = {}
    for method, path in calls:
        kind, *rest = path.strip("/").split("/")
        if not kind[0].isupper():
            continue
        entry = found.setdefault(kind, {"type": kind, "interaction": [], "operation": []})
        if rest and rest[-1].startswith("$"):
            name = rest[-1].removeprefix("$")
            definition = f"http://gematik.de/fhir/OperationDefinition/{name}"
            entry["operation"].append({"name": name, "definition": definition})
        else:
            entry["interaction"].append({"code": _INTERACTIONS[method, bool(rest)]})
    return [{key: value for key, value in entry.items() if value} for entry in found.values()]
