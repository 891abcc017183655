"""Deliberate misbehaviours of the Fachdienst; each names the requirement ids it breaks."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pruefstand.mockkit.faults import Fault

SHORT_ACCESS_CODE = "accesscode_kurz"
CREATED_READY = "create_ready"
STAYS_DRAFT = "activate_bleibt_draft"
BAD_CHECK_NUMBER = "rezept_id_pruefziffer"

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.name: fault
        for fault in (
            Fault(SHORT_ACCESS_CODE, "Der AccessCode hat nur 128 Bit.", ("A_19021-02",)),
            Fault(CREATED_READY, "Ein neuer Task meldet den Zustand ready.", ("A_19114",)),
            Fault(STAYS_DRAFT, "Die Antwort auf $activate meldet noch draft.", ("A_19128",)),
            Fault(BAD_CHECK_NUMBER, "Die Prüfnummer der Rezept-ID ist falsch.", ("A_19217-01",)),
        )
    }
)
