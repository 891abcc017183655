"""One synthetic catalogue row, for the tests of lint and coverage."""

from __future__ import annotations

from pruefstand.requirements.catalogue import Requirement


def requirement(identifier: str, document: str = "quelle") -> Requirement:
    """Return a MUSS row for a PVS that was read in full and is checked automatically."""
    return Requirement(
        document=document,
        id=identifier,
        source="Quelle",
        source_version="1",
        verb="MUSS",
        actor="PVS",
        applies_if="",
        subject="x/y",
        title="Titel",
        method="automatic",
        observable_by="",
        not_tested_reason="",
        valid_from=None,
        valid_to=None,
        superseded_by="",
        confidence="read",
    )
