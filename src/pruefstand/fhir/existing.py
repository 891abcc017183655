"""A prescription from a file: judged, and fitted to a task by changing single values in place."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from pruefstand.clock import berlin_day
from pruefstand.fhir import identifier_problems, located
from pruefstand.fhir.existing_reader import Content, PrescriptionFileError, read
from pruefstand.fhir.identifier_problems import IdentifierProblem
from pruefstand.fhir.located import Element
from pruefstand.ids.rezept_id import FlowType

LARGEST_FILE = 1024 * 1024
"""Bytes; an E-Rezept has about 15 000."""

_REASONS: dict[int | None, str] = {
    errno.ENOENT: "die Datei gibt es nicht",
    errno.EACCES: "keine Leserechte",
    errno.EISDIR: "ein Ordner ohne lesbare XML-Dateien",
    errno.EINVAL: "keine gewöhnliche Datei",
}
_TERATOGENIC = "02"
_PRIVATE_FLOW = {
    FlowType.DRUG: FlowType.DRUG_PRIVATE,
    FlowType.STEERED: FlowType.STEERED_PRIVATE,
}


@dataclass(frozen=True, slots=True)
class Change:
    """One value that `adapt` replaces."""

    path: str
    old: str
    new: str


def file_content(path: Path | str) -> bytes:
    """Return the octets of a file, one more than allowed of a larger one.

    Raises PrescriptionFileError when it cannot be read.
    """
    file = Path(path)
    try:
        # A pipe or device could block or never end.
        if file.is_dir():
            raise OSError(errno.EISDIR, "")
        if file.exists() and not file.is_file():
            raise OSError(errno.EINVAL, "")
        with file.open("rb") as stream:
            data = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise PrescriptionFileError(
            str(file),
            _REASONS.get(getattr(error, "errno", None), "nicht lesbar"),
            "eine lesbare Datei",
            "Pfad und Leserechte prüfen",
        ) from None
    return data


@dataclass(frozen=True, slots=True)
class ExistingPrescription:
    """A KBV_PR_ERP_Bundle as the operator gave it; `data` are the original bytes."""

    name: str
    data: bytes
    content: Content
    problems: tuple[IdentifierProblem, ...]
    """Wrong check digits: faults of the file, which the Fachdienst refuses or warns of."""

    @property
    def refusals(self) -> tuple[str, ...]:
        """What the Fachdienst would refuse and nothing here may repair, in words."""
        found = self.problems
        return tuple(str(one) for one in found if not one.replaceable and not one.is_warning)

    @classmethod
    def load(cls, path: Path | str) -> ExistingPrescription:
        """Read a file; raises PrescriptionFileError when it cannot be used."""
        return cls.from_bytes(file_content(path), str(Path(path)))

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> ExistingPrescription:
        """Read `data`; raises PrescriptionFileError with `name` when they cannot be used."""
        if len(data) > LARGEST_FILE:
            raise PrescriptionFileError(
                name,
                "die Datei ist zu groß",
                f"höchstens {LARGEST_FILE} Bytes",
                "jede Verordnung als eigene Datei angeben",
            )
        content = read(data, name)
        return cls(name, data, content, identifier_problems.find(content.root, name))

    @property
    def rezept_id(self) -> str:
        """Return the Rezept-ID in the file, valid or not."""
        return self.content.rezept_id.value or ""

    @property
    def profile_version(self) -> str:
        """Return the version of KBV_PR_ERP_Bundle, such as "1.4"."""
        return self.content.profile_version

    @property
    def authored_on(self) -> date:
        """Return the day of writing."""
        return date.fromisoformat(self.content.authored_on.value or "")

    @property
    def insurance(self) -> str:
        """Return the kind of insurance: GKV, PKV, BG, SEL, SKT or UK."""
        return self.content.insurance

    @property
    def kvnr(self) -> str | None:
        """Return the KVNR of the patient, valid or not; None when there is none."""
        return self.content.kvnr

    @property
    def category(self) -> str | None:
        """Return the Arzneimittelkategorie: 00 Arzneimittel, 01 BtM, 02 T-Rezept, 03 Sonstiges."""
        return self.content.category

    @property
    def is_series(self) -> bool:
        """Return whether this is one part of a Mehrfachverordnung with a period."""
        return bool(self.content.period)

    @property
    def first_redeemable(self) -> date:
        """Return the first day a pharmacy may accept it: start of the period, or day of writing."""
        starts = [element for element in self.content.period if element.name == "start"]
        return date.fromisoformat(starts[0].value or "") if starts else self.authored_on

    @property
    def flow_type(self) -> int:
        """Return the workflow the task needs: 166 for T-Rezept, else 160/169, for PKV 200/209."""
        if self.category == _TERATOGENIC:
            return int(FlowType.TERATOGENIC)
        steered = self.rezept_id.startswith(("169.", "209."))
        flow = FlowType.STEERED if steered else FlowType.DRUG
        return int(_PRIVATE_FLOW[flow] if self.insurance == "PKV" else flow)

    def adapt(self, *, rezept_id: str, authored: date, repair: bool = False) -> bytes:
        """Return the file with the values of `changes` replaced, every other byte as it was."""
        planned = self._planned(rezept_id, authored, repair)
        return located.replace_values(self.data, planned)

    def changes(
        self, *, rezept_id: str, authored: date, repair: bool = False
    ) -> tuple[Change, ...]:
        """Return what `adapt` does: Rezept-ID, day of writing, period, and wrong ids on `repair`.

        A datetime counts as its day in Germany. A period beyond year 9999 raises
        PrescriptionFileError.
        """
        return tuple(
            Change(element.path, element.value or "", new)
            for element, new in self._planned(rezept_id, authored, repair)
        )

    def _planned(self, rezept_id: str, authored: date, repair: bool) -> list[tuple[Element, str]]:
        day = berlin_day(authored) if isinstance(authored, datetime) else authored
        planned = [
            (self.content.rezept_id, rezept_id),
            (self.content.authored_on, day.isoformat()),
            *self._shifted_period(day - self.authored_on),
        ]
        if repair:
            planned += identifier_problems.replacements(self.content.root)
        return [(element, new) for element, new in planned if element.value != new]

    def _shifted_period(self, step: timedelta) -> Iterator[tuple[Element, str]]:
        for element in self.content.period:
            try:
                moved = date.fromisoformat(element.value or "") + step
            except OverflowError:
                raise PrescriptionFileError(
                    self.name,
                    f"Zeile {element.line}, {element.path}",
                    "ein Datum, das sich mit dem Ausstellungstag verschieben lässt",
                    "den Einlösezeitraum in der Datei begrenzen",
                ) from None
            yield element, moved.isoformat()
