"""The practice's own look at a document before it is signed."""

from __future__ import annotations

from pruefstand.clock import Clock
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.sick_note_facts import read_sick_note
from pruefstand.fhir.validation import Validator, message
from pruefstand.fhir.xml import FhirSyntaxProblem
from pruefstand.flows.eau_ausstellen import ProblemOf


def by_profile(clock: Clock) -> ProblemOf:
    """Return what judges documents by the official profiles, by their shape without packages."""
    try:
        validator = Validator(clock=clock)
    except MissingPackage:
        return by_shape

    def problem_of(document: bytes) -> str:
        try:
            errors = validator.validate(document).errors
        except MissingPackage:
            return by_shape(document)
        return message(errors[0], "de") if errors else ""

    return problem_of


def by_shape(document: bytes) -> str:
    """Return whether a document is readable, and its beginning fits its kind."""
    try:
        facts = read_sick_note(document)
    except FhirSyntaxProblem as problem:
        return str(problem)
    begins = facts.start is not None
    fits = facts.is_storno or begins is facts.kind.startswith("ERST")
    return "" if fits else "Nur eine Erstbescheinigung nennt den Beginn"
