"""Beyond HL7: which date decides on a profile version, and whether it was in force then."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType

from pruefstand.clock import BERLIN
from pruefstand.fhir.packages.sets import PackageSet
from pruefstand.fhir.path import Focus, Services, compiled
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.profiles import CHARGE_ITEM, ERP, EVDGA, VERSIONS

_LOCATORS = MappingProxyType(
    {
        ERP: "entry.resource.ofType(MedicationRequest).authoredOn"
        " | entry.resource.ofType(SupplyRequest).authoredOn",
        EVDGA: "entry.resource.where($this is DeviceRequest).authoredOn",
        CHARGE_ITEM: "enteredDate",
    }
)
"""Package → FHIRPath of the reference date (handbook erezept 0.1)."""


def reference_day(root: Node, packages: PackageSet, services: Services) -> date | None:
    """Return the calendar day in Germany that decides on the version; None when absent."""
    locator = _LOCATORS.get(packages.package)
    if locator is None:
        return None
    for item in compiled(locator)([root], Focus(root, root, root, services)):
        day = _day(item.value or "") if type(item) is Node else None
        if day is not None:
            return day
    return None


def _day(text: str) -> date | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(BERLIN).date() if moment.tzinfo else moment.date()


def in_force(packages: PackageSet, day: date) -> bool:
    """Return whether the version was in force on `day`; a package not listed always is."""
    listed = [v for v in VERSIONS if v.package == packages.package]
    fitting = [v for v in listed if v.version == packages.version]
    return not listed or any(v.in_force_on(day) for v in fitting)
