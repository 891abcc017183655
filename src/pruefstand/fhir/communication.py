"""Messages about a prescription (GEM_ERP_PR_Communication_…, GEM_ERPCHRG_PR_Communication_…)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pruefstand.fhir.xml import to_xml

_ERP = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_"
_CHARGE = "https://gematik.de/fhir/erpchrg/StructureDefinition/GEM_ERPCHRG_PR_Communication_"
_FLOW = "https://gematik.de/fhir/erp/CodeSystem/GEM_ERP_CS_FlowType"
TELEMATIK_ID = "https://gematik.de/fhir/sid/telematik-id"
KVID = "http://fhir.de/sid/gkv/kvid-10"


def message(
    kind: str, about: str, recipient: str, payload: Mapping[str, object] | str | None
) -> bytes:
    """Return the Communication `kind`, such as DispReq, about a reference like `Task/160…`.

    A mapping becomes the JSON text of the payload; DiGA orders have none.
    """
    charging = kind.startswith("Charg")
    profile = f"{_CHARGE}{kind}|1.1" if charging else f"{_ERP}PR_Communication_{kind}|1.6"
    # A Telematik-ID always holds a hyphen, a KVNR never.
    system = TELEMATIK_ID if "-" in recipient else KVID
    text = json.dumps(payload, ensure_ascii=False) if isinstance(payload, Mapping) else payload
    number = about.partition("/")[2][:3]
    flow = {"system": _FLOW, "code": number}
    extension = {"url": f"{_ERP}EX_PrescriptionType", "valueCoding": flow}
    return to_xml(
        {
            "resourceType": "Communication",
            "meta": {"profile": [profile]},
            **({} if charging else {"extension": [extension]}),
            "basedOn": [{"reference": about}],
            "status": "unknown",
            "recipient": [{"identifier": {"system": system, "value": recipient}}],
            "payload": [] if text is None else [{"contentString": text}],
        }
    )


def with_code(prescription_id: str, access_code: str) -> str:
    """Return the reference by which a recipient can redeem."""
    return f"Task/{prescription_id}/$accept?ac={access_code}"
