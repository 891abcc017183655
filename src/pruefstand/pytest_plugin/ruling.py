"""Scenarios whose verdict stands before a step ran: out of scope, or for a person to judge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pruefstand.config.profile import Profile
from pruefstand.evidence.standing import MISSING
from pruefstand.fhir.packages.library import MissingPackage, specs_folder
from pruefstand.model.tags import MANUAL, values
from pruefstand.model.verdict import Verdict

ACTING = frozenset({"simulator"})
"""The drivers that make the system under test act without a person."""


def _missing_packages() -> str:
    try:
        specs_folder()
    except MissingPackage as missing:
        return str(missing)
    return ""


CAPABILITIES: Mapping[str, Callable[[], str]] = MappingProxyType({"fhir-pakete": _missing_packages})
"""What a scenario may need (`@braucht:`) → what is missing of it, with the next step."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The verdict of a scenario that is not executed, and why."""

    verdict: Verdict
    reason: str
    hint: str = ""


def ruling(profile: Profile, tags: Collection[str], area: str) -> Ruling | None:
    """Return the ruling on a scenario in the feature folder `area`, None when it is executed."""
    reason = profile.not_applicable(tags, area)
    if reason:
        return Ruling(Verdict.NOT_APPLICABLE, reason)
    if MANUAL in tags:
        return Ruling(Verdict.OPEN, MISSING, "pruefstand attest")
    if profile.sut.driver not in ACTING:
        # The built-in PVS must never act under the name of somebody's product.
        return Ruling(
            Verdict.UNDECIDED,
            f"niemand handelt für {profile.sut.name}: Treiber {profile.sut.driver!r}",
            'in [applicability] features einschränken oder driver = "simulator" eintragen',
        )
    if reason := _missing(tags):
        # A self-test proves the harness: what it cannot try here is no open question of a product.
        undecided = Verdict.NOT_APPLICABLE if profile.selftest else Verdict.UNDECIDED
        return Ruling(undecided, reason)
    return None


def _missing(tags: Collection[str]) -> str:
    return next(filter(None, (CAPABILITIES[name]() for name in values(tags, "braucht"))), "")
