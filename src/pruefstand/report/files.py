"""The table of report writers, and how the reports of a run are written.

A writer is a name, a file and a function of the dossier. Ours stand in `BUILT_IN`; installed
packages add theirs under the entry point group `pruefstand.reports`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import cast

from pruefstand.errors import ConfigurationError, OperatorError
from pruefstand.report.dossier import Dossier

GROUP = "pruefstand.reports"
Pieces = Callable[[Dossier], Iterable[bytes]]


@dataclass(frozen=True, slots=True)
class Writer:
    """One format: `file` is its name in the run folder, `pieces` yields the file's content."""

    file: str
    about: str
    """What it is and who reads it, in German, for the command line."""
    pieces: Pieces


def _built_in(name: str, place: str) -> EntryPoint:
    return EntryPoint(name, f"pruefstand.report.{place}:WRITER", GROUP)


BUILT_IN = (
    _built_in("html", "html"),
    _built_in("pdf", "pdf"),
    _built_in("junit", "junit"),
    _built_in("csv", "matrix"),
    _built_in("xlsx", "workbook"),
    _built_in("json", "record"),
    _built_in("fhir", "testreport"),
)
"""Loaded when they are asked for, as the installed ones are."""


def registered() -> dict[str, EntryPoint]:
    """Return every writer by name; raises ConfigurationError when two share a name."""
    found: dict[str, EntryPoint] = {}
    for entry in (*BUILT_IN, *entry_points(group=GROUP)):
        if entry.name in found and found[entry.name] != entry:
            raise ConfigurationError(
                f"Berichtsformat {entry.name!r} gibt es zweimal: {found[entry.name].value} "
                f"und {entry.value}",
                hint="eines der Pakete entfernen",
            )
        found[entry.name] = entry
    return found


def writers(names: Iterable[str] = ()) -> Mapping[str, Writer]:
    """Return the writers `names`, all without a name; raises ConfigurationError for others."""
    known = registered()
    chosen = list(dict.fromkeys(names)) or list(known)
    for name in chosen:
        if name not in known:
            raise ConfigurationError(
                f"Berichtsformat {name!r} gibt es nicht", hint=f"bekannt: {', '.join(known)}"
            )
    return {name: cast("Writer", known[name].load()) for name in chosen}


def write_reports(
    dossier: Dossier,
    folder: Path,
    formats: Mapping[str, Writer] | None = None,
    *,
    announce: Callable[[str], None] = lambda _file: None,
) -> dict[str, Path]:
    """Write each format into `folder`, return the paths by name.

    `announce` hears of each file before it is made. Raises OperatorError when `folder` cannot be
    written.
    """
    written = {}
    for name, writer in (formats or writers()).items():
        announce(writer.file)
        path = folder / writer.file
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as target:
                target.writelines(writer.pieces(dossier))
        except OSError as error:
            raise OperatorError(
                f"{path}: nicht schreibbar ({error.strerror})",
                hint="Speicherplatz und Rechte prüfen oder --out angeben",
            ) from error
        written[name] = path
    return written
