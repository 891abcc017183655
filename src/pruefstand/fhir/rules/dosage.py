"""Structured dosage: the text sent must be the text the data give."""

from __future__ import annotations

from pruefstand.fhir.dosage_text import DosageProblem, dosage_text, is_structured
from pruefstand.fhir.rules.prescription_view import DosageView
from pruefstand.fhir.rules.rule import Breach

LANGUAGE = "de-DE"


def judge_dosage(dosage: DosageView) -> Breach | None:
    """Compare the rendered text with the generated one."""
    if not is_structured(dosage.instructions):
        return None
    try:
        expected = dosage_text(dosage.instructions)
    except DosageProblem as problem:
        return _invalid(f"dosageInstruction: error: {problem}")
    if dosage.rendered is None:
        return _invalid("MedicationRequest: error: renderedDosageInstruction is missing")
    if dosage.language != LANGUAGE or not dosage.algorithm:
        return _invalid("MedicationRequest: error: GeneratedDosageInstructionsMeta is incomplete")
    if dosage.rendered != expected:
        return Breach("dosage-text", f"expected: {expected}", {"found": dosage.rendered})
    return None


def _invalid(detail: str) -> Breach:
    return Breach("validation", detail)
