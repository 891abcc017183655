"""Scenarios whose verdict stands before a step ran: out of scope, or for a person to judge."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from pruefstand.config.profile import Profile
from pruefstand.evidence.standing import MISSING
from pruefstand.model.tags import MANUAL
from pruefstand.model.verdict import Verdict

ACTING = frozenset({"simulator"})
"""The drivers that make the system under test act without a person."""


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
    return None
