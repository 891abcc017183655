"""Beyond HL7: which date decides on a profile version, and whether it was in force then."""

from __future__ import annotations

from datetime import date, datetime
from types import MappingProxyType

from pruefstand.clock import BERLIN
from pruefstand.fhir.packages.sets import PackageSet
from pruefstand.fhir.path import Focus, Services, compiled
from pruefstand.fhir.path.tree import Node
from pruefstand.fhir.profiles import CHARGE_ITEM, DAV_PRIVATE, EAU, ERP, EVDGA, WORKFLOW

_COMPOSITION = "entry.resource.ofType(Composition).date"
_LOCATORS = MappingProxyType(
    {
        (ERP, "Bundle"): "entry.resource.ofType(MedicationRequest).authoredOn"
        " | entry.resource.ofType(SupplyRequest).authoredOn",
        (ERP, "MedicationRequest"): "authoredOn",
        (ERP, "SupplyRequest"): "authoredOn",
        (EVDGA, "Bundle"): "entry.resource.ofType(DeviceRequest).authoredOn",
        (EVDGA, "DeviceRequest"): "authoredOn",
        (EAU, "Bundle"): _COMPOSITION,
        (EAU, "Composition"): "date",
        (WORKFLOW, "Bundle"): _COMPOSITION,
        (WORKFLOW, "Composition"): "date",
        (WORKFLOW, "Parameters"): "parameter.part.resource.whenHandedOver",
        (CHARGE_ITEM, "ChargeItem"): "enteredDate",
        (DAV_PRIVATE, "Bundle"): "entry.resource.ofType(MedicationDispense).whenHandedOver",
        (DAV_PRIVATE, "MedicationDispense"): "whenHandedOver",
    }
)
"""Package and type → FHIRPath of the reference dates; the latest decides."""

_SINCE_AUTUMN = (date(2025, 10, 1), date.max)
_PERIODS = MappingProxyType(
    {
        (ERP, "1.3"): (date(2025, 10, 1), date(2027, 1, 14)),
        (ERP, "1.4"): (date(2026, 7, 1), date.max),
        (EVDGA, "1.2"): _SINCE_AUTUMN,
        (EAU, "1.2"): _SINCE_AUTUMN,
        (WORKFLOW, "1.5"): (date(2025, 10, 1), date(2026, 9, 30)),
        (WORKFLOW, "1.6"): (date(2026, 7, 1), date.max),
        (CHARGE_ITEM, "1.1"): _SINCE_AUTUMN,
        (DAV_PRIVATE, "1.4"): _SINCE_AUTUMN,
    }
)
"""Package and version → first and last day in gematik's reference validator.

The Fachdienst counts differently in places: `fhir.profiles` has its days.
"""


def is_dated(root: Node, packages: PackageSet) -> bool:
    """Return whether a date in the document must decide; of Parameters only some carry one."""
    return (packages.package, root.type) in _LOCATORS and root.type != "Parameters"


def reference_day(root: Node, packages: PackageSet, services: Services) -> date | None:
    """Return the calendar day in Germany that decides on the version; None when absent."""
    locator = _LOCATORS.get((packages.package, root.type))
    if locator is None:
        return None
    found = compiled(locator)([root], Focus(root, root, root, services))
    days = (_day(item.value or "") for item in found if type(item) is Node)
    return max((day for day in days if day is not None), default=None)


def _day(text: str) -> date | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(BERLIN).date() if moment.tzinfo else moment.date()


def in_force(packages: PackageSet, day: date) -> bool:
    """Return whether the version was in force on `day`."""
    first, last = _PERIODS[packages.package, packages.version]
    return first <= day <= last
