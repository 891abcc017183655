"""What gematik's reference validator changes in packages as published, as further differential.

Its copies with snapshots carry these changes already; they decide on verdicts.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

_KBV = "https://fhir.kbv.de/StructureDefinition/"
_RENDERED = (
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-MedicationDispense.renderedDosageInstruction"
)
_GENERATED = "http://ig.fhir.de/igs/medication/StructureDefinition/GeneratedDosageInstructionsMeta"


def _nine_digits(slice_name: str, key: str) -> dict[str, Any]:
    # Another wording of the same rule: the text of a mere warning elsewhere would decide.
    rule = {"key": key, "severity": "error", "expression": "matches('^[0-9]{9,9}$')"}
    return {"id": f"Organization.identifier:{slice_name}.value", "constraint": [rule]}


AMENDMENTS = MappingProxyType(
    {
        (_KBV + "KBV_PR_FOR_Organization", "1.2.1"): (
            _nine_digits("Institutionskennzeichen", "-for-laengeIK"),
            _nine_digits("Betriebsstaettennummer", "-for-laengeBSNR"),
            _nine_digits("KZV-Abrechnungsnummer", "-for-laengeKZVA"),
        ),
        (_KBV + "KBV_PR_ERP_Prescription", "1.4.3"): (
            {
                "id": "MedicationRequest",
                "constraint": [
                    {
                        "key": "-erp-dosageExtensionOhneDosierung",
                        "severity": "error",
                        "human": "Ohne Dosierung kein erzeugter Dosierungstext",
                        "expression": "dosageInstruction.empty() implies"
                        f" extension('{_RENDERED}').empty() and extension('{_GENERATED}').empty()",
                    }
                ],
            },
        ),
    }
)
"""Address and version of a structure → elements that complete its differential."""
