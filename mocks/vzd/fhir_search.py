"""The FHIR side of the directory: institutions, persons and their KIM endpoints as searchsets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from mocks.vzd.state import Directory, DirectoryEntry, MailData
from pruefstand.ids.telematik_id import SYSTEM as TELEMATIK_ID
from pruefstand.mockkit import Route
from pruefstand.model.http import Request, Response
from pruefstand.rng import Rng

Json = dict[str, Any]
TOKEN_SECONDS = 24 * 3600
_SOURCE = "gematik FHIR-VZD"
_DEFINITION = "https://gematik.de/fhir/directory/StructureDefinition/"
_CODES = "https://gematik.de/fhir/directory/CodeSystem/"
_COUNT = 100


def routes(directory: Directory) -> list[Route]:
    """Return the routes of authentication and search."""
    table: list[tuple[str, Callable[[DirectoryEntry], list[Json]]]] = [
        ("HealthcareService", _healthcare_service),
        ("PractitionerRole", _practitioner_role),
        ("Organization", _organization),
        ("Practitioner", _practitioner),
        ("Endpoint", _endpoints),
    ]
    found = [
        Route("GET", f"/search/{name}", name, partial(_search, directory, view), _SOURCE)
        for name, view in table
    ]
    token = partial(_authenticate, directory)
    return [Route("GET", "/service-authenticate", "service-authenticate", token, _SOURCE), *found]


def _authenticate(directory: Directory, request: Request) -> Response:
    if not (request.header("Authorization") or "").startswith("Bearer "):
        return _json(401, {"error": "invalid_client"})
    return _json(200, {"access_token": _token(directory), "expires_in": TOKEN_SECONDS})


def _token(directory: Directory) -> str:
    return Rng(f"{directory.ctx.rng.seed}/search-token").token_hex(24)


def _search(
    directory: Directory, view: Callable[[DirectoryEntry], list[Json]], request: Request
) -> Response:
    if request.header("Authorization") != f"Bearer {_token(directory)}":
        return _json(401, _outcome("login", "search needs a token of /service-authenticate"))
    pairs = parse_qsl(urlsplit(request.target).query, keep_blank_values=True)
    wanted = {key: value for key, value in pairs if not key.startswith("_")}
    unknown = wanted.keys() - _CRITERIA.keys()
    if unknown:
        return _json(400, _outcome("not-supported", f"search parameter {sorted(unknown)[0]}"))
    entries = [
        entry
        for entry in directory.visible()
        if all(_CRITERIA[key](entry, value) for key, value in wanted.items())
    ]
    ids = {number for key, value in pairs if key == "_id" for number in value.split(",")}
    found = [
        resource
        for entry in entries
        for resource in view(entry)
        if not ids or resource["id"] in ids
    ]
    hits = found[:_COUNT]
    asked = {_INCLUDED[value] for key, value in pairs if key == "_include" and value in _INCLUDED}
    return _json(200, _searchset(len(found), hits, _included(hits, entries, asked)))


def _included(
    hits: list[Json],
    entries: list[DirectoryEntry],
    asked: Iterable[Callable[[DirectoryEntry], list[Json]]],
) -> list[Json]:
    """Return what the hits refer to and the search asks to bring along."""
    named = {pointer["reference"] for hit in hits for pointer in _pointers(hit)}
    brought = [item for entry in entries for view in asked for item in view(entry)]
    return [item for item in brought if _name(item) in named]


def _pointers(hit: Json) -> list[Json]:
    owner = hit.get("providedBy") or hit.get("practitioner")
    return [*([owner] if owner else []), *hit.get("endpoint", [])]


def _name(resource: Json) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _named(entry: DirectoryEntry, text: str) -> bool:
    return text.casefold() in entry.name.casefold()


def _identified(entry: DirectoryEntry, text: str) -> bool:
    value = text.rpartition("|")[2]
    return value == entry.telematik_id or value in entry.domain_ids


_CRITERIA: dict[str, Callable[[DirectoryEntry, str], bool]] = {
    "organization.active": lambda entry, text: text == "true",
    "practitioner.active": lambda entry, text: text == "true",
    "status": lambda entry, text: text == "active",
    "organization.name": _named,
    "organization.name:contains": _named,
    "practitioner.name": _named,
    "organization.identifier": _identified,
    "practitioner.identifier": _identified,
    "organization.type": lambda entry, text: text.rpartition("|")[2] in entry.profession_oids,
    "address": lambda entry, text: any(
        mail.address.lower() == text.lower() for mail in entry.mails
    ),
    "endpoint.address": lambda entry, text: any(
        mail.address.lower() == text.lower() for mail in entry.mails
    ),
}
"""Search parameters, each with what an entry must satisfy."""


def _healthcare_service(entry: DirectoryEntry) -> list[Json]:
    return [] if entry.personal else [_offer(entry, "HealthcareService", "service", "providedBy")]


def _organization(entry: DirectoryEntry) -> list[Json]:
    if entry.personal:
        return []
    types = [
        {"coding": [{"system": f"{_CODES}OrganizationProfessionOID", "code": oid}]}
        for oid in entry.profession_oids
    ]
    return [{**_owner(entry, "Organization"), "name": entry.name, "type": types}]


def _practitioner_role(entry: DirectoryEntry) -> list[Json]:
    return [_offer(entry, "PractitionerRole", "role", "practitioner")] if entry.personal else []


def _practitioner(entry: DirectoryEntry) -> list[Json]:
    if not entry.personal:
        return []
    name = {"family": entry.surname, "given": [entry.given_name], "text": entry.name}
    return [{**_owner(entry, "Practitioner"), "name": [name]}]


def _offer(entry: DirectoryEntry, kind: str, mark: str, pointer: str) -> Json:
    """Return the resource that joins an owner with its endpoints."""
    owner = "Practitioner" if entry.personal else "Organization"
    endpoints = (f"Endpoint/{_endpoint_id(entry, n)}" for n, _ in enumerate(entry.mails))
    return {
        "resourceType": kind,
        "id": f"{entry.uid}-{mark}",
        pointer: {"reference": f"{owner}/{entry.uid}"},
        "endpoint": [{"reference": name} for name in endpoints],
    }


def _owner(entry: DirectoryEntry, kind: str) -> Json:
    identifiers = [{"system": TELEMATIK_ID, "value": entry.telematik_id}]
    return {
        "resourceType": kind,
        "id": entry.uid,
        "active": True,
        "identifier": identifiers,
    }


def _endpoints(entry: DirectoryEntry) -> list[Json]:
    return [_endpoint(entry, number, mail) for number, mail in enumerate(entry.mails)]


def _endpoint(entry: DirectoryEntry, number: int, mail: MailData) -> Json:
    version, plus = mail.version.rstrip("+") or "1.0", mail.version.endswith("+")
    return {
        "resourceType": "Endpoint",
        "id": _endpoint_id(entry, number),
        "extension": [
            {
                "url": f"{_DEFINITION}ConnectionTypeKimVersionEx",
                "extension": [
                    {"url": "version", "valueString": version},
                    {"url": "xxlMailSupported", "valueBoolean": plus},
                ],
            }
        ],
        "status": "active",
        "connectionType": {"system": f"{_CODES}EndpointDirectoryConnectionType", "code": "kim"},
        "name": mail.address,
        "payloadType": [
            {"coding": [{"system": f"{_CODES}EndpointDirectoryPayloadType", "code": "kim"}]}
        ],
        "address": mail.address,
    }


def _endpoint_id(entry: DirectoryEntry, number: int) -> str:
    return f"{entry.uid}-kim-{number}"


_INCLUDED = {
    "HealthcareService:organization": _organization,
    "HealthcareService:endpoint": _endpoints,
    "PractitionerRole:practitioner": _practitioner,
    "PractitionerRole:endpoint": _endpoints,
}
"""Values of `_include`, each with the view it brings along."""


def _searchset(total: int, hits: list[Json], included: list[Json]) -> Json:
    entries = [
        {"fullUrl": _name(item), "resource": item, "search": {"mode": mode}}
        for mode, items in (("match", hits), ("include", included))
        for item in items
    ]
    return {"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries}


def _outcome(code: str, text: str) -> Json:
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _json(status: int, body: Json) -> Response:
    headers = (("Content-Type", "application/fhir+json; charset=utf-8"),)
    return Response(status, headers, json.dumps(body, ensure_ascii=False).encode())
