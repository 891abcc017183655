"""What the Fachdienst reads from a KBV bundle: compiled XPaths into one value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pruefstand.fhir.plain import Resource, to_json
from pruefstand.fhir.syntax import FhirSyntaxProblem
from pruefstand.fhir.xpath import Element, elements_of, texts_of

_KBV = "https://fhir.kbv.de/StructureDefinition/"
_ENTRY = "/f:Bundle/f:entry/f:resource"
_MVO = f"{_ENTRY}/f:MedicationRequest/f:extension[@url='{_KBV}KBV_EX_ERP_Multiple_Prescription']"
_REQUEST = f"{_ENTRY}/*[self::f:MedicationRequest]"
_RENDERED = (
    "http://hl7.org/fhir/5.0/StructureDefinition/"
    "extension-MedicationRequest.renderedDosageInstruction"
)
_GENERATED = (
    f"{_REQUEST}/f:extension[@url='http://ig.fhir.de/igs/medication/StructureDefinition/"
    "GeneratedDosageInstructionsMeta']"
)
_DOSAGES = elements_of(f"{_REQUEST}/f:dosageInstruction")

_PATHS = {
    name: texts_of(expression)
    for name, expression in {
        "profiles": "/f:Bundle/f:meta/f:profile/@value",
        "ids": "/f:Bundle/f:identifier[f:system/@value="
        "'https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId']/f:value/@value",
        "authored": f"{_ENTRY}/*[self::f:MedicationRequest or self::f:DeviceRequest]"
        "/f:authoredOn/@value",
        "drug_requests": f"{_ENTRY}/f:MedicationRequest",
        "device_requests": f"{_ENTRY}/f:DeviceRequest",
        "categories": f"{_ENTRY}/f:Medication/f:extension"
        f"[@url='{_KBV}KBV_EX_ERP_Medication_Category']/f:valueCoding/f:code/@value",
        "pzns": f"{_ENTRY}/*[self::f:Medication or self::f:DeviceRequest]"
        "//f:coding[f:system/@value='http://fhir.de/CodeSystem/ifa/pzn']/f:code/@value",
        "iks": f"{_ENTRY}/f:Coverage/f:payor/f:identifier"
        "[f:system/@value='http://fhir.de/sid/arge-ik/iknr']/f:value/@value",
        "alternative_iks": f"{_ENTRY}/f:Coverage/f:payor/f:identifier/f:extension"
        f"[@url='{_KBV}KBV_EX_FOR_Alternative_IK']/f:valueIdentifier/f:value/@value",
        "coverages": f"{_ENTRY}/f:Coverage",
        "coverage_types": f"{_ENTRY}/f:Coverage/f:type/f:coding/f:code/@value",
        "patient_systems": f"{_ENTRY}/f:Patient/f:identifier/f:system/@value",
        "kvnrs": f"{_ENTRY}/f:Patient/f:identifier"
        "[f:system/@value='http://fhir.de/sid/gkv/kvid-10']/f:value/@value",
        "lanrs": f"{_ENTRY}/f:Practitioner/f:identifier"
        "[f:system/@value='https://fhir.kbv.de/NamingSystem/KBV_NS_Base_ANR']/f:value/@value",
        "zanrs": f"{_ENTRY}/f:Practitioner/f:identifier"
        "[f:system/@value='http://fhir.de/sid/kzbv/zahnarztnummer']/f:value/@value",
        "legal_bases": f"{_ENTRY}/f:Composition/f:extension"
        f"[@url='{_KBV}KBV_EX_FOR_Legal_basis']/f:valueCoding/f:code/@value",
        "rendered": f"{_REQUEST}/f:extension[@url='{_RENDERED}']/f:valueMarkdown/@value",
        "dosage_languages": f"{_GENERATED}/f:extension[@url='language']/f:valueCode/@value",
        "dosage_algorithms": f"{_GENERATED}/f:extension[@url='algorithmVersion']"
        "/f:valueString/@value",
        "mvo_flags": f"{_MVO}/f:extension[@url='Kennzeichen']/f:valueBoolean/@value",
        "mvo_numerators": f"{_MVO}/f:extension[@url='Nummerierung']/f:valueRatio"
        "/f:numerator/f:value/@value",
        "mvo_denominators": f"{_MVO}/f:extension[@url='Nummerierung']/f:valueRatio"
        "/f:denominator/f:value/@value",
        "mvo_periods": f"{_MVO}/f:extension[@url='Zeitraum']/f:valuePeriod",
        "mvo_starts": f"{_MVO}/f:extension[@url='Zeitraum']/f:valuePeriod/f:start/@value",
        "mvo_ends": f"{_MVO}/f:extension[@url='Zeitraum']/f:valuePeriod/f:end/@value",
        "mvo_ids": f"{_MVO}/f:extension[@url='ID']/f:valueIdentifier/f:value/@value",
    }.items()
}


@dataclass(frozen=True, slots=True)
class MultiplePrescription:
    """The Mehrfachverordnung extension; None where an element is missing or no number or date."""

    marked: bool
    numerator: int | None
    denominator: int | None
    has_period: bool
    start: date | None
    end: date | None
    id: str | None


@dataclass(frozen=True, slots=True)
class DosageView:
    """dosageInstruction, and the text a machine made of it; None where something is missing.

    `problem` tells why dosageInstruction cannot be read.
    """

    instructions: tuple[Resource, ...]
    rendered: str | None
    language: str | None
    algorithm: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class PrescriptionView:
    """The fields the Fachdienst checks or stores."""

    profiles: tuple[str, ...]
    prescription_id: str | None
    authored_on: date | None
    drug_requests: int
    device_requests: int
    category: str | None
    pzns: tuple[str, ...]
    iks: tuple[str, ...]
    alternative_iks: tuple[str, ...]
    coverages: int
    coverage_type: str | None
    patient_systems: tuple[str, ...]
    kvnr: str | None
    lanrs: tuple[str, ...]
    zanrs: tuple[str, ...]
    legal_basis: str | None
    mvo: MultiplePrescription
    dosage: DosageView

    @classmethod
    def of(cls, root: Element) -> PrescriptionView:
        """Read the bundle below `root`; what is not there stays None or empty."""
        return cls(
            profiles=_texts(root, "profiles"),
            prescription_id=_text(root, "ids"),
            authored_on=_day(_text(root, "authored")),
            drug_requests=_count(root, "drug_requests"),
            device_requests=_count(root, "device_requests"),
            category=_text(root, "categories"),
            pzns=_texts(root, "pzns"),
            iks=_texts(root, "iks"),
            alternative_iks=_texts(root, "alternative_iks"),
            coverages=_count(root, "coverages"),
            coverage_type=_text(root, "coverage_types"),
            patient_systems=_texts(root, "patient_systems"),
            kvnr=_text(root, "kvnrs"),
            lanrs=_texts(root, "lanrs"),
            zanrs=_texts(root, "zanrs"),
            legal_basis=_text(root, "legal_bases"),
            mvo=_mvo(root),
            dosage=_dosage(root),
        )


def _mvo(root: Element) -> MultiplePrescription:
    return MultiplePrescription(
        marked=_text(root, "mvo_flags") == "true",
        numerator=_integer(_text(root, "mvo_numerators")),
        denominator=_integer(_text(root, "mvo_denominators")),
        has_period=_count(root, "mvo_periods") > 0,
        start=_day(_text(root, "mvo_starts")),
        end=_day(_text(root, "mvo_ends")),
        id=_text(root, "mvo_ids"),
    )


def _dosage(root: Element) -> DosageView:
    problem: str | None = None
    instructions: tuple[Resource, ...] = ()
    try:
        instructions = tuple(to_json(element) for element in _DOSAGES(root))
    except FhirSyntaxProblem as found:
        problem = found.text
    return DosageView(
        instructions=instructions,
        rendered=_text(root, "rendered"),
        language=_text(root, "dosage_languages"),
        algorithm=_text(root, "dosage_algorithms"),
        problem=problem,
    )


def _texts(root: Element, name: str) -> tuple[str, ...]:
    return tuple(_PATHS[name](root))


def _text(root: Element, name: str) -> str | None:
    found = _texts(root, name)
    return found[0] if found else None


def _count(root: Element, name: str) -> int:
    return len(_PATHS[name](root))


def _integer(text: str | None) -> int | None:
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text[:10]) if text is not None else None
    except ValueError:
        return None
