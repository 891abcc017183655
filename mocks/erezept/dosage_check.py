"""Structured dosage in $activate: the text sent must be the text the data give."""

from __future__ import annotations

from mocks.erezept.errors import Refused
from mocks.erezept.prescription_view import DosageView
from pruefstand.fhir.dosage_text import DosageProblem, dosage_text, is_structured

LANGUAGE = "de-DE"


def check_dosage(dosage: DosageView) -> None:
    """Compare the rendered text with the generated one; raises Refused 400."""
    if not is_structured(dosage.instructions):
        return
    try:
        expected = dosage_text(dosage.instructions)
    except DosageProblem as problem:
        raise _invalid(f"dosageInstruction: error: {problem}") from None
    if dosage.rendered is None:
        raise _invalid("MedicationRequest: error: renderedDosageInstruction is missing")
    if dosage.language != LANGUAGE or not dosage.algorithm:
        raise _invalid("MedicationRequest: error: GeneratedDosageInstructionsMeta is incomplete")
    if dosage.rendered != expected:
        raise Refused("dosage-text", diagnostics=f"expected: {expected}", found=dosage.rendered)


def _invalid(diagnostics: str) -> Refused:
    return Refused("validation", diagnostics=diagnostics)
