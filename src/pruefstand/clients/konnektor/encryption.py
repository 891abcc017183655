"""Encrypting and decrypting documents (EncryptionService 6.1)."""

from __future__ import annotations

from collections.abc import Sequence

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.forms import CMS
from pruefstand.clients.konnektor.messages import card_handle, context, properties
from pruefstand.errors import SutError
from pruefstand.soap.envelope import Element, SoapProblem, decode, element, encode, text

_SERVICE, _VERSION = "EncryptionService", "6.1"
_MIME_TYPE = "text/plain; charset=utf-8"


class Encryption:
    """Encryption in the client's context; methods raise KonnektorFault on refusal."""

    def __init__(self, client: KonnektorClient) -> None:
        self._client = client

    def encrypt(
        self,
        content: bytes,
        recipients: Sequence[bytes],
        *,
        own_card: str | None = None,
        crypt: str = "ECC",
        unprotected: Sequence[tuple[str, bytes]] = (),
    ) -> bytes:
        """Return `content` as CMS for certificates (DER) and for the card `own_card`.

        `unprotected` attributes (identifier, DER) travel in clear beside the content.
        """
        on_card = _key_on_card("CertificateOnCard", own_card, crypt) if own_card else None
        keys = [element("CRYPT:Certificate", encode(der)) for der in recipients]
        loose = element("CRYPT:UnprotectedProperties", *properties(unprotected))
        request = element(
            "CRYPT:EncryptDocument",
            context(self._client.context),
            element("CRYPT:RecipientKeys", on_card, *keys),
            _document(content, _MIME_TYPE),
            element(
                "CRYPT:OptionalInputs",
                element("CRYPT:EncryptionType", CMS),
                loose if unprotected else None,
            ),
        )
        return self._call("EncryptDocument", request)

    def decrypt(self, sealed: bytes, card: str, *, crypt: str = "ECC") -> bytes:
        """Return the content of a CMS with the key C.ENC of `card`, which must be unlocked."""
        request = element(
            "CRYPT:DecryptDocument",
            context(self._client.context),
            _key_on_card("PrivateKeyOnCard", card, crypt),
            _document(sealed, "application/pkcs7-mime"),
        )
        return self._call("DecryptDocument", request, card=card)

    def _call(self, operation: str, request: Element, **facts: str) -> bytes:
        body = self._client.call(_SERVICE, _VERSION, request, **facts).body
        value = text(body, "CONN:Document/dss:Base64Data")
        if value is None:
            raise SutError(f"Konnektor liefert auf {operation} kein Dokument")
        try:
            return decode(value)
        except SoapProblem as problem:
            raise SutError(f"Konnektor beantwortet {operation} mit falschem base64") from problem


def _key_on_card(name: str, handle: str, crypt: str) -> Element:
    return element(f"CRYPT:{name}", card_handle(handle), element("CRYPT:Crypt", crypt))


def _document(content: bytes, mime_type: str) -> Element:
    data = element("dss:Base64Data", encode(content), MimeType=mime_type)
    return element("CONN:Document", data)
