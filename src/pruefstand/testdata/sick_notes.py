"""What a physician certifies: everything a sick note says before it becomes FHIR."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from pruefstand.rng import Rng
from pruefstand.testdata import insurers, persons, practices
from pruefstand.testdata.insurers import Coverage
from pruefstand.testdata.orders import PRUEFNUMMER
from pruefstand.testdata.persons import Insured
from pruefstand.testdata.practices import Practice, Practitioner


class NoteKind(StrEnum):
    """KBV_CS_EAU_AU_Type."""

    FIRST = "ERST"
    FOLLOWING = "FOLGE"
    FIRST_AND_LAST = "ERST_END"
    LAST = "FOLGE_END"

    @property
    def is_first(self) -> bool:
        """Whether the incapacity begins with this note."""
        return self in (NoteKind.FIRST, NoteKind.FIRST_AND_LAST)

    @property
    def is_last(self) -> bool:
        """Whether the incapacity ends with this note."""
        return self in (NoteKind.FIRST_AND_LAST, NoteKind.LAST)


class Cause(StrEnum):
    """KBV_CS_FOR_Ursache_Type."""

    ACCIDENT = "1"
    WORK_ACCIDENT = "2"
    SER = "3"


class Step(StrEnum):
    """KBV_CS_EAU_WeitereSchritte_Type, without the step of private insurance."""

    D_PHYSICIAN = "d_arzt"
    REHABILITATION = "reha"
    REINTEGRATION = "wiedereingliederung"
    OTHER = "sonstige"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """An ICD-10-GM code; certainty A, G, V or Z, side L, R, B or empty."""

    code: str
    certainty: str = "G"
    side: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.code, self.certainty, self.side)))


@dataclass(frozen=True, slots=True)
class SickNoteOrder:
    """A sick note as certified; codes are those of the KBV key tables.

    Nothing is checked: what breaks a rule is written all the same.
    """

    insured: Insured
    practitioner: Practitioner
    practice: Practice
    coverage: Coverage
    kind: NoteKind
    issued: date
    asserted: date
    start: date | None
    """First day of incapacity; only a first note states it."""
    end: date
    diagnoses: tuple[Diagnosis, ...]
    text: str = ""
    causes: tuple[Cause, ...] = ()
    steps: tuple[Step, ...] = ()
    other_step: str = ""
    seven_weeks: bool = False
    """From the seventh week on, or another case of Krankengeld."""
    legal_basis: str = "00"
    responsible: Practitioner | None = None
    asv_team: str = ""
    billing_area: str = "00"
    """Kostenträger-Abrechnungsbereich; 01 means insured abroad."""
    pruefnummer: str = PRUEFNUMMER

    @property
    def paper_only(self) -> str | None:
        """Why this note is never sent but printed for the insurer, or None (P6-03)."""
        if self.coverage.kind == "SKT" and not self.insured.kvnr:
            return "Sonstiger Kostenträger ohne Versicherten-ID"
        if self.coverage.person_group == "07":
            return "Besondere Personengruppe 07"
        return "im Ausland versichert" if self.billing_area == "01" else None

    @property
    def first_day(self) -> date:
        """The day an employer asks for: the stated beginning, else the day of assertion."""
        return self.start or self.asserted


_DIAGNOSES = (
    Diagnosis("J06.9"),
    Diagnosis("M54.5"),
    Diagnosis("S51.9", "G", "L"),
    Diagnosis("F43.2", "V"),
    Diagnosis("A09.9"),
    Diagnosis("K52.9", "Z"),
)


def sick_note(
    rng: Rng,
    day: date,
    *,
    kind: NoteKind = NoteKind.FIRST,
    days: int = 5,
    iknr: str | None = None,
    kvnr: str | None = None,
    practitioner: Practitioner | None = None,
    practice: Practice | None = None,
) -> SickNoteOrder:
    """Return a note issued on `day` for `days` days that depends on the seed alone."""
    return SickNoteOrder(
        insured=persons.insured(rng.derive("insured"), kvnr=kvnr),
        practitioner=practitioner or practices.physician(rng.derive("physician")),
        practice=practice or practices.practice(rng.derive("practice")),
        coverage=insurers.coverage(rng.derive("coverage"), iknr=iknr),
        kind=kind,
        issued=day,
        asserted=day,
        start=day if kind.is_first else None,
        end=day + timedelta(days=days - 1),
        diagnoses=(rng.derive("diagnosis").choice(_DIAGNOSES),),
    )


Change = Callable[[SickNoteOrder, Rng], SickNoteOrder]


def _accident(order: SickNoteOrder, _: Rng) -> SickNoteOrder:
    return replace(order, causes=(Cause.WORK_ACCIDENT,), steps=(Step.D_PHYSICIAN,))


def _all_steps(order: SickNoteOrder, _: Rng) -> SickNoteOrder:
    return replace(order, steps=tuple(Step), other_step="Stufenplan ab 3. Woche, ärztl. Gespräch")


def _asv(order: SickNoteOrder, rng: Rng) -> SickNoteOrder:
    team = f"00{rng.derive('asv').integer(1_000_000, 9_999_999)}"
    return replace(order, legal_basis="01", asv_team=team)


def _trainee(order: SickNoteOrder, rng: Rng) -> SickNoteOrder:
    trainee = practices.physician(rng.derive("trainee"))
    issuer = replace(trainee, number="", qualification="03", profession="Ärztin in Weiterbildung")
    return replace(order, practitioner=issuer, responsible=order.practitioner)


def _substitute(order: SickNoteOrder, rng: Rng) -> SickNoteOrder:
    issuer = replace(practices.physician(rng.derive("substitute")), qualification="04")
    return replace(order, practitioner=issuer, responsible=order.practitioner)


def _dentist(order: SickNoteOrder, rng: Rng) -> SickNoteOrder:
    return replace(order, practitioner=practices.dentist(rng.derive("dentist")))


def _insured_as(kind: str, group: str = "00") -> Change:
    def change(order: SickNoteOrder, _: Rng) -> SickNoteOrder:
        cover = replace(order.coverage, kind=kind, person_group=group)
        return replace(order, coverage=cover)

    return change


VARIANTS: dict[str, Change] = {
    "einfach": lambda order, _: order,
    "unfall": lambda order, _: replace(order, causes=(Cause.ACCIDENT,)),
    "arbeitsunfall": _accident,
    "entschädigung": lambda order, _: replace(order, causes=(Cause.SER,)),
    "alle-ursachen": lambda order, _: replace(order, causes=tuple(Cause)),
    "maßnahmen": _all_steps,
    "krankengeld": lambda order, _: replace(order, seven_weeks=True),
    "diagnosetext": lambda order, _: replace(order, text="Ä" * 70),
    "sechs-diagnosen": lambda order, _: replace(order, diagnoses=_DIAGNOSES),
    "31-tage": lambda order, _: replace(order, end=order.asserted + timedelta(days=31)),
    "rückwirkend": lambda order, _: replace(order, asserted=order.asserted - timedelta(days=3)),
    "asv": _asv,
    "weiterbildung": _trainee,
    "vertretung": _substitute,
    "zahnarzt": _dentist,
    "sonstige-kostenträger": _insured_as("SKT"),
    "asylbewerber": _insured_as("SKT", "09"),
    "sozialhilfe": _insured_as("GKV", "04"),
    "ambulant-im-krankenhaus": lambda order, _: replace(order, legal_basis="04"),
}
"""The variants of the annex for statutory insurance, each a change to a simple note."""


def variant(rng: Rng, day: date, name: str, kind: NoteKind = NoteKind.FIRST) -> SickNoteOrder:
    """Return the variant `name` of `VARIANTS` as a note of `kind`."""
    return VARIANTS[name](sick_note(rng, day, kind=kind), rng)
