"""What KBV's annex for sick notes (eAU) demands beyond the profiles."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from pruefstand.fhir.rules.rule import Breach, Rule
from pruefstand.fhir.xpath import Element, texts_of

LONGEST = timedelta(days=31)
_BOM = b"\xef\xbb\xbf"
_KBV = "https://fhir.kbv.de/StructureDefinition/"
_ENTRY = "/f:Bundle/f:entry/f:resource"
_AU = f"{_ENTRY}/f:Condition[f:code/f:coding/f:code/@value='eAU']"
_ICD = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
_ICD_CODES = f"{_ENTRY}/f:Condition/f:code/f:coding[f:system/@value='{_ICD}']"
_PATHS = {
    name: texts_of(expression)
    for name, expression in {
        "id": "/f:Bundle/f:identifier/f:value/@value",
        "issued": f"{_ENTRY}/f:Composition/f:date/@value",
        "asserted": f"{_AU}/f:extension"
        "[@url='http://hl7.org/fhir/StructureDefinition/condition-assertedDate']"
        "/f:valueDateTime/@value",
        "end": f"{_AU}/f:onsetPeriod/f:end/@value",
        "codes": f"{_ICD_CODES}/f:code/@value",
        "versions": f"{_ICD_CODES}/f:version/@value",
        "diagnoses": f"{_ENTRY}/f:Condition[f:code/f:coding/f:system/@value='{_ICD}']",
        "other_steps": f"{_ENTRY}/f:ServiceRequest[f:code/f:coding/f:code/@value='sonstige']",
        "other_texts": f"{_ENTRY}/f:ServiceRequest[f:code/f:coding/f:code/@value='sonstige']"
        "/f:code/f:text/@value",
        "payor": f"{_ENTRY}/f:Coverage/f:type/f:coding/f:code/@value",
        "extensions": f"{_ENTRY}//f:extension/@url",
        "steps": f"{_ENTRY}/f:ServiceRequest/f:code/f:coding/f:code/@value",
    }.items()
}
_UUID5 = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SPECIAL = re.compile(r"[*+!†]")
_NAME = re.compile(r"[ET]EAU0_(?:Storno_)?(?:urn:uuid:)?(.+)\Z")
_MOST_DIAGNOSES = 6
_PRIVATE_EXTENSIONS = frozenset(
    f"{_KBV}KBV_EX_EAU_{name}"
    for name in ("partially_employable", "unemployability", "admission_date", "discharge_date")
)
_PRIVATE_STEP = "stationaere_heilbehandlung"


@dataclass(frozen=True, slots=True)
class SickNote:
    """A sick note or its cancellation: bytes, tree, and the stem of its file if it has one."""

    data: bytes
    root: Element
    stem: str | None = None

    def texts(self, name: str) -> list[str]:
        """Return the values at a named place."""
        return list(_PATHS[name](self.root))

    def day(self, name: str) -> date | None:
        """Return the first value at a named place as a day."""
        for text in self.texts(name):
            try:
                return date.fromisoformat(text[:10])
            except ValueError:
                return None
        return None

    @property
    def document_id(self) -> str:
        """The document's id without its scheme."""
        return "".join(self.texts("id")[:1]).removeprefix("urn:uuid:")


def _byte_order_mark(note: SickNote) -> Breach | None:
    return Breach("bom", "EF BB BF") if note.data.startswith(_BOM) else None


def _file_name(note: SickNote) -> Breach | None:
    if note.stem is None:
        return None
    found = _NAME.match(note.stem)
    fits = found is not None and found[1] == note.document_id
    return None if fits else Breach("file-name", note.stem)


def _uuid(note: SickNote) -> Breach | None:
    found = "".join(note.texts("id")[:1])
    return None if _UUID5.fullmatch(found.lower()) else Breach("uuid", found)


def _asserted(note: SickNote) -> Breach | None:
    asserted, issued = note.day("asserted"), note.day("issued")
    if asserted is None or issued is None or asserted <= issued:
        return None
    return Breach("asserted", f"{asserted} nach {issued}")


def _end(note: SickNote) -> Breach | None:
    asserted, end = note.day("asserted"), note.day("end")
    if asserted is None or end is None or end - asserted <= LONGEST:
        return None
    return Breach("end", f"{(end - asserted).days} Tage")


def _diagnoses(note: SickNote) -> Breach | None:
    count = len(note.texts("diagnoses"))
    return Breach("diagnoses", str(count)) if count > _MOST_DIAGNOSES else None


def _codes(note: SickNote) -> Breach | None:
    wrong = [code for code in note.texts("codes") if _SPECIAL.search(code)]
    return Breach("code", ", ".join(wrong)) if wrong else None


def _versions(note: SickNote) -> Breach | None:
    issued, versions = note.day("issued"), note.texts("versions")
    if issued is None or len(versions) < len(note.texts("codes")):
        return Breach("version", f"{len(versions)} Versionen") if note.texts("codes") else None
    # A sick note written late may name the year of the treatment.
    wrong = [v for v in versions if v not in (str(issued.year), str(issued.year - 1))]
    return Breach("version", ", ".join(wrong)) if wrong else None


def _other_step(note: SickNote) -> Breach | None:
    steps, texts = len(note.texts("other_steps")), len(note.texts("other_texts"))
    return Breach("other-step", "ohne Text") if steps > texts else None


def _private(note: SickNote) -> Breach | None:
    payors = note.texts("payor")
    used = [url for url in note.texts("extensions") if url in _PRIVATE_EXTENSIONS]
    used += [step for step in note.texts("steps") if step == _PRIVATE_STEP]
    if not payors or "PKV" in payors or not used:
        return None
    return Breach("private", ", ".join(one.rpartition("/")[2] for one in used))


RULES = (
    Rule("byte-order-mark", "P310-01/AK4", "UTF-8 ohne BOM", _byte_order_mark),
    Rule("file-name", "P310-14/AK2", "Dateiname aus Kennung und Dokumenten-ID", _file_name),
    Rule("uuid", "P310-14/AK7", "Dokumenten-ID als UUID der Version 5", _uuid),
    Rule("asserted", "P310-04/AK3", "Feststellung nicht nach der Ausstellung", _asserted),
    Rule("private", "P310-04/AK1-PKV", "Angaben für Privatversicherte nur bei diesen", _private),
    Rule("end", "P310-04/AK4", "Ende höchstens 31 Tage nach der Feststellung", _end),
    Rule("diagnoses", "P310-05", "höchstens sechs Diagnosen", _diagnoses),
    Rule("code", "P310-05/AK3a", "ICD-Kode ohne Stern, Kreuz, Ausrufezeichen", _codes),
    Rule("version", "P310-05/AK3d", "ICD-Version des Jahres", _versions),
    Rule("other-step", "P310-07/AK3", "Sonstige Maßnahme mit Text", _other_step),
)
"""The rules that no profile expresses and a document alone can break."""
