"""The request bodies, in the order of their schemas."""

from __future__ import annotations

from collections.abc import Sequence

from pruefstand.clients.konnektor.values import KonnektorContext
from pruefstand.soap.envelope import Element, element, encode

CMS = "urn:ietf:rfc:5652"
ECDSA = "urn:bsi:tr:03111:ecdsa"


def context(caller: KonnektorContext) -> Element:
    """Return the call context."""
    return element(
        "CCTX:Context",
        element("CONN:MandantId", caller.mandant),
        element("CONN:ClientSystemId", caller.client_system),
        element("CONN:WorkplaceId", caller.workplace),
        element("CONN:UserId", caller.user) if caller.user else None,
    )


def get_cards(caller: KonnektorContext, card_type: str | None) -> Element:
    """Return GetCards, filtered by card type where one is given."""
    wanted = element("CARDCMN:CardType", card_type) if card_type else None
    return element("EVT:GetCards", context(caller), wanted)


def pin_operation(name: str, caller: KonnektorContext, handle: str, pin_typ: str) -> Element:
    """Return `name`: GetPinStatus, VerifyPin, ChangePin or UnblockPin."""
    return element(
        f"CARD:{name}", context(caller), card_handle(handle), element("CARDCMN:PinTyp", pin_typ)
    )


def read_card_certificate(
    caller: KonnektorContext, handle: str, reference: str, crypt: str
) -> Element:
    """Return ReadCardCertificate for one certificate reference."""
    return element(
        "CERT:ReadCardCertificate",
        card_handle(handle),
        context(caller),
        element("CERT:CertRefList", element("CERT:CertRef", reference)),
        element("CERT:Crypt", crypt),
    )


def get_job_number(prefix: str, caller: KonnektorContext) -> Element:
    """Return GetJobNumber; `prefix` is SIG (7.5) or SIG74."""
    return element(f"{prefix}:GetJobNumber", context(caller))


def stop_signature(prefix: str, caller: KonnektorContext, job_number: str) -> Element:
    """Return StopSignature for a running job."""
    number = element(f"{prefix}:JobNumber", job_number)
    return element(f"{prefix}:StopSignature", context(caller), number)


def sign_document(
    prefix: str,
    caller: KonnektorContext,
    handle: str,
    documents: Sequence[bytes],
    *,
    job_number: str,
    short_text: str,
    mime_type: str,
    crypt: str,
) -> Element:
    """Return SignDocument for enveloping CAdES with revocation information."""
    requests = [
        _sign_request(prefix, number, document, short_text, mime_type)
        for number, document in enumerate(documents, start=1)
    ]
    return element(
        f"{prefix}:SignDocument",
        card_handle(handle),
        element(f"{prefix}:Crypt", crypt),
        context(caller),
        element(f"{prefix}:TvMode", "NONE"),
        element(f"{prefix}:JobNumber", job_number),
        *requests,
    )


def request_id(number: int) -> str:
    """Return the RequestID of document `number`, counted from 1."""
    return f"r{number}"


def _sign_request(
    prefix: str, number: int, document: bytes, short_text: str, mime_type: str
) -> Element:
    inputs = element(
        f"{prefix}:OptionalInputs",
        element("dss:SignatureType", CMS),
        element(f"{prefix}:IncludeEContent", "true"),
    )
    content = element("dss:Base64Data", encode(document), MimeType=mime_type)
    return element(
        f"{prefix}:SignRequest",
        inputs,
        element(f"{prefix}:Document", content, ID=f"doc{number}", ShortText=short_text),
        element(f"{prefix}:IncludeRevocationInfo", "true"),
        RequestID=request_id(number),
    )


def external_authenticate(caller: KonnektorContext, handle: str, digest: bytes) -> Element:
    """Return ExternalAuthenticate over a finished digest, ECDSA."""
    return element(
        "SIG74:ExternalAuthenticate",
        card_handle(handle),
        context(caller),
        element("SIG74:OptionalInputs", element("dss:SignatureType", ECDSA)),
        element(
            "SIG74:BinaryString",
            element("dss:Base64Data", encode(digest), MimeType="application/octet-stream"),
        ),
    )


def card_handle(handle: str) -> Element:
    """Return the card handle."""
    return element("CONN:CardHandle", handle)
