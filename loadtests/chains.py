"""Complete chains at the Fachdienst: create, sign, activate, accept, close, receipt checked.

Documents are templates with the Rezept-ID put in, tokens are minted with the test PKI's IDP key,
and connections stay open: what is measured is the service and the protocol, not the test data.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from pruefstand.clients.erezept import ErezeptClient, Receipt
from pruefstand.clock import Clock, berlin_day
from pruefstand.crypto import jws
from pruefstand.crypto.cms_qes import QesSigner
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.simulator import USER_AGENT
from pruefstand.fhir.dispensation import DispensedMedication, build_dispensation
from pruefstand.fhir.prescription import build_prescription
from pruefstand.fhir.profiles import newest_erp
from pruefstand.ids.rezept_id import FlowType
from pruefstand.model.http import MalformedHttp, Request, Response
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from pruefstand.transport import NULL_RECORDER, Recorder, TransportFailure

AUDIENCE = "https://erp-test.zentral.erp.splitdns.ti-dienste.de/"
TOKEN_SECONDS = 300
_PLACE = "160.000.000.000.000.00"
_OID = "1.2.276.0.76.4."
TIMEOUT_SECONDS = 30.0
_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_PIECE = 65536


class KeepAlive:
    """One connection under the protocol clients; no record is kept.

    A generator's own processor time is time the service under load does not get, so a request is
    written at once and an answer read by its length, without the layers of `http.client`.
    """

    recorder: Recorder = NULL_RECORDER
    actor = "last"

    def __init__(self, base_url: str, tls: ssl.SSLContext) -> None:
        parts = urlsplit(base_url)
        self._address = (parts.hostname or "localhost", parts.port or 443)
        self._host = parts.netloc
        self._tls = tls
        self._socket: ssl.SSLSocket | None = None

    def send(self, request: Request, *, peer: str, operation: str) -> Response:
        """Return the answer; raises TransportFailure and starts anew with the next call."""
        parts = urlsplit(request.target)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        headers = (("Host", self._host), *request.headers)
        raw = Request(request.method, path, headers, request.body).raw()
        try:
            connection = self._connected()
            connection.sendall(raw)
            return Response.parse(_answer(connection))
        except (OSError, MalformedHttp) as error:
            self.close()
            raise TransportFailure(
                f"{peer} antwortet nicht: {error}", hint="Läuft der Mock noch?"
            ) from error

    def _connected(self) -> ssl.SSLSocket:
        if self._socket is None:
            plain = socket.create_connection(self._address, TIMEOUT_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = self._tls.wrap_socket(plain, server_hostname=self._address[0])
        return self._socket

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _answer(connection: ssl.SSLSocket) -> bytes:
    """Return one HTTP answer as it came; raises MalformedHttp without its end or length."""
    found = b""
    while _HEAD_END not in found:
        found += _received(connection)
    head = found.index(_HEAD_END) + len(_HEAD_END)
    length = _LENGTH.search(found, 0, head)
    if length is None:
        raise MalformedHttp("answer without Content-Length")
    pieces, missing = [found], head + int(length[1]) - len(found)
    while missing > 0:
        pieces.append(_received(connection))
        missing -= len(pieces[-1])
    return b"".join(pieces)


def _received(connection: ssl.SSLSocket) -> bytes:
    piece = connection.recv(_PIECE)
    if not piece:
        raise MalformedHttp("connection closed within an answer")
    return piece


@dataclass(frozen=True, slots=True)
class ChainResult:
    """What one chain left behind."""

    prescription_id: str
    signed: bytes
    receipt: Receipt


class Chains:
    """One practice and one pharmacy with a connection of their own."""

    def __init__(
        self, base_url: str, tls: ssl.SSLContext, pki: Pki, clock: Clock, number: int
    ) -> None:
        self._clock = clock
        self._pki = pki
        self._number = number
        self._telematik_id = f"3-last-{number}"
        self._signer = QesSigner(pki.hba("Last").qes)
        self._order = order(Rng("last").derive(number), flow_type=int(FlowType.DRUG))
        self._written: tuple[object, bytes] = (None, b"")
        self.transport = KeepAlive(base_url, tls)
        self.practice = self._client(base_url, "50", f"1-last-{number}")
        self.pharmacy = self._client(base_url, "54", self._telematik_id)

    def _client(self, base_url: str, oid: str, id_number: str) -> ErezeptClient:
        tokens = minted_tokens(self._pki, self._clock, oid, id_number)
        return ErezeptClient(self.transport, base_url, tokens=tokens, user_agent=USER_AGENT)

    def run(self) -> ChainResult:
        """Run one chain; raises what the clients raise."""
        task = self.practice.create(int(FlowType.DRUG))
        signed = self.signed(task.prescription_id)
        self.practice.activate(task.prescription_id, task.access_code, signed)
        accepted = self.pharmacy.accept(task.prescription_id, task.access_code)
        body = build_dispensation(
            task.prescription_id,
            kvnr=accepted.kvnr,
            telematik_id=self._telematik_id,
            handed_over=berlin_day(self._clock.now()),
            medications=[DispensedMedication("12345678", "Arzneimittel")],
        )
        receipt = self.pharmacy.close(task.prescription_id, accepted.secret, body)
        return ChainResult(task.prescription_id, signed, receipt)

    def signed(self, prescription_id: str) -> bytes:
        """Return a signed prescription for `prescription_id`, its OCSP answer embedded."""
        now = self._clock.now()
        return self._signer.sign(self._document(prescription_id, now), at=now, ocsp=self._ocsp(now))

    def _document(self, prescription_id: str, now: datetime) -> bytes:
        day = berlin_day(now)
        if self._written[0] != day:
            text = build_prescription(
                self._order, rezept_id=_PLACE, version=newest_erp(day), authored=now
            )
            self._written = (day, text)
        return self._written[1].replace(_PLACE.encode(), prescription_id.encode())

    def _ocsp(self, now: datetime) -> bytes:
        return self._pki.ocsp(self._pki.hba("Last").qes.certificate, at=now)

    def close(self) -> None:
        """Close the connection."""
        self.transport.close()


def minted_tokens(pki: Pki, clock: Clock, oid: str, id_number: str) -> Callable[[], str]:
    """Return a source of access tokens that are renewed before they end."""
    kept: list[tuple[int, str]] = []

    def token() -> str:
        now = int(clock.now().timestamp())
        if not kept or kept[0][0] < now + 30:
            claims = {
                "professionOID": _OID + oid,
                "idNummer": id_number,
                "sub": f"sub-{id_number}",
                "iss": "https://idp.test",
                "aud": AUDIENCE,
                "acr": "gematik-ehealth-loa-high",
                "jti": f"{id_number}-{now}",
                "iat": now,
                "exp": now + TOKEN_SECONDS,
            }
            signed = jws.sign(claims, pki.service("idp-sig").key, {"typ": "at+JWT"})
            kept[:] = [(now + TOKEN_SECONDS, signed)]
        return kept[0][1]

    return token
