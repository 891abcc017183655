"""Structured dosage: the text sent must be the text the data give."""

from __future__ import annotations

from pruefstand.fhir.dosage_text import DosageProblem, dosage_text, is_structured
from pruefstand.fhir.rules.prescription_view import DosageView
from pruefstand.fhir.rules.rule import Breach

LANGUAGE = "de-DE"
_SHAPES = (AttributeError, LookupError, TypeError, ValueError)
"""What reading a dosage raises that has another form than its profile."""


def judge_dosage(dosage: DosageView) -> Breach | None:
    """Compare the rendered text with the generated one."""
    if dosage.problem:
        return _invalid(f"dosageInstruction: error: {dosage.problem}")
    try:
        if not is_structured(dosage.instructions):
            return None
        expected = dosage_text(dosage.instructions)
    except DosageProblem as problem:
        return _invalid(f"dosageInstruction: error: {problem}")
    except _SHAPES:
        return _invalid("dosageInstruction: error: not of the form of a Dosage")
    if dosage.rendered is None:
        return _invalid("MedicationRequest: error: renderedDosageInstruction is missing")
    if dosage.language != LANGUAGE or not dosage.algorithm:
        return _invalid("MedicationRequest: error: GeneratedDosageInstructionsMeta is incomplete")
    if dosage.rendered != expected:
        return Breach("dosage-text", f"expected: {expected}", {"found": dosage.rendered})
    return None


def _invalid(detail: str) -> Breach:
    return Breach("validation", detail)
