"""The ChargeItem as a resource, and the collection of it and its documents (patientenrechnung)."""

from __future__ import annotations

from mocks.erezept import resources
from mocks.erezept.records import ChargeItem
from mocks.erezept.state import Resource

_CHARGE = "https://gematik.de/fhir/erpchrg/StructureDefinition/"
_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
_MARKS = ("insuranceProvider", "subsidy", "taxOffice")


def charge_resource(item: ChargeItem, base: str = "", *, with_code: bool = False) -> Resource:
    """Return the ChargeItem; only the insured person sees its AccessCode."""
    identifiers = [{"system": resources.PRESCRIPTION_ID, "value": item.prescription_id}]
    if with_code:
        identifiers.append({"system": resources.ACCESS_CODE, "value": item.access_code})
    return {
        "resourceType": "ChargeItem",
        "id": item.prescription_id,
        "meta": {"profile": [f"{_CHARGE}GEM_ERPCHRG_PR_ChargeItem|1.1"]},
        "extension": [_marking(item)],
        "identifier": identifiers,
        "status": "billable",
        "code": {"coding": [{"system": _ABSENT, "code": "not-applicable"}]},
        "subject": {"identifier": {"system": resources.KVID, "value": item.kvnr}},
        "enterer": {"identifier": {"system": resources.TELEMATIK_ID, "value": item.pharmacy}},
        "enteredDate": resources.instant(item.entered),
        "supportingInformation": [
            {"reference": _url(item, kind), "display": display}
            for kind, display in (
                ("1", "https://fhir.kbv.de/StructureDefinition/KBV_PR_ERP_Bundle"),
                ("dispense", "Binary"),
                ("3", f"{resources.PROFILE}GEM_ERP_PR_Bundle"),
            )
        ],
    }


def charge_bundle(item: ChargeItem, base_url: str, *, for_insured: bool) -> Resource:
    """Return the ChargeItem with prescription, Abgabedaten and receipt.

    A pharmacy gets its Abgabedaten only.
    """
    url = f"{base_url}/ChargeItem/{item.prescription_id}"
    entries: list[tuple[str, Resource]] = [(url, charge_resource(item, with_code=for_insured))]
    if for_insured:
        entries.append((_url(item, "1"), _document(item, "1", item.prescription)))
    entries.append((_url(item, "dispense"), _document(item, "dispense", item.dispense_item)))
    if for_insured:
        entries.append((f"urn:uuid:{item.receipt['id']}", item.receipt))
    return resources.bundle("collection", url, entries)


def _marking(item: ChargeItem) -> Resource:
    parts = [{"url": name, "valueBoolean": item.flags.get(name, False)} for name in _MARKS]
    return {"url": f"{_CHARGE}GEM_ERPCHRG_EX_MarkingFlag", "extension": parts}


def _url(item: ChargeItem, kind: str) -> str:
    return f"urn:uuid:{resources.document_id(item.prescription_id, kind)}"


def _document(item: ChargeItem, kind: str, data: bytes) -> Resource:
    return {
        "resourceType": "Binary",
        "id": resources.document_id(item.prescription_id, kind),
        "meta": resources.profile("GEM_ERP_PR_Binary"),
        "contentType": "application/pkcs7-mime",
        "data": resources.encoded(data),
    }
