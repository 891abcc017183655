"""Read `catalogue/`: one CSV per source document, `documents.csv`, `checklists/`."""

from __future__ import annotations

import csv
import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from pruefstand.errors import ConfigurationError
from pruefstand.requirements.identifiers import versioned

DOCUMENTS = "documents.csv"
CHECKLISTS = "checklists"
VERBS = ("MUSS", "SOLL", "KANN", "DARF", "DARF NICHT", "")
METHODS = ("automatic", "client", "manual", "document")
CONFIDENCES = ("read", "index")
UNKNOWN_SUCCESSOR = "unbekannt"
COLUMNS = (
    "id",
    "source",
    "source_version",
    "verb",
    "actor",
    "applies_if",
    "subject",
    "title_de",
    "method",
    "observable_by",
    "not_tested_reason",
    "valid_from",
    "valid_to",
    "superseded_by",
    "confidence",
)
ITEM_COLUMNS = (
    "id",
    "list",
    "group",
    "title_de",
    "expectation_de",
    "requirements",
    "method",
    "not_tested_reason",
)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row; `document` is the CSV it stands in, and with `id` its key."""

    document: str
    id: str
    source: str
    source_version: str
    verb: str
    actor: str
    applies_if: str
    subject: str
    title: str
    method: str
    observable_by: str
    not_tested_reason: str
    valid_from: date | None
    valid_to: date | None
    superseded_by: str
    confidence: str

    @property
    def key(self) -> str:
        """Return the key that is unique in the whole catalogue."""
        return f"{self.document}:{self.id}"

    @property
    def was_read(self) -> bool:
        """Say whether the source's text was read, not only its id and title."""
        return self.confidence == "read"


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One item of the customer's picture; `requirements` are keys of the catalogue."""

    id: str
    list: str
    group: str
    title: str
    expectation: str
    requirements: tuple[str, ...]
    method: str
    not_tested_reason: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All rows; `areas` names, per document, the feature folders it rules."""

    requirements: tuple[Requirement, ...]
    areas: Mapping[str, frozenset[str]] = field(default_factory=dict)
    checklist: tuple[ChecklistItem, ...] = ()

    def find(self, identifier: str) -> tuple[Requirement, ...]:
        """Return the rows with this id, or with this key."""
        return tuple(row for row in self.requirements if identifier in (row.id, row.key))

    def versions(self, base: str) -> tuple[Requirement, ...]:
        """Return the rows of the gematik id `base`, written without suffix, in all versions."""
        return tuple(row for row in self.requirements if _base(row.id) == base)

    def resolve(self, identifier: str, area: str) -> Requirement | None:
        """Return the row a claim in the feature folder `area` means; None if unknown or several."""
        rows = self.find(identifier)
        if len(rows) > 1:
            rows = tuple(row for row in rows if area in self.areas.get(row.document, frozenset()))
        return rows[0] if len(rows) == 1 else None

    def successor(self, identifier: str) -> str | None:
        """Return the id that replaced `identifier`, `unbekannt` if only that is known."""
        stated = next((r.superseded_by for r in self.find(identifier) if r.superseded_by), None)
        if stated:
            return stated
        wanted = versioned(identifier)
        newest = wanted and max(
            (row.id for row in self.requirements if _base(row.id) == wanted.base),
            key=_version,
            default=None,
        )
        return newest if newest and wanted and _version(newest) > wanted.version else None

    def suggestions(self, identifier: str) -> list[str]:
        """Return up to three known ids that look like `identifier`, other versions first."""
        wanted = versioned(identifier)
        names = sorted({row.id for row in self.requirements} | {i.id for i in self.checklist})
        same = [name for name in names if wanted and _base(name) == wanted.base]
        close = difflib.get_close_matches(identifier, names, n=3, cutoff=0.6)
        return list(dict.fromkeys(same + close))[:3]


def _base(identifier: str) -> str:
    found = versioned(identifier)
    return found.base if found else identifier


def _version(identifier: str) -> int:
    found = versioned(identifier)
    return found.version if found else 0


def load_catalogue(folder: Path) -> Catalogue:
    """Read the catalogue; raises ConfigurationError naming file and line of what does not fit."""
    requirements = tuple(
        row
        for path in sorted(folder.glob("*.csv"))
        if path.name != DOCUMENTS
        for row in _document(path)
    )
    if not requirements:
        raise ConfigurationError(
            f"{folder}: kein Anforderungskatalog", hint="Ordner catalogue/ des Projekts angeben"
        )
    areas = {
        row["file"]: frozenset(row["areas"].split())
        for _, row in _rows(folder / DOCUMENTS, ("file", "areas"))
    }
    missing = {row.document for row in requirements} - set(areas)
    if missing:
        raise ConfigurationError(f"{folder / DOCUMENTS}: es fehlt {', '.join(sorted(missing))}")
    items = tuple(
        item for path in sorted((folder / CHECKLISTS).glob("*.csv")) for item in _items(path)
    )
    catalogue = Catalogue(requirements, areas, items)
    _check_references(catalogue)
    return catalogue


def _document(path: Path) -> Iterator[Requirement]:
    seen: set[str] = set()
    for place, row in _rows(path, COLUMNS):
        _check_choice(place, "verb", row["verb"], VERBS)
        _check_choice(place, "method", row["method"], METHODS)
        _check_choice(place, "confidence", row["confidence"], CONFIDENCES)
        if row["id"] in seen:
            raise ConfigurationError(f"{place}: {row['id']} steht schon in dieser Datei")
        seen.add(row["id"])
        for column in ("id", "source", "source_version", "title_de"):
            if not row[column].strip():
                raise ConfigurationError(f"{place}: Spalte {column} ist leer")
        yield _requirement(path.stem, place, row)


def _requirement(document: str, place: str, row: Mapping[str, str]) -> Requirement:
    return Requirement(
        document=document,
        id=row["id"],
        source=row["source"],
        source_version=row["source_version"],
        verb=row["verb"],
        actor=row["actor"],
        applies_if=row["applies_if"],
        subject=row["subject"],
        title=row["title_de"],
        method=row["method"],
        observable_by=row["observable_by"],
        not_tested_reason=row["not_tested_reason"],
        valid_from=_day(place, row["valid_from"]),
        valid_to=_day(place, row["valid_to"]),
        superseded_by=row["superseded_by"],
        confidence=row["confidence"],
    )


def _items(path: Path) -> Iterator[ChecklistItem]:
    for place, row in _rows(path, ITEM_COLUMNS):
        _check_choice(place, "method", row["method"], METHODS)
        keys = tuple(key.strip() for key in row["requirements"].split(";") if key.strip())
        yield ChecklistItem(
            id=row["id"],
            list=row["list"],
            group=row["group"],
            title=row["title_de"],
            expectation=row["expectation_de"],
            requirements=keys,
            method=row["method"],
            not_tested_reason=row["not_tested_reason"],
        )


def _check_references(catalogue: Catalogue) -> None:
    keys = {row.key for row in catalogue.requirements}
    ids = {row.id for row in catalogue.requirements} | {UNKNOWN_SUCCESSOR, ""}
    seen: set[str] = set()
    for item in catalogue.checklist:
        for key in item.requirements:
            if key not in keys:
                raise ConfigurationError(f"Checkliste {item.id}: {key} steht nicht im Katalog")
        if item.id in seen:
            raise ConfigurationError(f"Checkliste {item.id}: Kennung doppelt")
        seen.add(item.id)
    for row in catalogue.requirements:
        if row.superseded_by not in ids:
            raise ConfigurationError(f"{row.key}: Nachfolger {row.superseded_by} ist unbekannt")


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            if tuple(reader.fieldnames or ()) != columns:
                raise ConfigurationError(
                    f"{path}: Spalten {reader.fieldnames}", hint=f"erwartet {', '.join(columns)}"
                )
            for row in reader:
                place = f"{path}:{reader.line_num}"
                if None in row or None in row.values():
                    raise ConfigurationError(f"{place}: falsche Zahl von Spalten")
                yield place, row
    except (OSError, UnicodeError, csv.Error) as error:
        raise ConfigurationError(f"{path}: nicht lesbar ({error})") from error


def _check_choice(place: str, column: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigurationError(
            f"{place}: {column} ist {value!r}", hint=f"erlaubt: {', '.join(filter(None, allowed))}"
        )


def _day(place: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigurationError(f"{place}: {text!r} ist kein Tag JJJJ-MM-TT") from error
