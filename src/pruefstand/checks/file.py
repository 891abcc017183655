"""What a given file must hold before anyone signs it."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement
from pruefstand.fhir.existing import ExistingPrescription

EXPECTED = "alle Nummern mit richtiger Prüfziffer"


def identifiers_hold(file: ExistingPrescription) -> Check:
    """Return the check that no identifier of `file` would make the Fachdienst refuse it."""
    wrong = [p for p in file.problems if not p.replaceable and not p.is_warning]

    def judge(_: Exchanges) -> Judgement:
        actual = "; ".join(f"{problem} → im PVS berichtigen und neu ausgeben" for problem in wrong)
        return Judgement(not wrong, EXPECTED, actual or "alle Nummern stimmen")

    return Check("identifiers_hold", ("P6-01",), judge)
