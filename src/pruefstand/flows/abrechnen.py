"""Abrechnen: a pharmacy bills a privately insured person who has agreed to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from pruefstand.clients.erezept_billing import ErezeptBilling
from pruefstand.fhir.charge_item import charge_item_body
from pruefstand.fhir.dispense_item import dispense_item

Sign = Callable[[bytes], bytes]
"""Returns the enveloping signature over the Abgabedaten."""


def charge(
    billing: ErezeptBilling,
    prescription_id: str,
    secret: str,
    *,
    kvnr: str,
    telematik_id: str,
    pharmacy: str,
    sign: Sign,
    at: datetime,
) -> None:
    """Sign the Abgabedaten and store them as a ChargeItem; raises ErezeptRefusal."""
    content = dispense_item(prescription_id, pharmacy=pharmacy, at=at)
    body = charge_item_body(
        prescription_id, kvnr=kvnr, telematik_id=telematik_id, signed=sign(content), at=at
    )
    billing.charge(prescription_id, secret, body)
