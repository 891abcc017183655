"""The receipt (Quittung): a signed document bundle the pharmacy needs for billing."""

from __future__ import annotations

from datetime import datetime

from mocks.erezept.capability import device_resource
from mocks.erezept.resources import (
    DOCUMENT_TYPE,
    PRESCRIPTION_ID,
    PROFILE,
    TELEMATIK_ID,
    document_id,
    encoded,
    instant,
    profile,
    stable_uuid,
)
from mocks.erezept.state import Resource, Task
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.xml import to_xml


class ReceiptSigner:
    """Signs with the C.FD.OSIG key; the OCSP response is renewed once an hour."""

    def __init__(self, pki: Pki) -> None:
        self._pki = pki
        self._identity = pki.service("fd-sig")
        self._signer = QesSigner(self._identity, mime_type=None)
        self._ocsp: tuple[datetime, bytes] | None = None

    def sign(self, content: bytes, at: datetime) -> bytes:
        """Return the enveloping CAdES signature over `content`."""
        return self._signer.sign(content, at=at, ocsp=self._ocsp_for(at))

    def _ocsp_for(self, at: datetime) -> bytes:
        hour = at.replace(minute=0, second=0, microsecond=0)
        if self._ocsp is None or self._ocsp[0] != hour:
            self._ocsp = (hour, self._pki.ocsp(self._identity.certificate, at=at))
        return self._ocsp[1]


def receipt(
    task: Task, pharmacy: str, *, at: datetime, base_url: str, signer: ReceiptSigner
) -> Resource:
    """Return the receipt for `task`, closed by `pharmacy` at `at` (A_19233)."""
    device, composition, digest = (
        f"urn:uuid:{stable_uuid(task.prescription_id, 'receipt', name)}"
        for name in ("device", "composition", "digest")
    )
    assert task.prescription is not None
    assert task.accepted_at is not None
    bundle: Resource = {
        "resourceType": "Bundle",
        "id": document_id(task.prescription_id, "3"),
        "meta": profile("GEM_ERP_PR_Bundle"),
        "identifier": {"system": PRESCRIPTION_ID, "value": task.prescription_id},
        "type": "document",
        "timestamp": instant(at),
        "link": [{"relation": "self", "url": f"{base_url}/Task/{task.prescription_id}/$close/"}],
        "entry": [
            _entry(composition, _composition(composition, device, digest, pharmacy, task, at)),
            _entry(device, device_resource()),
            _entry(digest, _digest(digest, task.prescription.digest)),
        ],
    }
    bundle["signature"] = _signature(device, at, signer.sign(to_xml(bundle), at))
    return bundle


def _entry(url: str, resource: Resource) -> Resource:
    return {"fullUrl": url, "resource": resource}


def _composition(
    url: str, device: str, digest: str, pharmacy: str, task: Task, at: datetime
) -> Resource:
    assert task.accepted_at is not None
    return {
        "resourceType": "Composition",
        "id": url.removeprefix("urn:uuid:"),
        "meta": profile("GEM_ERP_PR_Composition"),
        "extension": [
            {
                "url": f"{PROFILE}GEM_ERP_EX_Beneficiary",
                "valueIdentifier": {"system": TELEMATIK_ID, "value": pharmacy},
            }
        ],
        "status": "final",
        "type": {"coding": [{"system": DOCUMENT_TYPE, "code": "3", "display": "Receipt"}]},
        "date": instant(at),
        "author": [{"reference": device}],
        "title": "Quittung",
        "event": [{"period": {"start": instant(task.accepted_at), "end": instant(at)}}],
        "section": [{"entry": [{"reference": digest}]}],
    }


def _digest(url: str, digest: bytes) -> Resource:
    return {
        "resourceType": "Binary",
        "id": url.removeprefix("urn:uuid:"),
        "meta": {"versionId": "1", **profile("GEM_ERP_PR_Digest")},
        "contentType": "application/octet-stream",
        "data": encoded(digest),
    }


def _signature(device: str, at: datetime, data: bytes) -> Resource:
    return {
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1"}],
        "when": instant(at),
        "who": {"reference": device},
        "sigFormat": "application/pkcs7-mime",
        "data": encoded(data),
    }
