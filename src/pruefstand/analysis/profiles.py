"""What the official FHIR profiles say of the documents of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd

from pruefstand.evidence.run_folder import BLOBS, Run
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.validation import Result, Validator

_DOCUMENT = re.compile(
    rb"\s*(?:<\?xml[^>]*>)?\s*<Bundle\s[^>]*>.{0,400}?/KBV_PR_[A-Z]+_", re.DOTALL
)
_COLUMNS = ["Dokument", "Profil", "Urteil", "Regel", "Pfad", "erwartet", "gefunden"]


def profile_findings(run: Run) -> pd.DataFrame:
    """Return one row per document of KBV in a run, or per finding about it.

    Without the official packages every document is *nicht entscheidbar*.
    """
    try:
        validator = Validator()
    except MissingPackage:
        validator = None
    rows = [row for name, data in _documents(run) for row in _rows(name, data, validator)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _documents(run: Run) -> Iterator[tuple[str, bytes]]:
    for path in sorted((run.folder / BLOBS).rglob("*")):
        data = path.read_bytes() if path.is_file() else b""
        if _DOCUMENT.match(data):
            yield path.name[:12], data


def _rows(name: str, data: bytes, validator: Validator | None) -> Iterator[dict[str, str]]:
    empty = dict.fromkeys(_COLUMNS, "") | {"Dokument": name}
    result = _result(data, validator)
    if result is None:
        yield empty | {"Urteil": "nicht entscheidbar"}
        return
    verdict = "gültig" if result.valid else "ungültig"
    row = empty | {"Profil": result.profile.rpartition("/")[2], "Urteil": verdict}
    if result.valid:
        yield row
    for finding in result.errors:
        place = {"Regel": finding.rule, "Pfad": finding.path}
        yield row | place | {"erwartet": finding.expected, "gefunden": finding.found}


def _result(data: bytes, validator: Validator | None) -> Result | None:
    try:
        return validator.validate(data) if validator else None
    except MissingPackage:
        return None
