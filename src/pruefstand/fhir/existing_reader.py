"""Find in a KBV_PR_ERP_Bundle what is needed to send it, or say why it cannot be used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from pruefstand.errors import OperatorError
from pruefstand.fhir import kbv, profiles
from pruefstand.fhir.located import Element, parse
from pruefstand.fhir.xml import FhirSyntaxProblem
from pruefstand.ids import kvnr, rezept_id

_BUNDLE = "KBV_PR_ERP_Bundle"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VERSIONS = tuple(v.version for v in profiles.VERSIONS if v.package == profiles.ERP)


class PrescriptionFileError(OperatorError):
    """A file is no prescription that can be sent; says file, place, expectation and next action."""

    def __init__(self, file: str, place: str, expectation: str, hint: str) -> None:
        super().__init__(f"{file}: {place}: erwartet {expectation}", hint=hint)
        self.file = file
        self.place = place
        self.expectation = expectation


@dataclass(frozen=True, slots=True)
class Content:
    """The places in a bundle that matter; `period` holds start and end of a series, if any."""

    root: Element
    profile_version: str
    rezept_id: Element
    authored_on: Element
    period: tuple[Element, ...]
    insurance: str
    kvnr: str | None
    category: str | None


def read(data: bytes, name: str) -> Content:
    """Return the places in `data`; raises PrescriptionFileError naming file and place."""
    try:
        root = parse(data)
    except FhirSyntaxProblem as problem:
        raise PrescriptionFileError(
            name,
            f"Zeile {problem.line}, Spalte {problem.column}: {problem.text}",
            "FHIR-XML in UTF-8 ohne DTD",
            "die Verordnung als unsignierte XML-Datei exportieren",
        ) from None
    return _BundleReader(root, name).content()


class _BundleReader:
    """Reads one bundle; knows the file name for its complaints."""

    def __init__(self, root: Element, name: str) -> None:
        self._root = root
        self._name = name

    def content(self) -> Content:
        version = self._profile_version()
        request = self._only("MedicationRequest")
        return Content(
            root=self._root,
            profile_version=version,
            rezept_id=self._rezept_id(),
            authored_on=self._day(request.first("authoredOn"), request),
            period=tuple(self._day(element, element) for element in _period(request)),
            insurance=self._only("Coverage").text("type", "coding", "code") or "",
            kvnr=_kvnr(self._only("Patient")),
            category=_category(self._root),
        )

    def _refuse(self, place: Element, found: str, expectation: str) -> PrescriptionFileError:
        return PrescriptionFileError(
            self._name,
            f"Zeile {place.line}, {place.path}: {found}",
            expectation,
            "eine Verordnung nach KBV_PR_ERP_Bundle angeben",
        )

    def _profile_version(self) -> str:
        if self._root.name != "Bundle":
            raise self._refuse(self._root, "anderes Wurzelelement", "ein FHIR-Bundle")
        wanted = f"{_BUNDLE} in der Version {' oder '.join(_VERSIONS)}"
        found = self._root.first("meta", "profile")
        if found is None or found.value is None:
            raise self._refuse(self._root, "keine Profilangabe", wanted)
        _, version = profiles.split_canonical(found.value)
        if found.value != f"{kbv.structure(_BUNDLE)}|{version}" or version not in _VERSIONS:
            raise self._refuse(found, f"Profil {found.value[:120]}", wanted)
        return version

    def _only(self, resource_type: str) -> Element:
        found = self._root.all("entry", "resource", resource_type)
        if len(found) != 1:
            raise self._refuse(
                self._root,
                f"{len(found)} × {resource_type}",
                f"genau eine Ressource {resource_type}",
            )
        return found[0]

    def _rezept_id(self) -> Element:
        for identifier in self._root.all("identifier"):
            value = identifier.first("value")
            if identifier.text("system") == rezept_id.SYSTEM and value and value.value is not None:
                return value
        raise self._refuse(self._root, "keine Rezept-ID", f"identifier mit {rezept_id.SYSTEM}")

    def _day(self, element: Element | None, parent: Element) -> Element:
        value = element.value if element is not None else None
        if element is None or value is None or not _is_day(value):
            found = "kein Datum" if value is None else f"Datum {value[:40]}"
            raise self._refuse(element or parent, found, "ein Datum JJJJ-MM-TT")
        return element


def _is_day(text: str) -> bool:
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _period(request: Element) -> list[Element]:
    periods = [
        period
        for series in request.extensions(kbv.structure("KBV_EX_ERP_Multiple_Prescription"))
        for extension in series.extensions("Zeitraum")
        for period in extension.all("valuePeriod")
    ]
    return [child for p in periods for child in p.children if child.name in ("start", "end")]


def _kvnr(patient: Element) -> str | None:
    values = (
        identifier.text("value")
        for identifier in patient.all("identifier")
        if identifier.text("system") == kvnr.SYSTEM
    )
    return next(values, None)


def _category(root: Element) -> str | None:
    url = kbv.structure("KBV_EX_ERP_Medication_Category")
    for medication in root.all("entry", "resource", "Medication"):
        for extension in medication.extensions(url):
            return extension.text("valueCoding", "code")
    return None
