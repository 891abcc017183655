"""KBV_PR_EAU_Storno_Bundle 1.2: a sick note is taken back; no patient is named."""

from __future__ import annotations

from datetime import datetime

from pruefstand.clock import berlin_day
from pruefstand.fhir import kbv, kbv_for
from pruefstand.fhir.kbv import Json
from pruefstand.fhir.sick_note import (
    FOR_VERSION,
    URI_SYSTEM,
    VERSION,
    Frame,
    document,
    practitioners,
)
from pruefstand.fhir.xml import to_xml
from pruefstand.testdata.practices import Practice, Practitioner


def build_storno(
    issuer: Practitioner,
    practice: Practice,
    *,
    cancelled: str,
    document_id: str,
    written: datetime,
) -> bytes:
    """Return the bundle that takes back the note with the document id `cancelled`, as XML.

    A naive `written` raises ValueError.
    """
    return to_xml(
        storno_bundle(
            issuer, practice, cancelled=cancelled, document_id=document_id, written=written
        )
    )


def storno_bundle(
    issuer: Practitioner,
    practice: Practice,
    *,
    cancelled: str,
    document_id: str,
    written: datetime,
) -> Json:
    """Return KBV_PR_EAU_Storno_Bundle; the ids of the resources follow from `document_id`."""
    frame = Frame.of(document_id)
    resources = [
        _composition(frame, written),
        *practitioners(issuer, None, frame),
        kbv_for.organization(practice, resource_id=frame.id("Organization"), version=FOR_VERSION),
        _list(frame, cancelled),
    ]
    return document("KBV_PR_EAU_Storno_Bundle", frame, written, resources)


def _composition(frame: Frame, written: datetime) -> Json:
    return {
        "resourceType": "Composition",
        "id": frame.id("Composition"),
        "meta": kbv.meta("KBV_PR_EAU_Storno_Composition", VERSION),
        "status": "final",
        "type": {"coding": [kbv.kbv_coding("KBV_CS_SFHIR_KBV_FORMULAR_ART", "e013")]},
        "date": berlin_day(written).isoformat(),
        "author": [frame.reference("Practitioner") | {"type": "Practitioner"}],
        "title": "Storno eAU",
        "custodian": frame.reference("Organization"),
        "section": [{"entry": [frame.reference("List")]}],
    }


def _list(frame: Frame, cancelled: str) -> Json:
    item = {"identifier": kbv.identifier(URI_SYSTEM, f"urn:uuid:{cancelled}")}
    return {
        "resourceType": "List",
        "id": frame.id("List"),
        "meta": kbv.meta("KBV_PR_EAU_Storno", VERSION),
        "status": "current",
        "mode": "changes",
        "entry": [{"deleted": True, "item": item}],
    }
