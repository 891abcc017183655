"""What a ChargeItem must be before it is stored: task, consent, signed Abgabedaten."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime

from mocks.erezept import resources
from mocks.erezept.errors import Refused
from mocks.erezept.records import ChargeItem, Records
from pruefstand.crypto.cms_qes import QesProblem, verify
from pruefstand.crypto.pki import CertificateKind, CertificateProblem, Pki
from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse
from pruefstand.fhir.xpath import Element, text_of
from pruefstand.ids import rezept_id

DISPENSE_PROFILE = (
    "http://fhir.abda.de/eRezeptAbgabedaten/StructureDefinition/DAV-PKV-PR-ERP-AbgabedatenBundle"
)
_SIGNERS = frozenset({CertificateKind.HCI_OSIG, CertificateKind.HP_QES})
_ITEM = "/f:ChargeItem"
_KVNR = text_of(f"{_ITEM}/f:subject/f:identifier/f:value/@value")
_ENTERER = text_of(f"{_ITEM}/f:enterer/f:identifier/f:value/@value")
_PRESCRIPTION = text_of(
    f"{_ITEM}/f:identifier[f:system/@value='{resources.PRESCRIPTION_ID}']/f:value/@value"
)
_BINARY = text_of(f"{_ITEM}/f:contained/f:Binary/f:data/@value")
_BUNDLE_PROFILE = text_of("/f:Bundle/f:meta/f:profile/@value")


@dataclass(frozen=True, slots=True)
class Billing:
    """A ChargeItem as it comes in."""

    kvnr: str
    enterer: str
    prescription_id: str
    dispense_item: bytes


def charge_id(text: str) -> str:
    """Return the Rezept-ID in a path or query; raises Refused 400, unlike a task's 404."""
    if not rezept_id.is_valid(text):
        raise Refused("charge-id")
    return text


def read_billing(root: Element) -> Billing:
    """Return what a ChargeItem says; raises Refused 400."""
    if root.tag.rpartition("}")[2] != "ChargeItem":
        raise Refused("charge-invalid", diagnostics="expected a ChargeItem")
    try:
        data = base64.b64decode(_BINARY(root), validate=True)
    except ValueError:  # also what is not ASCII
        data = b""
    if not data:
        raise Refused("charge-invalid", diagnostics="ChargeItem.contained: error: no Binary")
    return Billing(_KVNR(root), _ENTERER(root), _PRESCRIPTION(root), data)


def check_billing(billing: Billing, *, prescription_id: str, kvnr: str | None, by: str) -> None:
    """Refuse a ChargeItem of another prescription, person or pharmacy; raises Refused."""
    if billing.prescription_id != prescription_id:
        raise Refused("charge-invalid", diagnostics="ChargeItem.identifier: error: another task")
    if billing.kvnr != kvnr:
        raise Refused("charge-invalid", diagnostics="ChargeItem.subject: error: another KVNR")
    if billing.enterer != by:
        raise Refused("charge-pharmacy")


def check_dispense_item(signed: bytes, pki: Pki, at: datetime) -> None:
    """Verify the pharmacy's signature (SMC-B or HBA) over a DAV bundle; raises Refused 400."""
    try:
        document = verify(signed)
        info = pki.verify(document.signer_certificate, kind=None, at=at)
        profile = _BUNDLE_PROFILE(safe_parse(document.content))
    except (QesProblem, CertificateProblem, FhirSyntaxProblem) as problem:
        raise Refused("charge-signature", reason=problem) from None
    if info.kind not in _SIGNERS:
        raise Refused("charge-signature", reason=f"signed with {info.kind}")
    if profile.partition("|")[0] != DISPENSE_PROFILE:
        raise Refused("charge-signature", reason=f"invalid profile {profile or '(none)'}")


def forget_charge_item(records: Records, item: ChargeItem) -> None:
    """Delete a ChargeItem and the messages about it."""
    records.charge_items.remove(item.prescription_id)
    for message in records.messages.find(item.prescription_id):
        if message.kind.startswith("ChargChange"):
            records.messages.remove(message.id)
