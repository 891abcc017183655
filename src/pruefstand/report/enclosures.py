"""What people add to a run: attestations and registered deviations, as reports show them."""

from __future__ import annotations

from dataclasses import dataclass


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
