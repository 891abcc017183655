"""The VAU channel of the E-Rezept-Fachdienst: certificate, pseudonym, one record per layer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pruefstand.clients.erezept_refusal import outer_refusal
from pruefstand.clients.fhir_record import record_fhir
from pruefstand.crypto.vau_erezept import SealedRequest, VauClient, VauProblem
from pruefstand.errors import SutError
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.http import MalformedHttp, Request, Response
from pruefstand.transport import NULL_RECORDER, Transport
from pruefstand.transport.recorder import Timer

PEER = "erezept"
_OCTETS = "application/octet-stream"
FIRST_PSEUDONYM = "0"


@dataclass(frozen=True, slots=True)
class _Key:
    client: VauClient
    fingerprint: str


class VauChannel:
    """Carries inner requests; `trust` judges the VAU certificate (DER) and raises if it is bad."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        *,
        user_agent: str,
        kind: str = "l",
        trust: Callable[[bytes], object] | None = None,
    ) -> None:
        self._transport = transport
        self._base_url = base_url.rstrip("/")
        self._user_agent = user_agent
        self._kind = kind
        self._trust = trust
        self._key: _Key | None = None
        self.pseudonym = FIRST_PSEUDONYM

    def exchange(self, inner: Request, token: str, operation: str, resource: str) -> Response:
        """Return the inner answer; raises ErezeptRefusal for an outer error, SutError for garbage.

        A VAU that cannot decrypt may have a new key: its certificate is loaded again, once.
        """
        raw = inner.raw()
        timer = Timer()
        sealed, answer = self._post(raw, token, resource)
        if answer.status == 400 and b"vau decryption failed" in answer.body:
            self._key = None
            sealed, answer = self._post(raw, token, resource)
        if answer.status != 200:
            self._record(inner, None, sealed, answer, timer.seconds, operation)
            raise outer_refusal(operation, answer)
        self.pseudonym = answer.header("Userpseudonym") or FIRST_PSEUDONYM
        response = self._opened(sealed, answer, operation)
        identifier = self._record(inner, response, sealed, answer, timer.seconds, operation)
        return replace(response, exchange_id=identifier)

    def outer(self, body: bytes) -> Response:
        """Send octets to the VAU as they are and return the outer answer, whatever it is."""
        headers = (("Content-Type", _OCTETS), ("User-Agent", self._user_agent))
        address = f"{self._base_url}/VAU/{self.pseudonym}"
        request = Request("POST", address, headers, body)
        return self._transport.send(request, peer=PEER, operation="VAU")

    def unencrypted(self, name: str) -> Response:
        """Get what the web layer shows everybody, such as `CertList`, whatever the answer is."""
        request = Request("GET", f"{self._base_url}/{name}", (("User-Agent", self._user_agent),))
        return self._transport.send(request, peer=PEER, operation=name)

    def probe(self) -> None:
        """Ask the root outside the channel whether the service is there (A_23219).

        Raises ErezeptRefusal unless the answer is 200.
        """
        request = Request("GET", f"{self._base_url}/", (("User-Agent", self._user_agent),))
        answer = self._transport.send(request, peer=PEER, operation="health")
        if answer.status != 200:
            raise outer_refusal("health", answer)

    def _opened(self, sealed: SealedRequest, answer: Response, operation: str) -> Response:
        try:
            return Response.parse(self._loaded().client.open(sealed, answer.body))
        except (VauProblem, MalformedHttp) as problem:
            raise SutError(
                f"Antwort der VAU auf {operation} ist unlesbar: {problem}",
                hint="Antwortschlüssel, Request-ID und inneres HTTP des Fachdienstes prüfen.",
            ) from problem

    def _post(self, raw: bytes, token: str, resource: str) -> tuple[SealedRequest, Response]:
        sealed = self._loaded().client.seal(token, raw)
        headers = (
            ("Content-Type", _OCTETS),
            ("Accept", _OCTETS),
            ("X-erp-user", self._kind),
            ("X-erp-resource", resource),
            ("User-Agent", self._user_agent),
        )
        address = f"{self._base_url}/VAU/{self.pseudonym}"
        request = Request("POST", address, headers, sealed.body)
        return sealed, self._transport.send(request, peer=PEER, operation="VAU")

    def _loaded(self) -> _Key:
        if self._key is None:
            der = self._load()
            if self._trust is not None:
                self._trust(der)
            self._key = _Key(VauClient(der), hashlib.sha256(der).hexdigest())
        return self._key

    def _load(self) -> bytes:
        answer = self.unencrypted("VAUCertificate")
        if answer.status != 200:
            raise outer_refusal("VAUCertificate", answer)
        return answer.body

    def _record(
        self,
        inner: Request,
        response: Response | None,
        sealed: SealedRequest,
        carrier: Response,
        duration: float,
        operation: str,
    ) -> str:
        if self._transport.recorder is NULL_RECORDER:
            return ""
        marked = Message("VAU eRp 1", (("request-id", sealed.request_id),))
        channel = self._add(
            Layer.VAU,
            "VAU",
            marked,
            marked if response else None,
            duration,
            carrier.exchange_id,
            {"certificate_sha256": self._key.fingerprint if self._key else ""},
        )
        asked = Message(f"{inner.method} {inner.target}", inner.headers, inner.body)
        told = None
        if response is not None:
            told = Message(str(response.status), response.headers, response.body, response.status)
        identifier = self._add(Layer.HTTP, operation, asked, told, duration, channel, {})
        record_fhir(self._transport, PEER, operation, asked, told, parent=identifier)
        return identifier

    def _add(
        self,
        layer: Layer,
        operation: str,
        request: Message,
        response: Message | None,
        duration: float,
        parent: str,
        facts: Mapping[str, str],
    ) -> str:
        return self._transport.recorder.add(
            layer,
            actor=self._transport.actor,
            peer=PEER,
            operation=operation,
            request=request,
            response=response,
            duration=duration,
            parent=parent,
            facts=facts,
        )
