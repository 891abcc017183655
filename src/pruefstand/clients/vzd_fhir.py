"""The directory's FHIR search: one request brings a hit together with what it refers to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from pruefstand.clients.vzd import OLDEST_VERSION, PEER, DirectoryRefusal, KimContact
from pruefstand.ids.telematik_id import SYSTEM as TELEMATIK_ID
from pruefstand.model.http import Request
from pruefstand.transport import Transport

Json = dict[str, Any]
Parameters = tuple[tuple[str, str], ...]
INSTITUTION = "HealthcareService"
DEPENDENT = ("organization", "endpoint")
"""What a practice needs of an institution beside the hit itself."""

_ACTIVE = ("organization.active", "true")
_KIM_VERSION = "/ConnectionTypeKimVersionEx"


class DirectorySearch:
    """Searches institutions with a token of `/service-authenticate`, which lasts a day."""

    def __init__(self, transport: Transport, base_url: str, credential: str) -> None:
        """`credential` is what the directory exchanges for a token of its search."""
        self._transport, self._base_url = transport, base_url
        self._credential, self._token = credential, ""

    def by_name(self, name: str) -> tuple[KimContact, ...]:
        """Return institutions whose name holds `name`; raises DirectoryRefusal, TransportFailure.

        What they refer to comes along by `_include` (A_27754).
        """
        wanted = (_ACTIVE, ("organization.name:contains", name))
        return contacts(self.hits(INSTITUTION, wanted, DEPENDENT))

    def by_telematik_id(self, number: str) -> tuple[KimContact, ...]:
        """Return the institution of a Telematik-ID; raises as `by_name`."""
        wanted = (_ACTIVE, ("organization.identifier", f"{TELEMATIK_ID}|{number}"))
        return contacts(self.hits(INSTITUTION, wanted, DEPENDENT))

    def hits(self, kind: str, wanted: Parameters, included: tuple[str, ...]) -> list[Json]:
        """Return the resources one search brings, included ones too; raises as `by_name`."""
        along = tuple(("_include", f"{kind}:{name}") for name in included)
        found = self._get(f"/search/{kind}?{urlencode((*wanted, *along))}", kind, self._bearer())
        return [entry["resource"] for entry in found.get("entry", ())]

    def _bearer(self) -> str:
        if not self._token:
            answer = self._get("/service-authenticate", "service-authenticate", self._credential)
            self._token = str(answer["access_token"])
        return self._token

    def _get(self, path: str, operation: str, bearer: str) -> Json:
        headers = (("Authorization", f"Bearer {bearer}"), ("Accept", "application/fhir+json"))
        request = Request("GET", f"{self._base_url}{path}", headers)
        answer = self._transport.send(request, peer=PEER, operation=operation)
        if answer.status != 200:
            text = answer.body.decode("utf-8", "replace")
            raise DirectoryRefusal(
                f"Verzeichnis: {answer.status} {text}",
                status=answer.status,
                text=text,
                hint="später erneut suchen",
            )
        content: Json = json.loads(answer.body)
        return content


def references(resource: Json) -> tuple[str, ...]:
    """Return what an institution's entry refers to, such as `Endpoint/7`."""
    pointers = (resource.get("providedBy", {}), *resource.get("endpoint", ()))
    return tuple(one["reference"] for one in pointers if one.get("reference"))


def contacts(resources: list[Json]) -> tuple[KimContact, ...]:
    """Return the institutions among the hits with their KIM addresses."""
    held = {f"{one['resourceType']}/{one['id']}": one for one in resources}
    return tuple(
        _contact([held[name] for name in references(one) if name in held])
        for one in resources
        if one["resourceType"] == INSTITUTION
    )


def _contact(parts: list[Json]) -> KimContact:
    owner = next((one for one in parts if one["resourceType"] == "Organization"), {})
    numbers = [one["value"] for one in owner.get("identifier", ()) if one["system"] == TELEMATIK_ID]
    versions = tuple(
        (str(one["address"]).lower(), "".join(_version(one)) or OLDEST_VERSION)
        for one in parts
        if one["resourceType"] == "Endpoint"
    )
    return KimContact("".join(numbers[:1]), owner.get("name", ""), versions)


def _version(endpoint: Json) -> Iterator[str]:
    """Yield the KIM version of an endpoint, then a plus where it takes large mail."""
    for extension in endpoint.get("extension", ()):
        if str(extension.get("url", "")).endswith(_KIM_VERSION):
            stated = {one["url"]: one for one in extension.get("extension", ())}
            yield str(stated.get("version", {}).get("valueString", ""))
            yield "+" if stated.get("xxlMailSupported", {}).get("valueBoolean") else ""
