"""Consent and billing of privately insured persons at the E-Rezept-Fachdienst."""

from __future__ import annotations

from pruefstand.clients.erezept import FHIR_XML, ErezeptClient
from pruefstand.model.http import Headers, Request, Response

_ACCEPT: Headers = (("Accept", FHIR_XML),)
_WITH_BODY: Headers = (*_ACCEPT, ("Content-Type", FHIR_XML))


class ErezeptBilling:
    """The calls of one caller; every method raises ErezeptRefusal."""

    def __init__(self, client: ErezeptClient) -> None:
        self._client = client

    def give_consent(self, body: bytes) -> None:
        """Store the caller's consent."""
        self._call(Request("POST", "/Consent", _WITH_BODY, body), "Consent")

    def consents(self) -> Response:
        """Return the caller's consents."""
        return self._call(Request("GET", "/Consent", _ACCEPT), "Consent")

    def withdraw_consent(self, category: str) -> None:
        """Take a consent back; billings stored because of it go too."""
        self._call(Request("DELETE", f"/Consent?category={category}", _ACCEPT), "Consent")

    def charge(self, prescription_id: str, secret: str, body: bytes) -> None:
        """Store the billing of a completed prescription."""
        target = f"/ChargeItem?task={prescription_id}&secret={secret}"
        self._call(Request("POST", target, _WITH_BODY, body), "ChargeItem")

    def correct(self, prescription_id: str, access_code: str, body: bytes) -> None:
        """Replace a billing with the AccessCode the insured person sent."""
        target = f"/ChargeItem/{prescription_id}?ac={access_code}"
        self._call(Request("PUT", target, _WITH_BODY, body), "ChargeItem/{id}")

    def charge_items(self) -> Response:
        """Return the list of the caller's billings."""
        return self._call(Request("GET", "/ChargeItem", _ACCEPT), "ChargeItem")

    def charge_item(self, prescription_id: str, access_code: str = "") -> Response:
        """Return one billing with its documents; a pharmacy shows the AccessCode."""
        query = f"?ac={access_code}" if access_code else ""
        target = f"/ChargeItem/{prescription_id}{query}"
        return self._call(Request("GET", target, _ACCEPT), "ChargeItem/{id}")

    def mark(self, prescription_id: str, body: bytes) -> None:
        """Note where the billing was handed in."""
        target = f"/ChargeItem/{prescription_id}"
        self._call(Request("PATCH", target, _WITH_BODY, body), "ChargeItem/{id}")

    def delete(self, prescription_id: str) -> None:
        """Delete a billing."""
        target = f"/ChargeItem/{prescription_id}"
        self._call(Request("DELETE", target, _ACCEPT), "ChargeItem/{id}")

    def _call(self, inner: Request, operation: str) -> Response:
        resource = inner.target.split("/")[1].partition("?")[0]
        return self._client.checked(inner, operation, resource)
