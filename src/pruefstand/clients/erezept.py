"""The E-Rezept-Fachdienst as practice and pharmacy see it: typed calls through the VAU."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from lxml import etree

from pruefstand.clients.erezept_refusal import ErezeptRefusal, inner_refusal
from pruefstand.clients.erezept_vau import PEER, VauChannel
from pruefstand.clients.fhir_record import record_cms
from pruefstand.errors import SutError
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse, to_xml
from pruefstand.model.http import Headers, Request, Response
from pruefstand.transport import NULL_RECORDER, Transport

__all__ = [
    "AcceptedTask",
    "Activation",
    "CreatedTask",
    "ErezeptClient",
    "ErezeptRefusal",
    "Receipt",
]

FHIR_XML = "application/fhir+xml"
FLOW_TYPE_SYSTEM = "https://gematik.de/fhir/erp/CodeSystem/GEM_ERP_CS_FlowType"

_NAMING = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_"
_EXTENSION = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_EX_"


def _path(expression: str) -> Callable[[etree._Element], str]:
    path = etree.XPath(f"string({expression})", namespaces={"f": NAMESPACE}, smart_strings=False)
    return cast("Callable[[etree._Element], str]", path)


_TASK_ID = _path(f"//f:Task/f:identifier[f:system/@value='{_NAMING}PrescriptionId']/f:value/@value")
_CODE = _path(f"//f:Task/f:identifier[f:system/@value='{_NAMING}AccessCode']/f:value/@value")
_SECRET = _path(f"//f:Task/f:identifier[f:system/@value='{_NAMING}Secret']/f:value/@value")
_STATUS = _path("//f:Task/f:status/@value")
_KVNR = _path("//f:Task/f:for/f:identifier/f:value/@value")
_EXPIRY = _path(f"//f:Task/f:extension[@url='{_EXTENSION}ExpiryDate']/f:valueDate/@value")
_ACCEPT = _path(f"//f:Task/f:extension[@url='{_EXTENSION}AcceptDate']/f:valueDate/@value")
_PKCS7 = _path("//f:Binary[f:contentType/@value='application/pkcs7-mime']/f:data/@value")
_SIGNATURE = _path("/f:Bundle/f:signature/f:data/@value")
_DIGEST = _path(
    "/f:Bundle/f:entry/f:resource/f:Binary[f:contentType/@value='application/octet-stream']"
    "/f:data/@value"
)


@dataclass(frozen=True, slots=True)
class CreatedTask:
    """A draft task: what the PVS keeps to upload and to print."""

    prescription_id: str
    access_code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Activation:
    """An accepted upload; 252 accepts with the `warning` that a physician number is wrong."""

    status: int
    warning: str | None
    task_status: str
    expiry_date: str
    accept_date: str


@dataclass(frozen=True, slots=True)
class AcceptedTask:
    """What a pharmacy gets: the prescription as PKCS#7, and the secret for all further calls."""

    prescription_id: str
    secret: str = field(repr=False)
    signed_prescription: bytes = field(repr=False)
    kvnr: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt bundle as received, its CAdES signature, and the prescription's digest."""

    xml: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    digest: bytes


