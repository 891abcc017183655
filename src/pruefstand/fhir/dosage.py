"""The dosage of a prescription in words; 1.3 and 1.4 put it in different places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pruefstand.fhir import kbv
from pruefstand.fhir.dosage_text import dosage_text
from pruefstand.fhir.kbv import Json

_RENDERED = (
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-MedicationRequest.renderedDosageInstruction"
)
_GENERATED = "http://ig.fhir.de/igs/medication/StructureDefinition/GeneratedDosageInstructionsMeta"
_ALGORITHM_VERSION = "1.0.1"


@dataclass(frozen=True, slots=True)
class Dosing:
    """Extensions of the MedicationRequest, and its dosageInstruction or nothing."""

    extensions: list[Json] = field(default_factory=list)
    instructions: list[Json] = field(default_factory=list)


def dosing(text: str, *, kind: str, version: str, structured: Sequence[Json] = ()) -> Dosing:
    """Return the dosage for a medication of `kind`, in the form of `version`.

    From 1.4 on it may be `structured` (DosageDgMP, elements of dosageInstruction); its text follows
    from it then, and 1.3 carries that text. Raises DosageProblem.
    """
    text = dosage_text(structured) if structured else text
    if version == "1.3":
        return _dosing_1_3(text, kind)
    return _dosing_1_4(text, list(structured))


def _flag(given: bool) -> Json:
    return kbv.extension("KBV_EX_ERP_DosageFlag", valueBoolean=given)


def _dosing_1_3(text: str, kind: str) -> Dosing:
    # A compounding carries directions for use here, not a dosage, and no flag.
    if kind == "rezeptur":
        return Dosing(instructions=[{"patientInstruction": text}] if text else [])
    if not text:
        return Dosing(instructions=[{"extension": [_flag(False)]}])
    return Dosing(instructions=[{"extension": [_flag(True)], "text": text}])


def _dosing_1_4(text: str, structured: list[Json]) -> Dosing:
    if not text:
        return Dosing([_flag(False)])
    parts = [
        kbv.part("algorithmVersion", valueString=_ALGORITHM_VERSION),
        kbv.part("language", valueCode="de-DE"),
    ]
    return Dosing(
        [
            _flag(True),
            {"url": _RENDERED, "valueMarkdown": text},
            {"url": _GENERATED, "extension": parts},
        ],
        structured or [{"text": text}],
    )
