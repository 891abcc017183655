"""Asking the Konnektor whether signatures and certificates hold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.forms import CMS, MIME_TYPE
from pruefstand.clients.konnektor.messages import card_handle, context
from pruefstand.soap.envelope import Element, children, decode, element, encode, text
from pruefstand.soap.fault import xml_time


@dataclass(frozen=True, slots=True)
class Verification:
    """VALID, INVALID or INCONCLUSIVE at `timestamp` (xs:dateTime as delivered)."""

    result: str
    timestamp_type: str
    timestamp: str
    updated: bytes | None


@dataclass(frozen=True, slots=True)
class CertificateVerification:
    """The result, the code of its reason, and the holder's roles (OIDs)."""

    result: str
    code: int
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expiration:
    """When a card's certificate ends; the Konnektor's own card has no handle."""

    handle: str
    iccsn: str
    holder: str
    serial: str
    day: str


class Verifier:
    """Verification in the client's context; methods raise KonnektorFault on refusal."""

    def __init__(self, client: KonnektorClient) -> None:
        self._client = client

    def document(
        self,
        signed: bytes,
        content: bytes | None = None,
        *,
        at: datetime | None = None,
        revocation: bool = False,
        mime_type: str = MIME_TYPE,
    ) -> Verification:
        """Judge a CMS, at the time of signing or `at`; `content` must be what it holds.

        Without a CMS the signature is the one inside `content`, a PDF.
        """
        data = element("dss:Base64Data", encode(content or b""), MimeType=mime_type)
        shown = element("SIG:Document", data) if content is not None else None
        time = element("dss:SpecificTime", xml_time(at)) if at else None
        inputs = element("SIG:OptionalInputs", element("SIG:UseVerificationTime", time))
        value = element("dss:Base64Signature", encode(signed), Type=CMS)
        request = element(
            "SIG:VerifyDocument",
            context(self._client.context),
            element("SIG:TvMode", "NONE"),
            inputs if at else None,
            shown,
            element("dss:SignatureObject", value) if signed else None,
            element("SIG:IncludeRevocationInfo", "true" if revocation else "false"),
        )
        return _verification(self._client.call("SignatureService", "7.5", request).body)

    def certificate(self, der: bytes, at: datetime | None = None) -> CertificateVerification:
        """Judge a certificate, now or `at`."""
        request = element(
            "CERT:VerifyCertificate",
            context(self._client.context),
            element("CERTCMN:X509Certificate", encode(der)),
            element("CERT:VerificationTime", xml_time(at)) if at else None,
        )
        body = self._client.call("CertificateService", "6.0", request).body
        found = "CERT:VerificationStatus"
        return CertificateVerification(
            text(body, f"{found}/CERT:VerificationResult") or "",
            int(text(body, f"{found}/GERROR:Error/GERROR:Trace/GERROR:Code") or 0),
            tuple(role.text or "" for role in children(body, "CERT:RoleList/CERT:Role")),
        )

    def expirations(self, handle: str | None = None) -> tuple[Expiration, ...]:
        """Return when certificates end: of one card, or of all in reach and the Konnektor."""
        request = element(
            "CERT:CheckCertificateExpiration",
            card_handle(handle) if handle else None,
            context(self._client.context),
            element("CERT:Crypt", "ECC"),
        )
        body = self._client.call("CertificateService", "6.0", request).body
        return tuple(
            Expiration(
                text(entry, "CONN:CardHandle") or "",
                text(entry, "CERT:ICCSN") or "",
                text(entry, "CERT:subject_commonName") or "",
                text(entry, "CERT:serialNumber") or "",
                text(entry, "CERT:validity") or "",
            )
            for entry in children(body, "CERT:CertificateExpiration")
        )


def _verification(body: Element) -> Verification:
    found = "SIG:VerificationResult"
    outputs = "SIG:OptionalOutputs/dss:UpdatedSignature/dss:SignatureObject"
    updated = text(body, f"{outputs}/dss:Base64Signature")
    return Verification(
        text(body, f"{found}/SIG:HighLevelResult") or "",
        text(body, f"{found}/SIG:TimestampType") or "",
        text(body, f"{found}/SIG:Timestamp") or "",
        decode(updated) if updated else None,
    )
