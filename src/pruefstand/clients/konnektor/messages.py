"""The request bodies, in the order of their schemas."""

from __future__ import annotations

from collections.abc import Sequence

from pruefstand.clients.konnektor.forms import CMS, SignatureForm
from pruefstand.clients.konnektor.values import KonnektorContext
from pruefstand.soap.envelope import Element, element, encode

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


def pin_operation(
    name: str,
    caller: KonnektorContext,
    handle: str,
    pin_typ: str,
    further: Element | None = None,
) -> Element:
    """Return `name`, one of the operations on a PIN; `further` is what only some of them have."""
    pin = element("CARDCMN:PinTyp", pin_typ)
    return element(f"CARD:{name}", context(caller), card_handle(handle), pin, further)


def set_new_pin(wanted: bool | None) -> Element | None:
    """Return whether UnblockPin sets a new PIN; None leaves that to the Konnektor."""
    return None if wanted is None else element("CARD:SetNewPin", _boolean(wanted))


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
    form: SignatureForm,
) -> Element:
    """Return SignDocument with one SignRequest per document."""
    requests = [
        _sign_request(prefix, number, document, form)
        for number, document in enumerate(documents, start=1)
    ]
    return element(
        f"{prefix}:SignDocument",
        card_handle(handle),
        element(f"{prefix}:Crypt", form.crypt),
        context(caller),
        element(f"{prefix}:TvMode", "NONE"),
        element(f"{prefix}:JobNumber", job_number),
        *requests,
    )


def request_id(number: int) -> str:
    """Return the RequestID of document `number`, counted from 1."""
    return f"r{number}"


def _sign_request(prefix: str, number: int, document: bytes, form: SignatureForm) -> Element:
    is_cms = form.kind == CMS
    inputs = element(
        f"{prefix}:OptionalInputs",
        element("dss:SignatureType", form.kind),
        element("dss:Properties", element("dss:SignedProperties", *properties(form.attributes)))
        if form.attributes
        else None,
        element(f"{prefix}:IncludeEContent", _boolean(form.with_content)) if is_cms else None,
    )
    if form.mime_type == "application/xml":
        content = element("CONN:Base64XML", encode(document))
    else:
        content = element("dss:Base64Data", encode(document), MimeType=form.mime_type)
    return element(
        f"{prefix}:SignRequest",
        inputs,
        element(f"{prefix}:Document", content, ID=f"doc{number}", ShortText=form.short_text),
        element(f"{prefix}:IncludeRevocationInfo", _boolean(form.with_revocation)),
        RequestID=request_id(number),
    )


def properties(attributes: Sequence[tuple[str, bytes]]) -> list[Element]:
    """Return CMS attributes (DER) as properties under their identifiers."""
    return [
        element(
            "dss:Property",
            element("dss:Identifier", name),
            element("dss:Value", element("CMSAttribute", encode(value))),
        )
        for name, value in attributes
    ]


def _boolean(value: bool) -> str:
    return "true" if value else "false"


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
