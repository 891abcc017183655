"""Which version of profile and Dienstkennung an insurer accepts and answers with (section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from pruefstand.clock import berlin_day

LAST_DAY_OF_1_1 = date(2026, 3, 31)
"""The last Date of a KIM mail whose data may have the version before (P5-08)."""


@dataclass(frozen=True, slots=True)
class EauVersion:
    """Profile version as in meta.profile, and the version of the Dienstkennung."""

    profile: str
    dienstkennung: str


NEW, OLD = EauVersion("1.2", "V1.2"), EauVersion("1.1", "V1.1")
_ANSWERS: dict[tuple[str, str], EauVersion] = {
    ("1.2", "V1.2"): NEW,
    ("1.2", "V1.1"): EauVersion("1.2", "V1.1"),
    ("1.1", "V1.1"): OLD,
    ("1.1", "V1.2"): OLD,
    ("", "V1.1"): OLD,
    ("", "V1.2"): NEW,
    ("1.2", ""): NEW,
    ("1.1", ""): OLD,
}
"""By profile and Dienstkennung of what came; empty stands for unreadable or unknown."""


def answer_version(profile: str, dienstkennung: str) -> EauVersion:
    """Return the version an error message to such a mail has."""
    known_profile = profile if profile in (NEW.profile, OLD.profile) else ""
    known = (NEW.dienstkennung, OLD.dienstkennung)
    stated = dienstkennung if dienstkennung in known else ""
    return _ANSWERS.get((known_profile, stated), NEW)


def accepted_on(profile: str, sent: datetime) -> bool:
    """Return whether data of a profile version may come in a mail with this Date."""
    if profile == OLD.profile:
        return berlin_day(sent) <= LAST_DAY_OF_1_1
    return profile == NEW.profile
