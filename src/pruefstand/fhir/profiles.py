"""Which profile versions are in force on which day, as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

ERP = "kbv.ita.erp"
FOR = "kbv.ita.for"
EVDGA = "kbv.itv.evdga"
WORKFLOW = "de.gematik.erezept-workflow.r4"
WORKFLOW_INSURED = "de.gematik.erezept-workflow.r4/FdV"
CHARGE_ITEM = "de.gematik.erezept-patientenrechnung.r4"
EAU = "kbv.ita.eau"
DAV_PRIVATE = "de.abda.erezeptabgabedatenpkv"


@dataclass(frozen=True, slots=True)
class ProfileVersion:
    """One version of a package; days are calendar days in Germany, None means unlimited."""

    package: str
    version: str
    first_day: date | None = None
    last_day: date | None = None

    def in_force_on(self, day: date) -> bool:
        """Return whether the version may be used on `day`; both limits are included."""
        after_start = self.first_day is None or self.first_day <= day
        return after_start and (self.last_day is None or day <= self.last_day)


# A version that was already in force when this table begins (2026) has no first day here.
VERSIONS = (
    ProfileVersion(ERP, "1.3", None, date(2027, 1, 14)),
    ProfileVersion(ERP, "1.4", date(2026, 7, 1)),
    ProfileVersion(FOR, "1.2"),
    ProfileVersion(FOR, "1.3", date(2026, 7, 1)),
    ProfileVersion(EVDGA, "1.2"),
    ProfileVersion(WORKFLOW, "1.5", None, date(2026, 9, 30)),
    ProfileVersion(WORKFLOW, "1.6", date(2026, 10, 1)),
    ProfileVersion(WORKFLOW_INSURED, "1.5", None, date(2027, 1, 14)),
    ProfileVersion(WORKFLOW_INSURED, "1.6", date(2026, 10, 1)),
    ProfileVersion(CHARGE_ITEM, "1.1"),
)

FOR_VERSION_OF_ERP = {"1.3": "1.2", "1.4": "1.3"}
"""The version of kbv.ita.for that belongs to a version of kbv.ita.erp."""


def versions_on(package: str, day: date) -> tuple[str, ...]:
    """Return the versions of `package` in force on `day`, oldest first."""
    return tuple(v.version for v in VERSIONS if v.package == package and v.in_force_on(day))


def erp_versions_on(day: date) -> tuple[str, ...]:
    """Return the versions of KBV_PR_ERP_Bundle in force on `day`, oldest first."""
    return versions_on(ERP, day)


def newest_erp(day: date) -> str:
    """Return the newest version of KBV_PR_ERP_Bundle in force on `day`."""
    return erp_versions_on(day)[-1]


def split_canonical(profile: str) -> tuple[str, str]:
    """Return name and version of a profile such as `…/KBV_PR_ERP_Bundle|1.4`."""
    address, _, version = profile.partition("|")
    return address.rpartition("/")[2], version
