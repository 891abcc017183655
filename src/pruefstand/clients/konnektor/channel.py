"""One SOAP call: send, record, and turn faults into errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pruefstand.clients.konnektor.credentials import Credentials, authorization
from pruefstand.clients.konnektor.problems import KonnektorFault
from pruefstand.errors import ServiceRefusal, SutError
from pruefstand.model.exchange import Layer, Message
from pruefstand.model.http import Request, Response
from pruefstand.soap.envelope import CONTENT_TYPE, Element, Envelope, SoapProblem, parse, wrap
from pruefstand.soap.fault import SoapFault, read_fault
from pruefstand.soap.namespaces import prefixed, qname, soap_action
from pruefstand.transport import Transport
from pruefstand.transport.recorder import Timer

PEER = "konnektor"


@dataclass(frozen=True, slots=True)
class Reply:
    """A response element with the id of its SOAP exchange."""

    body: Element
    exchange: str


def request(location: str, body: Element, credentials: Credentials | None = None) -> Request:
    """Return the HTTP request that carries `body` to `location`."""
    headers = (
        ("Content-Type", CONTENT_TYPE),
        ("SOAPAction", f'"{soap_action(prefixed(str(body.tag)))}"'),
        *authorization(credentials),
    )
    return Request("POST", location, headers, wrap(body))


def send(transport: Transport, wanted: Request, name: str, facts: Mapping[str, str]) -> Reply:
    """Send what `request` made of element `name` (`EVT:GetCards`) and return the response.

    Raises KonnektorFault when the Konnektor refuses.
    """
    operation = name.partition(":")[2]
    timer = Timer()
    response = transport.send(wanted, peer=PEER, operation=operation)
    envelope, problem = _read(response)
    fault = read_fault(envelope.body) if envelope else None
    exchange = transport.recorder.add(
        Layer.SOAP,
        actor=transport.actor,
        peer=PEER,
        operation=operation,
        request=Message(operation, wanted.headers, wanted.body),
        response=Message(_start(envelope), response.headers, response.body, response.status),
        duration=timer.seconds,
        parent=response.exchange_id,
        facts={**facts, **_fault_facts(fault)},
        error=problem,
    )
    if envelope is None:
        raise _no_soap(operation, response, problem or "")
    if fault is not None:
        raise KonnektorFault(operation, fault, status=response.status)
    if envelope.body.tag != qname(f"{name}Response"):
        raise SutError(f"Konnektor beantwortet {operation} mit {envelope.name}")
    return Reply(envelope.body, exchange)


def _read(response: Response) -> tuple[Envelope | None, str | None]:
    try:
        return parse(response.body), None
    except SoapProblem as problem:
        return None, problem.text


def _start(envelope: Envelope | None) -> str:
    return envelope.name.partition(":")[2] if envelope else ""


def _fault_facts(fault: SoapFault | None) -> dict[str, str]:
    if fault is None:
        return {}
    return {"fault": str(fault.error.code) if fault.error else fault.faultcode}


def _no_soap(operation: str, response: Response, problem: str) -> ServiceRefusal:
    return ServiceRefusal(
        f"Konnektor beantwortet {operation} nicht mit SOAP, sondern mit HTTP {response.status}",
        status=response.status,
        text=problem,
        hint="Adresse, Anmeldung (Zertifikat oder Passwort) und Dienstpfad prüfen.",
    )