class ErezeptClient:
    """One caller; `tokens` returns a valid access token, `kind` is `l` or `v` (X-erp-user)."""

    def __init__(
        self,
        transport: Transport,
        base_url: str,
        *,
        tokens: Callable[[], str],
        user_agent: str,
        kind: str = "l",
        trust: Callable[[bytes], object] | None = None,
    ) -> None:
        self.tokens = tokens
        self._transport = transport
        self._host = urlsplit(base_url).netloc
        self._channel = VauChannel(
            transport, base_url, user_agent=user_agent, kind=kind, trust=trust
        )

    def call(
        self, inner: Request, operation: str, resource: str, *, token: str | None = None
    ) -> Response:
        """Send any inner request and return its answer, whatever its status.

        Host and Authorization are added unless `inner` has them. Raises ErezeptRefusal only when
        there is no inner answer.
        """
        token = self.tokens() if token is None else token
        headers = inner.headers
        if inner.header("Host") is None:
            headers = (("Host", self._host), *headers)
        if inner.header("Authorization") is None:
            headers = (*headers, ("Authorization", f"Bearer {token}"))
        complete = Request(inner.method, inner.target, headers, inner.body)
        return self._channel.exchange(complete, token, operation, resource)

    def create(self, flow_type: int) -> CreatedTask:
        """Call $create; raises ErezeptRefusal."""
        coding = {"system": FLOW_TYPE_SYSTEM, "code": str(flow_type)}
        body = _parameters({"name": "workflowType", "valueCoding": coding})
        root = _root(self._post("Task/$create", "/Task/$create", body=body))
        return CreatedTask(
            _required(_TASK_ID(root), "Task.identifier PrescriptionId"),
            _required(_CODE(root), "Task.identifier AccessCode"),
        )

    def activate(self, prescription_id: str, access_code: str, signed: bytes) -> Activation:
        """Upload a signed prescription with $activate; raises ErezeptRefusal."""
        binary = {
            "resourceType": "Binary",
            "contentType": "application/pkcs7-mime",
            "data": base64.b64encode(signed).decode("ascii"),
        }
        answer = self._post(
            "Task/$activate",
            f"/Task/{prescription_id}/$activate",
            headers=(("X-AccessCode", access_code),),
            body=_parameters({"name": "ePrescription", "resource": binary}),
        )
        root = _root(answer)
        return Activation(
            answer.status, _warning(answer), _STATUS(root), _EXPIRY(root), _ACCEPT(root)
        )

    def accept(self, prescription_id: str, access_code: str) -> AcceptedTask:
        """Take a prescription with $accept; raises ErezeptRefusal."""
        operation = "Task/$accept"
        answer = self._post(operation, f"/Task/{prescription_id}/$accept?ac={access_code}")
        root = _root(answer)
        signed = _decoded(_PKCS7(root), "Binary mit PKCS#7")
        if self._transport.recorder is not NULL_RECORDER:
            record_cms(self._transport, PEER, operation, signed, parent=answer.exchange_id)
        return AcceptedTask(
            prescription_id,
            _required(_SECRET(root), "Task.identifier Secret"),
            signed,
            _required(_KVNR(root), "Task.for"),
        )

    def reject(self, prescription_id: str, secret: str) -> None:
        """Give a prescription back with $reject; raises ErezeptRefusal."""
        self._post("Task/$reject", f"/Task/{prescription_id}/$reject?secret={secret}")

    def dispense(self, prescription_id: str, secret: str, dispensation: bytes) -> None:
        """Store the dispensation with $dispense before closing; raises ErezeptRefusal."""
        target = f"/Task/{prescription_id}/$dispense?secret={secret}"
        self._post("Task/$dispense", target, body=dispensation)

    def close(self, prescription_id: str, secret: str, dispensation: bytes) -> Receipt:
        """Send the dispensation with $close and return the receipt; raises ErezeptRefusal."""
        target = f"/Task/{prescription_id}/$close?secret={secret}"
        answer = self._post("Task/$close", target, body=dispensation)
        root = _root(answer)
        return Receipt(
            answer.body,
            _decoded(_SIGNATURE(root), "Bundle.signature"),
            _decoded(_DIGEST(root), "Binary mit Hashwert"),
        )

    def abort(
        self, prescription_id: str, *, access_code: str | None = None, secret: str | None = None
    ) -> None:
        """Delete a prescription with $abort; raises ErezeptRefusal."""
        target = f"/Task/{prescription_id}/$abort"
        if secret is not None:
            target += f"?secret={secret}"
        headers = (("X-AccessCode", access_code),) if access_code is not None else ()
        self._post("Task/$abort", target, headers=headers)

    def task(
        self, prescription_id: str, *, access_code: str | None = None, secret: str | None = None
    ) -> Response:
        """Read a task by `secret`, or recover it by `access_code`; raises ErezeptRefusal."""
        target = f"/Task/{prescription_id}"
        if secret is not None:
            target += f"?secret={secret}"
        elif access_code is not None:
            target += f"?ac={access_code}"
        return self.checked(Request("GET", target, (("Accept", FHIR_XML),)), "Task/{id}")

    def tasks(self, **parameters: str) -> Response:
        """List an insured person's tasks; `parameters` go into the query; raises ErezeptRefusal."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        target = f"/Task?{query}" if query else "/Task"
        return self.checked(Request("GET", target, (("Accept", FHIR_XML),)), "Task")

    def outer(self, body: bytes) -> Response:
        """Send octets to the VAU as they are and return the outer answer, whatever it is."""
        return self._channel.outer(body)

    def unencrypted(self, name: str) -> Response:
        """Get what the service shows everybody outside the VAU, whatever the answer is."""
        return self._channel.unencrypted(name)

    def probe(self) -> None:
        """Ask the root of the service whether it is there; raises ErezeptRefusal."""
        self._channel.probe()

    def metadata(self) -> Response:
        """Read the capabilities through the VAU, the extended probe; raises ErezeptRefusal."""
        request = Request("GET", "/metadata", (("Accept", FHIR_XML),))
        return self.checked(request, "metadata", "metadata")

    def _post(
        self, operation: str, target: str, *, headers: Headers = (), body: bytes = b""
    ) -> Response:
        content: Headers = (("Content-Type", FHIR_XML),) if body else ()
        request = Request("POST", target, (("Accept", FHIR_XML), *content, *headers), body)
        return self.checked(request, operation)

    def checked(self, inner: Request, operation: str, resource: str = "Task") -> Response:
        """Send any inner request and return its good answer; raises ErezeptRefusal."""
        answer = self.call(inner, operation, resource)
        if not 200 <= answer.status < 300:
            raise inner_refusal(operation, answer)
        return answer


def _parameters(parameter: dict[str, object]) -> bytes:
    return to_xml({"resourceType": "Parameters", "parameter": [parameter]})


def _root(answer: Response) -> etree._Element:
    try:
        return safe_parse(answer.body)
    except FhirSyntaxProblem as problem:
        raise SutError(f"Antwort des Fachdienstes ist kein FHIR-XML: {problem}") from problem


def _required(text: str, element: str) -> str:
    if not text:
        raise SutError(f"In der Antwort des Fachdienstes fehlt {element}")
    return text


def _decoded(text: str, element: str) -> bytes:
    try:
        return base64.b64decode(_required(text, element), validate=True)
    except binascii.Error as error:
        raise SutError(f"{element} ist kein base64: {error}") from error


def _warning(answer: Response) -> str | None:
    """Return the warning; header bytes were read as Latin-1, the service writes UTF-8."""
    value = answer.header("Warning")
    if value is None:
        return None
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value
