"""HTTP and SOAP in front of the operations.

Operations are found by the name of the body element: clients in the field send wrong paths,
versions and SOAPActions, and real Konnektors answer them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from mocks.konnektor import (
    card_operations,
    certificate_operations,
    comfort,
    resources,
    signing,
    slots,
    subscribing,
    verification,
    vsd,
)
from mocks.konnektor.answer import Answer
from mocks.konnektor.context import Call, enter, enter_nameless
from mocks.konnektor.directory import SERVICES, directory
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.shapes import check_shape
from mocks.konnektor.state import State
from pruefstand.mockkit import App, MockContext, Route
from pruefstand.model.http import Request, Response
from pruefstand.soap.envelope import CONTENT_TYPE, Element, SoapProblem, parse, wrap
from pruefstand.soap.fault import fault_element

_LOG = logging.getLogger("pruefstand.mock.konnektor")
_HEADERS = (("Content-Type", CONTENT_TYPE),)


@dataclass(frozen=True, slots=True)
class Operation:
    """A handler; `session`: it takes part in a card session, `context`: its caller is named."""

    handler: Callable[[Element, Call, State], Answer]
    session: bool = False
    context: bool = True


OPERATIONS = {
    "EVT:GetCards": Operation(card_operations.get_cards),
    "EVT:GetCardTerminals": Operation(resources.get_card_terminals),
    "EVT:GetResourceInformation": Operation(resources.get_resource_information),
    "EVT:Subscribe": Operation(subscribing.subscribe),
    "EVT:Unsubscribe": Operation(subscribing.unsubscribe),
    "EVT:RenewSubscriptions": Operation(subscribing.renew),
    "EVT:GetSubscription": Operation(subscribing.get_subscription),
    "CARD:GetPinStatus": Operation(card_operations.get_pin_status, session=True),
    "CARD:VerifyPin": Operation(card_operations.verify_pin, session=True),
    "CARD:ChangePin": Operation(card_operations.change_pin, session=True),
    "CARD:UnblockPin": Operation(card_operations.unblock_pin, session=True),
    "CT:RequestCard": Operation(slots.request_card),
    "CT:EjectCard": Operation(slots.eject_card),
    "VSD:ReadVSD": Operation(vsd.read_vsd),
    "CERT:ReadCardCertificate": Operation(certificate_operations.read_card_certificate),
    "CERT:CheckCertificateExpiration": Operation(certificate_operations.check_expiration),
    "CERT:VerifyCertificate": Operation(certificate_operations.verify_certificate),
    "SIG:GetJobNumber": Operation(signing.get_job_number),
    "SIG74:GetJobNumber": Operation(signing.get_job_number),
    "SIG:SignDocument": Operation(signing.sign_document, session=True),
    "SIG74:SignDocument": Operation(signing.sign_document, session=True),
    "SIG:VerifyDocument": Operation(verification.verify_document),
    "SIG74:VerifyDocument": Operation(verification.verify_document),
    "SIG:StopSignature": Operation(signing.stop_signature),
    "SIG74:StopSignature": Operation(signing.stop_signature),
    "SIG:ActivateComfortSignature": Operation(comfort.activate, session=True),
    "SIG:DeactivateComfortSignature": Operation(comfort.deactivate, context=False),
    "SIG:GetSignatureMode": Operation(comfort.get_mode),
    "SIG74:ExternalAuthenticate": Operation(signing.external_authenticate, session=True),
}


def build(ctx: MockContext, state: State) -> App:
    """Return the app over `state`; unlisted paths are served like a product's own."""
    source = "gemSpec_Kon (Dienstverzeichnisdienst)"
    services = partial(_directory, state=state)
    soap = partial(_soap, state=state)
    routes = [Route("GET", "/connector.sds", "connector.sds", services, source)]
    routes += [
        Route("POST", service.path, service.name, soap, f"WSDL {service.name}")
        for service in SERVICES
    ]
    return App(
        "konnektor",
        routes,
        partial(_otherwise, state=state),
        partial(_failure, state=state),
        ctx.faults,
    )


def _otherwise(request: Request, *, state: State) -> Response:
    if request.method == "GET" and request.path.endswith("/connector.sds"):
        return _directory(request, state=state)
    if request.method == "POST":
        return _soap(request, state=state)
    return Response(404)


def _directory(_: Request, *, state: State) -> Response:
    """Serve the service directory; it needs no client authentication (ANCL_DVD_OPEN)."""
    body = directory(
        state.ctx.base_url,
        state.ctx.clock.now(),
        client_authentication=state.behaviour.client_authentication,
    )
    return Response(200, _HEADERS, body)


def _soap(request: Request, *, state: State) -> Response:
    """Answer a SOAP call, whatever its path."""
    try:
        answer = _operate(request, state)
    except SoapProblem as problem:
        return _fault(KonnektorError(4000, problem.text, faultcode=problem.faultcode), state)
    except KonnektorError as error:
        return _fault(error, state)
    return Response(200, _HEADERS, wrap(answer.body), delay=answer.delay)


def _operate(request: Request, state: State) -> Answer:
    envelope = parse(request.body)
    operation = OPERATIONS.get(envelope.name)
    if operation is None:
        raise KonnektorError(4000, f"unbekannte Operation {envelope.name}", faultcode="Client")
    check_shape(envelope.body)
    certificate = request.client_certificate
    if operation.context:
        call = enter(envelope.body, state, certificate, session=operation.session)
    else:
        call = enter_nameless(state, certificate)
    return operation.handler(envelope.body, call, state)


def _fault(error: KonnektorError, state: State) -> Response:
    ctx = state.ctx
    _LOG.info("fault %s", error)
    fault = fault_element(
        error.error, message_id=ctx.rng.uuid(), at=ctx.clock.now(), faultcode=error.faultcode
    )
    return Response(500, _HEADERS, wrap(fault))


def _failure(_: Request, error: Exception, *, state: State) -> Response:
    return _fault(KonnektorError(4001, type(error).__name__), state)
