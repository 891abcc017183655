"""The official profiles, when their packages are at hand: what comes in must conform to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

from pruefstand.clock import Clock
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.validation import prescription_validator

OFFICIAL = "official"
ProfileErrors = Callable[[bytes], list[str]]
"""Returns one diagnostics line per profile error."""


class OfficialProfiles:
    """Validates with the packages found at the first document; without them every document fits.

    So it is with the setting `validator = "official"`. A function in its place is asked instead;
    without the setting no profile is looked at.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._validate: ProfileErrors | None = None
        self._missing = False

    def errors(self, content: bytes, settings: Mapping[str, object]) -> list[str]:
        """Return one line per profile error of a document in XML or JSON."""
        given = settings.get("validator")
        if callable(given):
            return cast("ProfileErrors", given)(content)
        if given != OFFICIAL or self._missing:
            return []
        try:
            self._validate = self._validate or prescription_validator(clock=self._clock)
            return self._validate(content)
        except MissingPackage:
            # Nothing can be decided here; the acceptance check says so.
            self._missing = True
            return []
