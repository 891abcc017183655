"""What people add to a run: attestations and registered deviations, as reports show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Attestation:
    """One manual item, attested or not; `state` is the German word, moments are ISO 8601."""

    item: str
    title: str
    state: str
    person: str = ""
    role: str = ""
    at: str = ""
    second: str = ""
    until: str = ""
    note: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """One registered deviation; `state` says whether it occurred, expired or is gone."""

    requirement: str
    case: str
    owner: str
    reason: str
    expires: str
    state: str


def attestations_of(info: Mapping[str, Any]) -> tuple[Attestation, ...]:
    """Return the manual items that a run of a campaign carries in its `run.json`."""
    return tuple(_attestation(entry) for entry in info.get("attestations") or ())


def _attestation(entry: Mapping[str, Any]) -> Attestation:
    record = entry.get("record")
    if not record:
        return Attestation(entry["case"], entry["title"], entry["verdict"], note=entry["reason"])
    said = record["statement"]
    second = said["second"]
    return Attestation(
        item=entry["case"],
        title=entry["title"],
        state=entry["verdict"],
        person=said["person"]["name"],
        role=said["person"]["role"],
        at=record["created"],
        second=f"{second['name']} ({second['role']})" if second else "",
        until=said["valid_until"] or "",
        note=entry["reason"],
        file=", ".join(f"{file['name']} {file['sha256']}" for file in said["attachments"]),
    )


def deviations_of(info: Mapping[str, Any]) -> tuple[Deviation, ...]:
    """Return the registered deviations that a run carries in its `run.json`."""
    return tuple(
        Deviation(
            requirement=entry["requirement"],
            case=", ".join(entry["cases"]) or entry["case"],
            owner=entry["owner"],
            reason=" ".join(filter(None, (entry["id"], entry["reason"], entry["ticket"]))),
            expires=entry["expires"],
            state=entry["state"],
        )
        for entry in info.get("deviations") or ()
    )
