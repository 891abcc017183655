"""Does a document follow its profile? With the official packages exactly, else by its shape."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import cast

from pruefstand.clock import Clock
from pruefstand.fhir.packages.library import MissingPackage
from pruefstand.fhir.sick_note_facts import SickNoteFacts
from pruefstand.fhir.validation import Validator, message
from pruefstand.kim.eau_versions import NEW

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_IK = re.compile(r"[0-9]{9}")
_KINDS = ("ERST", "FOLGE", "ERST_END", "FOLGE_END")


class Depth(StrEnum):
    """How deeply the insurers look; the second is the degraded mode."""

    PROFILES = "profile"
    SHAPE = "form"


class Conformity:
    """Judges documents; without packages, or with `pruefung = "form"`, by shape alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._validator: Validator | None = None
        self._missing = False

    def depth(self, settings: Mapping[str, object]) -> Depth:
        """Return how deeply documents are looked at."""
        wanted = cast("str", settings.get("pruefung", Depth.PROFILES))
        return Depth.SHAPE if self._missing else Depth(wanted)

    def problem(
        self, data: bytes, facts: SickNoteFacts, settings: Mapping[str, object]
    ) -> str | None:
        """Return what keeps a document from being processed, or None."""
        found = _shape(facts)
        # Packages of the version before are not at hand: its documents are judged by shape.
        if found or facts.version != NEW.profile or self.depth(settings) is Depth.SHAPE:
            return found
        try:
            self._validator = self._validator or Validator(clock=self._clock)
            errors = self._validator.validate(data).errors
        except MissingPackage:
            self._missing = True
            return None
        return message(errors[0], "de") if errors else None


def _shape(facts: SickNoteFacts) -> str | None:
    rows = [
        (bool(_UUID.fullmatch(facts.document_id)), "Dokumenten-ID"),
        (facts.issued is not None, "Ausstellungsdatum"),
    ]
    if facts.is_storno:
        rows.append((bool(_UUID.fullmatch(facts.cancelled)), "Kennung der stornierten eAU"))
    else:
        rows += [
            (facts.kind in _KINDS, "Art der Bescheinigung"),
            (facts.asserted is not None, "Feststellungsdatum"),
            (facts.end is not None, "Ende der Arbeitsunfähigkeit"),
            ((facts.start is not None) == facts.kind.startswith("ERST"), "Beginn"),
            (bool(_IK.fullmatch(facts.iknr)), "Institutionskennzeichen"),
        ]
    return next((f"{name} fehlt oder ist falsch" for good, name in rows if not good), None)
