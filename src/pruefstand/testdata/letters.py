"""What a physician writes to a colleague: everything an eArztbrief says before it becomes files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pruefstand.rng import Rng
from pruefstand.testdata import insurers, persons, practices
from pruefstand.testdata.insurers import Coverage
from pruefstand.testdata.persons import Insured
from pruefstand.testdata.practices import Practice, Practitioner

_FINDINGS = (
    "Allgemeinzustand gut, Auskultation unauffällig.",
    "Druckschmerz paravertebral, keine Ausfälle.",
    "Blutdruck im Mittel 138/84, Ruhe-EKG ohne Befund.",
)
_DIAGNOSES = ("J06.9 G", "M54.5 G", "I10.90 G")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter; `paragraphs` are pairs of heading and text. Nothing is checked."""

    insured: Insured
    coverage: Coverage
    practitioner: Practitioner
    practice: Practice
    recipient: str
    day: date
    paragraphs: tuple[tuple[str, str], ...]


def letter(rng: Rng, day: date, recipient: str) -> Letter:
    """Return a letter of `day` to the institution `recipient` that depends on the seed alone."""
    return Letter(
        insured=persons.insured(rng.derive("insured")),
        coverage=insurers.coverage(rng.derive("coverage")),
        practitioner=practices.physician(rng.derive("physician")),
        practice=practices.practice(rng.derive("practice")),
        recipient=recipient,
        day=day,
        paragraphs=(
            ("Anamnese", "Vorstellung wegen seit Tagen bestehender Beschwerden."),
            ("Befund", rng.derive("finding").choice(_FINDINGS)),
            ("Diagnosen", rng.derive("diagnosis").choice(_DIAGNOSES)),
        ),
    )
