"""HTTP and SOAP in front of the operations.

Operations are found by the name of the body element: clients in the field send wrong paths,
versions and SOAPActions, and real Konnektors answer them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial

from mocks.konnektor import (
    authentication,
    card_operations,
    certificate_operations,
    comfort,
    encryption,
    kvk,
    ldap_proxy,
    pin_operations,
    resources,
    signing,
    slots,
    subscribing,
    verification,
    vsd,
)
from mocks.konnektor.access import Caller, is_bound
from mocks.konnektor.answer import Answer
from mocks.konnektor.context import Call, enter, enter_nameless
from mocks.konnektor.control import control_routes
from mocks.konnektor.directory import MODULES, SERVICES, directory
from mocks.konnektor.errors import VSDM, KonnektorError, telematik_error
from mocks.konnektor.faults import (
    HEADER_REFUSED,
    MODULES_WITHOUT_TLS,
    STACK_TRACE,
    SYNTAX_AS_INTERNAL,
    refusal,
)
from mocks.konnektor.operating import check_operable, notice_connection
from mocks.konnektor.settings import ClientAuthentication
from mocks.konnektor.shapes import check_shape
from mocks.konnektor.state import State
from pruefstand.mockkit import App, MockContext, Route
from pruefstand.model.http import HANG_UP, Request, Response
from pruefstand.soap.envelope import CONTENT_TYPE, Element, Envelope, SoapProblem, parse, wrap
from pruefstand.soap.fault import fault_element

_LOG = logging.getLogger("pruefstand.mock.konnektor")
_SYNTAX = 4000
_SMALL = 2048
"""Octets up to which a message is remembered."""

_HEADERS = (("Content-Type", CONTENT_TYPE),)
_UNKNOWN_CALLER = Response(401, (("WWW-Authenticate", 'Basic realm="Konnektor"'),))


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
    "CARD:GetPinStatus": Operation(pin_operations.get_pin_status, session=True),
    "CARD:VerifyPin": Operation(pin_operations.verify_pin, session=True),
    "CARD:ChangePin": Operation(pin_operations.change_pin, session=True),
    "CARD:UnblockPin": Operation(pin_operations.unblock_pin, session=True),
    "CARD:EnablePin": Operation(pin_operations.enable_pin, session=True),
    "CARD:DisablePin": Operation(pin_operations.disable_pin, session=True),
    "CT:RequestCard": Operation(slots.request_card),
    "CT:EjectCard": Operation(slots.eject_card),
    "CRYPT:EncryptDocument": Operation(encryption.encrypt_document),
    "CRYPT:DecryptDocument": Operation(encryption.decrypt_document),
    "KVK:ReadKVK": Operation(kvk.read_kvk),
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
    "SIG74:ExternalAuthenticate": Operation(authentication.external_authenticate, session=True),
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
        control=control_routes(state),
        listeners=(
            ldap_proxy.listener(ctx.neighbours, "ldaps"),
            ldap_proxy.listener(ctx.neighbours, "ldap"),
        ),
    )


def _otherwise(request: Request, *, state: State) -> Response:
    if request.method == "GET" and request.path.endswith("/connector.sds"):
        return _directory(request, state=state)
    if request.method == "POST":
        return _soap(request, state=state)
    return Response(404)


def _directory(request: Request, *, state: State) -> Response:
    """Serve the service directory; while it is open it needs neither TLS nor authentication."""
    behaviour, caller = state.behaviour, Caller.of(request)
    if not behaviour.directory_open and not is_bound(caller, None, state):
        return _UNKNOWN_CALLER
    if not (behaviour.directory_open or caller.is_encrypted or not behaviour.tls_mandatory):
        return Response(403)
    body = directory(
        state.ctx.base_url,
        state.ctx.clock.now(),
        client_authentication=behaviour.client_authentication != ClientAuthentication.NONE,
        plain_url=None if behaviour.tls_mandatory else state.ctx.plain_url,
        unsafe=MODULES if MODULES_WITHOUT_TLS in state.ctx.faults else (),
    )
    return Response(200, _HEADERS, body, delay=behaviour.latency)


def _soap(request: Request, *, state: State) -> Response:
    """Answer a SOAP call, whatever its path."""
    if state.behaviour.tls_mandatory and not request.is_encrypted:
        return Response(403)
    if state.calls_to_drop > 0:
        state.calls_to_drop -= 1
        return Response(HANG_UP)
    notice_connection(state)
    latency = state.behaviour.latency
    try:
        answer = _operate(request, state)
    except SoapProblem as problem:
        error = KonnektorError(4000, problem.text, faultcode=problem.faultcode)
        return _fault(error, state, latency)
    except KonnektorError as error:
        return _fault(error, state, latency)
    late = partial(_late, answer, state) if answer.completes else None
    return Response(200, _HEADERS, wrap(answer.body), delay=answer.delay + latency, late=late)


def _late(answer: Answer, state: State) -> Response | None:
    """Return what the card's work came to, where that is not what it looked like at first."""
    try:
        body = answer.completes() if answer.completes else None
    except KonnektorError as error:
        return _fault(error, state)
    return None if body is None else Response(200, _HEADERS, wrap(body))


def _operate(request: Request, state: State) -> Answer:
    if b":Header" in request.body and HEADER_REFUSED in state.ctx.faults:
        raise KonnektorError(4000, "Kopfelement", faultcode="Client")
    read = _read_again if len(request.body) <= _SMALL else _read
    envelope, operation = read(request.body)
    caller = Caller.of(request)
    if operation.context:
        call = enter(envelope.body, state, caller, session=operation.session)
    else:
        call = enter_nameless(state, caller)
    prefix, _, name = envelope.name.partition(":")
    check_operable(state, is_reading=prefix == "EVT")
    code = refusal(name, state.ctx.faults)
    if code:
        raise KonnektorError(code)
    return operation.handler(envelope.body, call, state)


def _read(message: bytes) -> tuple[Envelope, Operation]:
    """Return the operation that a message asks for, its shape checked."""
    envelope = parse(message)
    operation = OPERATIONS.get(envelope.name)
    if operation is None:
        raise KonnektorError(4000, f"unbekannte Operation {envelope.name}", faultcode="Client")
    check_shape(envelope.body)
    return envelope, operation


_read_again = lru_cache(maxsize=256)(_read)
"""Practice systems repeat small requests octet by octet; handlers leave the tree as it is."""


def _fault(error: KonnektorError, state: State, delay: float = 0.0) -> Response:
    ctx = state.ctx
    _LOG.info("fault %s", error)
    told = error.error
    if told.code == _SYNTAX and SYNTAX_AS_INTERNAL in ctx.faults:
        told = telematik_error(4001, told.detail)
    if told.component == VSDM and STACK_TRACE in ctx.faults:
        told = replace(told, detail='Traceback: File "/opt/vsdm.py"')
    fault = fault_element(
        told,
        message_id=ctx.rng.uuid(),
        at=ctx.clock.now(),
        faultcode=error.faultcode,
        cause=error.cause,
    )
    return Response(500, _HEADERS, wrap(fault), delay=delay)


def _failure(_: Request, error: Exception, *, state: State) -> Response:
    return _fault(KonnektorError(4001, type(error).__name__), state)
