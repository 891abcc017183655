"""What a sick note or its cancellation says, read from the XML that came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lxml import etree

from pruefstand.fhir.profiles import split_canonical
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse

NOTE, STORNO = "KBV_PR_EAU_Bundle", "KBV_PR_EAU_Storno_Bundle"
URN = "urn:uuid:"
_ENTRY = "/f:Bundle/f:entry/f:resource"
_AU = f"{_ENTRY}/f:Condition[f:code/f:coding/f:code/@value='eAU']"
_ADDRESSES = "https://fhir.kbv.de/CodeSystem/"


@dataclass(frozen=True, slots=True)
class SickNoteFacts:
    """One document; what it does not state is empty or None."""

    profile: str
    version: str
    document_id: str
    """Without its URN scheme."""
    issued: date | None
    cancelled: str = ""
    """The document id a Storno takes back."""
    kind: str = ""
    kvnr: str = ""
    family: str = ""
    given: str = ""
    payor: str = ""
    iknr: str = ""
    person_group: str = ""
    asserted: date | None = None
    start: date | None = None
    end: date | None = None
    causes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()

    @property
    def is_storno(self) -> bool:
        """Whether the document takes another one back."""
        return self.profile == STORNO


def read_sick_note(data: bytes) -> SickNoteFacts:
    """Return what `data` says; raises FhirSyntaxProblem unless it is one of the two bundles."""
    root = safe_parse(data)
    profiles = _texts(root, "/f:Bundle/f:meta/f:profile/@value")
    named = [split_canonical(profile) for profile in profiles]
    known = next((pair for pair in named if pair[0] in (NOTE, STORNO)), None)
    if known is None:
        raise FhirSyntaxProblem(f"weder {NOTE} noch {STORNO}")
    steps = f"{_ENTRY}/f:ServiceRequest/f:code/f:coding/f:code/@value"
    causes = f"{_AU}/f:extension/f:valueCodeableConcept/f:coding/f:code/@value"
    group = "http://fhir.de/StructureDefinition/gkv/besondere-personengruppe"
    asserted = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
    types = f"[f:system/@value='{_ADDRESSES}KBV_CS_EAU_AU_Type']"
    return SickNoteFacts(
        *known,
        document_id=_text(root, "/f:Bundle/f:identifier/f:value/@value").removeprefix(URN),
        issued=_day(root, f"{_ENTRY}/f:Composition/f:date/@value"),
        cancelled=_text(
            root, f"{_ENTRY}/f:List/f:entry/f:item/f:identifier/f:value/@value"
        ).removeprefix(URN),
        kind=_text(root, f"{_ENTRY}/f:Composition/f:type/f:coding{types}/f:code/@value"),
        kvnr=_text(root, f"{_ENTRY}/f:Patient/f:identifier/f:value/@value"),
        family=_text(root, f"{_ENTRY}/f:Patient/f:name/f:family/@value"),
        given=_text(root, f"{_ENTRY}/f:Patient/f:name/f:given/@value"),
        payor=_text(root, f"{_ENTRY}/f:Coverage/f:type/f:coding/f:code/@value"),
        iknr=_text(root, f"{_ENTRY}/f:Coverage/f:payor/f:identifier/f:value/@value"),
        person_group=_text(
            root,
            f"{_ENTRY}/f:Coverage/f:extension[@url='{group}']/f:valueCoding/f:code/@value",
        ),
        asserted=_day(root, f"{_AU}/f:extension[@url='{asserted}']/f:valueDateTime/@value"),
        start=_day(root, f"{_AU}/f:onsetPeriod/f:start/@value"),
        end=_day(root, f"{_AU}/f:onsetPeriod/f:end/@value"),
        causes=tuple(_texts(root, causes)),
        steps=tuple(_texts(root, steps)),
    )


def _texts(root: etree._Element, path: str) -> list[str]:
    found = root.xpath(path, namespaces={"f": NAMESPACE}, smart_strings=False)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _text(root: etree._Element, path: str) -> str:
    return next(iter(_texts(root, path)), "")


def _day(root: etree._Element, path: str) -> date | None:
    try:
        return date.fromisoformat(_text(root, path))
    except ValueError:
        return None
