"""An attestation: what a named person states about one manual check, as a signed record.

The record names the whole text of the item, so that a later change of wording is seen, and the
record before it, so that a missing one is. Whether it still stands is judged in `standing`.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.model.case import Json

FORMAT = "pruefstand-attestation-1"
MAX_NOTE = 4000
MAX_WORD = 200
"""Characters of a note, and of every other field."""


class Outcome(StrEnum):
    """What the person found; a withdrawal takes the statement before it back."""

    FULFILLED = "erfüllt"
    NOT_FULFILLED = "nicht erfüllt"
    WITHDRAWN = "zurückgezogen"


@dataclass(frozen=True, slots=True)
class Person:
    """Who states something, and as what."""

    name: str
    role: str

    @property
    def key(self) -> str:
        """The name without regard to case, spaces and Unicode form: two spellings, one person."""
        return " ".join(unicodedata.normalize("NFKC", self.name).casefold().split())


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a statement; its content lies in the blob store, `size` in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person says about the manual test case `case`; `text` is the item word by word."""

    case: str
    item: str
    text: str
    outcome: Outcome
    person: Person
    product: str = ""
    version: str = ""
    note: str = ""
    attachments: tuple[Attachment, ...] = ()
    second: Person | None = None
    valid_until: date | None = None
    """The last day on which it counts."""


@dataclass(frozen=True, slots=True)
class Binding:
    """What a statement was made about: campaign, system under test, catalogue."""

    campaign: str
    sut: Mapping[str, str]
    catalogue: str
    """SHA-256 of the catalogue folder in hex."""


@dataclass(frozen=True, slots=True)
class Attestation:
    """A statement in its place: `number` counts from 1, `previous` is the record before it."""

    number: int
    previous: str
    created: datetime
    binding: Binding
    statement: Statement

    def to_json(self) -> Json:
        """Return the record as a JSON object."""
        statement = self.statement
        end = statement.valid_until
        return {
            "format": FORMAT,
            "number": self.number,
            "previous": self.previous,
            "created": self.created.isoformat(),
            "binding": {**asdict(self.binding), "sut": dict(self.binding.sut)},
            "statement": {
                **asdict(statement),
                "outcome": statement.outcome.value,
                "valid_until": end.isoformat() if end else None,
            },
        }


def checked(statement: Statement) -> Statement:
    """Return `statement` with trimmed fields; raises OperatorError naming what is missing."""
    clean = replace(
        statement,
        person=_person(statement.person, "wer", "welche Rolle"),
        product=_word(statement.product, "Produkt"),
        version=_word(statement.version, "Version"),
        note=_word(statement.note, "Notiz", limit=MAX_NOTE),
        second=statement.second and _person(statement.second, "zweite Person", "deren Rolle"),
    )
    if clean.second is not None and clean.second.key == clean.person.key:
        raise OperatorError(
            f"{clean.case}: zweite Person ist {clean.second.name!r}, dieselbe wie die erste",
            hint="eine andere Person nennen, die selbst hingesehen hat",
        )
    if clean.outcome is not Outcome.FULFILLED and not clean.note:
        raise OperatorError(
            f"{clean.case}: {clean.outcome} ohne Notiz", hint="den Grund in die Notiz schreiben"
        )
    return clean


def _person(person: Person, who: str, as_what: str) -> Person:
    name, role = _word(person.name, who), _word(person.role, as_what)
    for word, label in ((name, who), (role, as_what)):
        if not word:
            raise OperatorError(f"Angabe fehlt: {label}", hint="Name und Rolle angeben")
    return Person(name, role)


def _word(text: str, label: str, *, limit: int = MAX_WORD) -> str:
    kept = "\n" if limit == MAX_NOTE else ""
    trimmed = text.replace("\r\n", "\n").strip()
    if len(trimmed) > limit:
        raise OperatorError(
            f"{label}: {len(trimmed)} Zeichen, erlaubt sind {limit}", hint="kürzer fassen"
        )
    hidden = [c for c in trimmed if c not in kept and unicodedata.category(c) in {"Cc", "Cf", "Cs"}]
    if hidden:
        raise OperatorError(
            f"{label}: unsichtbares Zeichen U+{ord(hidden[0]):04X}", hint="als Klartext schreiben"
        )
    return trimmed


def to_bytes(attestation: Attestation) -> bytes:
    """Return the record as JSON in ASCII, the octets that are signed."""
    return (json.dumps(attestation.to_json(), indent=1) + "\n").encode("ascii")


def from_bytes(content: bytes) -> Attestation:
    """Read what `to_bytes` wrote; raises ValueError on anything else."""
    try:
        record = json.loads(content)
        found = Attestation(
            number=record["number"],
            previous=record["previous"],
            created=datetime.fromisoformat(record["created"]),
            binding=Binding(**record["binding"]),
            statement=_statement(record["statement"]),
        )
        same = to_bytes(found) == content
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("keine Bestätigung") from error
    if not same:
        raise ValueError("nicht die Schreibweise des Prüfstands")
    return found


def _statement(raw: Mapping[str, Any]) -> Statement:
    second, end = raw["second"], raw["valid_until"]
    known = {
        "outcome": Outcome(raw["outcome"]),
        "person": Person(**raw["person"]),
        "attachments": tuple(Attachment(**entry) for entry in raw["attachments"]),
        "second": Person(**second) if second is not None else None,
        "valid_until": date.fromisoformat(end) if end is not None else None,
    }
    return Statement(**{**raw, **known})
