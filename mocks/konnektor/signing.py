"""SignatureService: job numbers, qualified signatures, seals, stacks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial
from xml.sax.saxutils import escape

from mocks.konnektor import comfort
from mocks.konnektor.answer import Answer, error, status
from mocks.konnektor.cards import CRYPTS, Card, CardKey
from mocks.konnektor.context import Call
from mocks.konnektor.documents import CMS, Form, Order, read_order
from mocks.konnektor.errors import KonnektorError, telematik_error
from mocks.konnektor.events import Event, publish
from mocks.konnektor.faults import NO_PIN_ASKED, OCSP_MISSING, RESOURCE_BUSY, SIGNATURE_BROKEN
from mocks.konnektor.pin_operations import check_alive, pin_terminal
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.cms_qes import QesProblem
from pruefstand.crypto.pades import sign_pdf
from pruefstand.crypto.pki import CertificateKind, CertificateProblem
from pruefstand.crypto.xades import sign_xml
from pruefstand.soap.envelope import (
    GAP,
    Element,
    Template,
    children,
    element,
    encode,
    serialize,
)
from pruefstand.soap.envelope import text as text_of
from pruefstand.soap.fault import status_element
from pruefstand.soap.namespaces import prefixed

_JOB_NUMBER = re.compile(r"[A-Z]{3}-[0-9]{3}")
_STOPPED = 4049
"""What a document of a stopped job is answered with."""


def get_job_number(node: Element, call: Call, state: State) -> Answer:
    """Issue a job number; this answer carries no status (SignatureService)."""
    prefix = prefix_of(node)
    job = element(f"{prefix}:JobNumber", state.issue_job_number())
    return Answer(element(f"{prefix}:GetJobNumberResponse", job))


def sign_document(node: Element, call: Call, state: State) -> Answer:
    """Sign the documents in order: QES with an HBA, seal with an SM-B (SignatureService)."""
    prefix, card = prefix_of(node), call.the_card()
    if not (card.is_hba or card.is_smb):
        raise KonnektorError(4126, card.card_type)
    orders = _orders(node, prefix, card, state)
    key = _signing_key(node, prefix, card)
    if card.is_hba and RESOURCE_BUSY in state.ctx.faults:
        raise KonnektorError(4060, card.handle)
    job = text_of(node, f"{prefix}:JobNumber") or ""
    if not _JOB_NUMBER.fullmatch(job):
        raise KonnektorError(4000, f"JobNumber {job!r}", faultcode="Client")
    state.use_job_number(job)
    check_alive(card)
    _check_certificate(card, key, state)
    allowed, refused = _authorise(call, card, state, len(orders))
    answers = [_signed(order, prefix, key, state) for order in orders[:allowed]]
    answers += [_unsigned(order, prefix, refused, state) for order in orders[allowed:]]
    for _ in orders[:allowed]:
        publish(Event("SIG/SIGNDOC/NEXT_SUCCESSFUL", {"Jobnummer": job}), state, card)
    action = "qes" if card.is_hba else "seal"
    work = seconds(state.behaviour.timing, action, state.ctx.rng, allowed)
    delay = state.occupy(card, work)
    state.run_job(job, delay)
    body = _response(prefix).fill(b"".join(answers))
    if delay <= 0:
        return Answer(body)
    return Answer(body, delay, partial(_finish, job, card.handle, orders, prefix, state))


def _finish(
    job: str, handle: str, orders: Sequence[Order], prefix: str, state: State
) -> bytes | None:
    """Look again when the card is done: pulled, it has signed nothing; stopped, neither."""
    if not state.is_plugged(handle):
        raise KonnektorError(4120, f"{handle} wurde gezogen")
    if not state.was_stopped(job):
        return None
    unsigned = (_unsigned(order, prefix, _STOPPED, state) for order in orders)
    return _response(prefix).fill(b"".join(unsigned))


def stop_signature(node: Element, call: Call, state: State) -> Answer:
    """Stop a running job; one that is done or was never there is 4243 (SignatureService)."""
    prefix = prefix_of(node)
    job = text_of(node, f"{prefix}:JobNumber") or ""
    if not state.stop_job(job):
        raise KonnektorError(4243, job)
    return Answer(element(f"{prefix}:StopSignatureResponse", status(state)))


def _orders(node: Element, prefix: str, card: Card, state: State) -> list[Order]:
    requests = list(children(node, f"{prefix}:SignRequest"))
    if len(requests) > 1 and not card.is_hba:
        raise KonnektorError(4118)
    if len(requests) > state.behaviour.max_documents:
        raise KonnektorError(4000, f"{len(requests)} SignRequests", faultcode="Client")
    xades = state.behaviour.xades
    return [read_order(one, prefix, qualified=card.is_hba, xades=xades) for one in requests]


def _signing_key(node: Element, prefix: str, card: Card) -> CardKey:
    crypt = text_of(node, f"{prefix}:Crypt") or "RSA"
    if crypt not in CRYPTS:
        raise KonnektorError(4000, f"Crypt {crypt}", faultcode="Client")
    key = card.key("C.QES" if card.is_hba else "C.SIG", crypt)
    if key is None and crypt == "ECC":
        raise KonnektorError(4258, f"Crypt={crypt}")
    if key is None:
        raise KonnektorError(4123, f"Crypt={crypt}: Karte hat keinen RSA-Schlüssel")
    return key


def _check_certificate(card: Card, key: CardKey, state: State) -> None:
    kind = CertificateKind.HP_QES if card.is_hba else CertificateKind.HCI_OSIG
    try:
        state.ctx.pki.verify(
            key.der, kind=kind, at=state.ctx.clock.now(), revocation=state.reaches_ocsp
        )
    except CertificateProblem as problem:
        raise KonnektorError(4123, problem.text) from problem


def _authorise(call: Call, card: Card, state: State, documents: int) -> tuple[int, int]:
    """Return how many documents may be signed, and the code for the others.

    PIN.QES is asked once per part of a stack, never in comfort mode; a seal needs PIN.SMC. A stack
    that is broken off at a later part keeps what was signed before.
    """
    if not card.is_hba:
        require_pin(call, "PIN.SMC", state)
        return documents, 0
    if comfort.spend(call, state, documents):
        return documents, 0
    pin_terminal(call, state)
    for begin in range(0, documents, state.behaviour.stack_part):
        outcome = state.enter_pin(card, "PIN.QES", None)
        if outcome.code and not begin:
            raise KonnektorError(outcome.code, "PIN.QES")
        if outcome.code:
            return begin, outcome.code
    return documents, 0


def require_pin(call: Call, pin_typ: str, state: State) -> None:
    """Refuse with 4085 unless `pin_typ` was entered in this card session."""
    if NO_PIN_ASKED in state.ctx.faults:
        return
    if not state.is_verified(call.the_card(), pin_typ, call.session):
        raise KonnektorError(4085, pin_typ)


def _signed(order: Order, prefix: str, key: CardKey, state: State) -> bytes:
    ctx, now = state.ctx, state.ctx.clock.now()
    warning = order.warning
    revocation: bytes | None = None
    if order.with_revocation and not state.reaches_ocsp:
        warning = 4261
    elif order.with_revocation and OCSP_MISSING not in ctx.faults:
        revocation = ctx.pki.ocsp(key.der, at=now)
    if order.form in (Form.PDF, Form.XML):
        held = _signed_inside(order, prefix, key, revocation, state)
    else:
        value = _signed_cms(order, key, revocation, state)
        held = _SIGNATURE.fill(encode(value).encode("ascii"))
    told = _OK if not warning else serialize(status(state, warning))
    return _answer(prefix).fill(_attribute(order.request_id), told, held)


def _signed_inside(
    order: Order, prefix: str, key: CardKey, revocation: bytes | None, state: State
) -> bytes:
    """Return the document that holds its signature, a PDF or an XML document."""
    sign = sign_pdf if order.form is Form.PDF else sign_xml
    try:
        signed = encode(sign(order.content, key, at=state.ctx.clock.now(), ocsp=revocation))
    except QesProblem as problem:
        code = 4124 if key.kind is CertificateKind.HP_QES else 4112
        raise KonnektorError(code, str(problem)) from problem
    data = element("CONN:Base64XML", signed)
    if order.form is Form.PDF:
        data = element("dss:Base64Data", signed, MimeType="application/pdf-a")
    document = element(f"{prefix}:DocumentWithSignature", data, ShortText=order.short_text)
    return serialize(element(f"{prefix}:OptionalOutputs", document))


def _signed_cms(order: Order, key: CardKey, revocation: bytes | None, state: State) -> bytes:
    signer = state.signer(key, order.short_text, order.mime_type, order.attributes)
    enveloping = order.form is Form.ENVELOPING
    now = state.ctx.clock.now()
    signed = signer.sign(order.content, at=now, ocsp=revocation, enveloping=enveloping)
    return _break(signed) if SIGNATURE_BROKEN in state.ctx.faults else signed


def _unsigned(order: Order, prefix: str, code: int, state: State) -> bytes:
    trouble = telematik_error(code)
    unsigned = element("CONN:Status", element("CONN:Result", "Warning"), error(state, trouble))
    return _answer(prefix).fill(_attribute(order.request_id), serialize(unsigned), b"")


def _break(signed: bytes) -> bytes:
    # The signature value ends the structure: one other bit there leaves everything readable.
    return signed[:-1] + bytes([signed[-1] ^ 1])


def signature_element(value: str, kind: str) -> Element:
    """Return a signature (base64) of type `kind` as SignatureObject."""
    return element("dss:SignatureObject", element("dss:Base64Signature", value, Type=kind))


def _attribute(value: str) -> bytes:
    return escape(value, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"}).encode()


@cache
def _response(prefix: str) -> Template:
    """Return SignDocumentResponse with a gap for the answers."""
    return Template(element(f"{prefix}:SignDocumentResponse", GAP))


@cache
def _answer(prefix: str) -> Template:
    """Return SignResponse with gaps for RequestID, status and what was signed."""
    return Template(element(f"{prefix}:SignResponse", GAP + GAP, RequestID=GAP))


_OK = serialize(status_element())
_SIGNATURE = Template(signature_element(GAP, CMS))


def prefix_of(node: Element) -> str:
    """Return the namespace prefix of an operation: both versions of a service are answered."""
    return prefixed(str(node.tag)).partition(":")[0]
