"""What a physician orders: everything a prescription says before it becomes FHIR."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pruefstand.ids.rezept_id import FlowType
from pruefstand.rng import Rng
from pruefstand.testdata import insurers, medications, persons, practices
from pruefstand.testdata.insurers import Coverage, Insurance
from pruefstand.testdata.medications import Kind, Medication
from pruefstand.testdata.names import PersonName
from pruefstand.testdata.persons import Insured
from pruefstand.testdata.practices import Practice, Practitioner

PRUEFNUMMER = "Y/400/2611/36/001"
"""Prüfnummer of the prescribing software, invented."""

_DOSAGES = ("1-0-0-0", "1-0-1-0", "0-0-1-0", "1x täglich nach dem Essen")


@dataclass(frozen=True, slots=True)
class Series:
    """One part of a Mehrfachverordnung; all parts share the UUID `series_id`."""

    part: int
    parts: int
    start: date
    end: date | None
    series_id: str


@dataclass(frozen=True, slots=True)
class Accident:
    """Why somebody else pays; `cause` 1 accident, 2 at work, 4 occupational disease."""

    cause: str
    company: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Teratogenic:
    """A T-Rezept: for how many weeks, and whether for a woman who may conceive."""

    weeks: int
    childbearing: bool = False


@dataclass(frozen=True, slots=True)
class PrescriptionOrder:
    """An order; codes are those of the KBV key tables, an empty dosage means none is given.

    A compounding without dosage breaks the KBV profile; it is written all the same.
    """

    insured: Insured
    practitioner: Practitioner
    practice: Practice
    coverage: Coverage
    medication: Medication
    dosage_text: str
    flow_type: int
    legal_basis: str = "00"
    copayment: str = "0"
    emergency_fee: bool = False
    category: str = "00"
    substitution: bool = True
    quantity: int = 1
    note: str = ""
    series: Series | None = None
    pruefnummer: str = PRUEFNUMMER
    dosage: tuple[dict[str, Any], ...] = ()
    """A structured dosage (FHIR JSON, DosageDgMP) in place of the text."""
    accident: Accident | None = None
    teratogenic: Teratogenic | None = None
    responsible: Practitioner | None = None
    """Who answers for a writer in training."""

    @property
    def kind(self) -> Kind:
        """Return the kind of the medication."""
        return self.medication.kind


def order(
    rng: Rng,
    *,
    kind: Kind = "pzn",
    insurance: Insurance = "GKV",
    flow_type: int | None = None,
    kvnr: str | None = None,
    iknr: str | None = None,
    physician_name: str | PersonName | None = None,
    lanr: str | None = None,
    bsnr: str | None = None,
    insured: Insured | None = None,
    practitioner: Practitioner | None = None,
    practice: Practice | None = None,
) -> PrescriptionOrder:
    """Return an order that depends on the seed alone; what is given is taken unchecked.

    Without `flow_type` the flow is the plain one of the insurance, 160 or 200.
    """
    plain = FlowType.DRUG if insurance == "GKV" else FlowType.DRUG_PRIVATE
    return PrescriptionOrder(
        insured=insured or persons.insured(rng.derive("insured"), kvnr=kvnr),
        practitioner=practitioner
        or practices.physician(rng.derive("physician"), name=physician_name, lanr=lanr),
        practice=practice or practices.practice(rng.derive("practice"), bsnr=bsnr),
        coverage=insurers.coverage(rng.derive("coverage"), insurance=insurance, iknr=iknr),
        medication=medications.medication(rng.derive("medication"), kind),
        dosage_text=rng.derive("dosage").choice(_DOSAGES),
        flow_type=int(plain if flow_type is None else flow_type),
    )
