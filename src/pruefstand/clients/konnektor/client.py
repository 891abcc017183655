"""The client: one method per operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Self

from pruefstand.clients.konnektor import channel, messages
from pruefstand.clients.konnektor.channel import PEER, Reply
from pruefstand.clients.konnektor.credentials import Credentials, authorization
from pruefstand.clients.konnektor.directory import Directory, read_directory
from pruefstand.clients.konnektor.forms import MIME_TYPE, SignatureForm
from pruefstand.clients.konnektor.problems import KonnektorFault
from pruefstand.clients.konnektor.signatures import read_signatures, record_signature
from pruefstand.clients.konnektor.values import (
    Card,
    KonnektorContext,
    PinResult,
    PinStatus,
    read_card,
    read_pin_result,
    read_pin_status,
)
from pruefstand.errors import ServiceRefusal, SutError
from pruefstand.model.http import Request
from pruefstand.soap.envelope import Element, SoapProblem, children, decode, text
from pruefstand.soap.namespaces import prefixed
from pruefstand.transport import Transport, TransportFailure

__all__ = ["KonnektorClient", "KonnektorContext", "KonnektorFault"]

_SIGNATURE_PREFIXES = {"7.5": "SIG", "7.4": "SIG74"}


class KonnektorClient:
    """Speaks for one call context; `base_url` is where connector.sds lies.

    Every operation raises KonnektorFault when the Konnektor refuses, TransportFailure when it
    does not answer.
    """

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        context: KonnektorContext,
        credentials: Credentials | None = None,
    ) -> None:
        """Speak for `context`; `credentials` where the Konnektor asks for user and password."""
        self.transport = transport
        self.context = context
        self._credentials = credentials
        self._base_url = base_url.rstrip("/")
        self._directory: Directory | None = None

    def as_user(self, user: str) -> Self:
        """Return a client that speaks for `user` on the same connection."""
        return self.in_context(replace(self.context, user=user))

    def in_context(self, context: KonnektorContext) -> Self:
        """Return a client for another call context on the same connection."""
        other = copy(self)
        other.context = context
        return other

    def discover(self) -> Directory:
        """Return the service directory; it is fetched once."""
        if self._directory is None:
            url = f"{self._base_url}/connector.sds"
            request = Request("GET", url, authorization(self._credentials))
            response = self.transport.send(request, peer=PEER, operation="connector.sds")
            if response.status != 200:
                raise ServiceRefusal(
                    f"Konnektor liefert connector.sds nicht: HTTP {response.status}",
                    status=response.status,
                    text=response.reason,
                    hint="Adresse des Konnektors und Anmeldung am Dienstverzeichnis prüfen.",
                )
            self._directory = read_directory(response.body)
        return self._directory

    def cards(self, card_type: str | None = None) -> tuple[Card, ...]:
        """Return the plugged cards, of one type or group (HBAx, SM-B) where given."""
        reply = self.call("EventService", "7.2", messages.get_cards(self.context, card_type))
        return tuple(read_card(node) for node in children(reply.body, "CARD:Cards/CARD:Card"))

    def pin_status(self, handle: str, pin_typ: str) -> str:
        """Return how this card session sees a PIN: VERIFIED, VERIFIABLE, BLOCKED, …"""
        return self.pin_details(handle, pin_typ).status

    def pin_details(self, handle: str, pin_typ: str) -> PinStatus:
        """Return a PIN's status together with the remaining tries."""
        return read_pin_status(self._pin("GetPinStatus", handle, pin_typ).body)

    def verify_pin(self, handle: str, pin_typ: str) -> PinResult:
        """Ask for a PIN at the terminal; returns when the user is done."""
        return read_pin_result(self._pin("VerifyPin", handle, pin_typ).body)

    def change_pin(self, handle: str, pin_typ: str) -> PinResult:
        """Ask for the old PIN and twice for a new one at the terminal."""
        return read_pin_result(self._pin("ChangePin", handle, pin_typ).body)

    def unblock_pin(self, handle: str, pin_typ: str, *, new_pin: bool | None = None) -> PinResult:
        """Ask for the PUK at the terminal, which restores the tries; `new_pin` for a new PIN."""
        reply = self._pin("UnblockPin", handle, pin_typ, messages.set_new_pin(new_pin))
        return read_pin_result(reply.body)

    def enable_pin(self, handle: str, pin_typ: str) -> PinResult:
        """Ask for a PIN of an eGK's voluntary application, which is needed from then on."""
        return read_pin_result(self._pin("EnablePin", handle, pin_typ).body)

    def disable_pin(self, handle: str, pin_typ: str) -> PinResult:
        """Ask for a PIN of an eGK's voluntary application, which is no longer needed then."""
        return read_pin_result(self._pin("DisablePin", handle, pin_typ).body)

    def read_certificate(self, handle: str, ref: str, crypt: str = "ECC") -> bytes:
        """Return a card's certificate `ref` (C.AUT, C.ENC, C.SIG, C.QES) as DER."""
        body = messages.read_card_certificate(self.context, handle, ref, crypt)
        reply = self.call("CertificateService", "6.0", body, card=handle)
        info = "CERTCMN:X509DataInfoList/CERTCMN:X509DataInfo"
        encoded = text(reply.body, f"{info}/CERTCMN:X509Data/CERTCMN:X509Certificate")
        if not encoded:
            raise SutError(
                f"Karte {handle} hat kein Zertifikat {ref} ({crypt})",
                hint="C.QES gibt es nur auf dem HBA, C.SIG nur auf der SMC-B.",
            )
        return _octets(encoded, "ReadCardCertificate")

    def job_number(self) -> str:
        """Return a fresh job number, shown on the terminal while signing."""
        version, prefix = self._signature_version()
        body = messages.get_job_number(prefix, self.context)
        number = text(self.call("SignatureService", version, body).body, f"{prefix}:JobNumber")
        if not number:
            raise SutError("Konnektor liefert keine Jobnummer")
        return number

    def stop_signature(self, job_number: str) -> None:
        """Stop the running job `job_number`; a job that is done is refused with 4243."""
        version, prefix = self._signature_version()
        body = messages.stop_signature(prefix, self.context, job_number)
        self.call("SignatureService", version, body, job=job_number)

    def sign_document(
        self,
        handle: str,
        content: bytes | Sequence[bytes],
        short_text: str = "E-Rezept",
        *,
        job_number: str | None = None,
        mime_type: str = MIME_TYPE,
        crypt: str = "ECC",
    ) -> list[bytes]:
        """Return one DER CMS per document, in the order given; several make one stack.

        A HBA signs qualified (the user types PIN.QES), a SMC-B seals.
        """
        documents = [content] if isinstance(content, bytes) else list(content)
        form = SignatureForm(short_text, mime_type, crypt=crypt)
        reply, prefix = self.request_signatures(handle, documents, form, job_number)
        signed = read_signatures(reply.body, prefix, len(documents))
        for document, signature in zip(documents, signed, strict=True):
            record_signature(self.transport, short_text, document, signature, reply.exchange)
        return signed

    def request_signatures(
        self,
        handle: str,
        documents: Sequence[bytes],
        form: SignatureForm,
        job_number: str | None = None,
    ) -> tuple[Reply, str]:
        """Send SignDocument for signatures of any form; return the answer and its prefix."""
        version, prefix = self._signature_version()
        job = job_number or self.job_number()
        body = messages.sign_document(
            prefix, self.context, handle, documents, job_number=job, form=form
        )
        facts = {"card": handle, "job": job, "documents": str(len(documents))}
        return self.call("SignatureService", version, body, **facts), prefix

    def external_authenticate(self, handle: str, digest: bytes) -> bytes:
        """Return the DER ECDSA signature of C.AUT over a SHA-256 `digest` of 32 bytes."""
        body = messages.external_authenticate(self.context, handle, digest)
        reply = self.call("AuthSignatureService", "7.4", body, card=handle)
        value = text(reply.body, "dss:SignatureObject/dss:Base64Signature")
        if not value:
            raise SutError("Konnektor liefert auf ExternalAuthenticate keine Signatur")
        return _octets(value, "ExternalAuthenticate")

    def _pin(
        self, operation: str, handle: str, pin_typ: str, further: Element | None = None
    ) -> Reply:
        body = messages.pin_operation(operation, self.context, handle, pin_typ, further)
        return self.call("CardService", "8.1", body, card=handle, pin=pin_typ)

    def _signature_version(self) -> tuple[str, str]:
        endpoint = self.discover().find("SignatureService", *_SIGNATURE_PREFIXES)
        version = endpoint.namespace.rpartition("/v")[2]
        return version, _SIGNATURE_PREFIXES[version]

    def call(self, service: str, version: str, body: Element, **facts: str) -> Reply:
        """Send `body` to a service of the directory; raises KonnektorFault."""
        endpoint = self.discover().find(service, version)
        location = endpoint.location if self._is_encrypted else endpoint.plain_location
        if not location:
            raise SutError(
                f"Konnektor bietet {service} nicht ohne TLS an",
                hint="den Konnektor mit https ansprechen",
            )
        request = channel.request(location, body, self._credentials)
        try:
            return self.send(request, prefixed(str(body.tag)), facts)
        except TransportFailure:
            # The endpoint may have moved with a restart: read the directory again next time.
            self._directory = None
            raise

    def send(self, request: Request, name: str, facts: Mapping[str, str]) -> Reply:
        """Send the octets of the call `name` (`EVT:GetCards`); raises KonnektorFault."""
        return channel.send(self.transport, request, name, facts)

    @property
    def _is_encrypted(self) -> bool:
        return self._base_url.startswith("https:")


def _octets(encoded: str, operation: str) -> bytes:
    try:
        return decode(encoded)
    except SoapProblem as problem:
        raise SutError(f"Konnektor beantwortet {operation} mit falschem base64") from problem
