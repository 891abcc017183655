"""SignatureService and AuthSignatureService: job numbers, QES, seals, login signatures."""

from __future__ import annotations

import re

from mocks.konnektor import comfort
from mocks.konnektor.answer import Answer, status
from mocks.konnektor.cards import Card
from mocks.konnektor.context import Call
from mocks.konnektor.documents import CMS, Order, read_order
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.events import Event, publish
from mocks.konnektor.faults import (
    NO_PIN_ASKED,
    OCSP_MISSING,
    RESOURCE_BUSY,
    SIGNATURE_BROKEN,
)
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from pruefstand.crypto.pki import CertificateKind, CertificateProblem
from pruefstand.crypto.prehashed import sign_digest
from pruefstand.soap.envelope import Element, SoapProblem, child, children, decode, element, encode
from pruefstand.soap.envelope import text as text_of
from pruefstand.soap.namespaces import prefixed

ECDSA = "urn:bsi:tr:03111:ecdsa"
RSA = "urn:ietf:rfc:3447"
_JOB_NUMBER = re.compile(r"[A-Z]{3}-[0-9]{3}")


def get_job_number(node: Element, call: Call, state: State) -> Answer:
    """Issue a job number; this answer carries no status (SignatureService)."""
    prefix = _prefix(node)
    job = element(f"{prefix}:JobNumber", state.issue_job_number())
    return Answer(element(f"{prefix}:GetJobNumberResponse", job))


def sign_document(node: Element, call: Call, state: State) -> Answer:
    """Sign the documents in order: QES with an HBA, seal with an SM-B (SignatureService)."""
    prefix, card = _prefix(node), call.the_card()
    if not (card.is_hba or card.is_smb):
        raise KonnektorError(4126, card.card_type)
    orders = _orders(node, prefix, card, state)
    crypt = text_of(node, f"{prefix}:Crypt") or "RSA"
    if crypt not in ("ECC", "RSA_ECC"):
        raise KonnektorError(4123, f"Crypt={crypt}: Karte hat keinen RSA-Schlüssel")
    if card.is_hba and RESOURCE_BUSY in state.ctx.faults:
        raise KonnektorError(4060, card.handle)
    job = text_of(node, f"{prefix}:JobNumber") or ""
    if not _JOB_NUMBER.fullmatch(job):
        raise KonnektorError(4000, f"JobNumber {job!r}", faultcode="Client")
    state.use_job_number(job)
    _check_certificate(card, state)
    _authorise(call, card, state, len(orders))
    answers = [_signed(order, prefix, card, state) for order in orders]
    for _ in orders:
        publish(Event("SIG/SIGNDOC/NEXT_SUCCESSFUL", {"Jobnummer": job}), state, card)
    action = "qes" if card.is_hba else "seal"
    work = seconds(state.behaviour.timing, action, state.ctx.rng, len(orders))
    delay = state.occupy(card, work)
    state.run_job(job, delay)
    return Answer(element(f"{prefix}:SignDocumentResponse", *answers), delay)


def stop_signature(node: Element, call: Call, state: State) -> Answer:
    """Stop a running job; one that is done or was never there is 4243 (SignatureService)."""
    prefix = _prefix(node)
    job = text_of(node, f"{prefix}:JobNumber") or ""
    if not state.is_running(job):
        raise KonnektorError(4243, job)
    return Answer(element(f"{prefix}:StopSignatureResponse", status(state)))


def _orders(node: Element, prefix: str, card: Card, state: State) -> list[Order]:
    requests = list(children(node, f"{prefix}:SignRequest"))
    if len(requests) > 1 and not card.is_hba:
        raise KonnektorError(4118)
    if len(requests) > state.behaviour.max_documents:
        raise KonnektorError(4000, f"{len(requests)} SignRequests", faultcode="Client")
    return [read_order(request, prefix, qualified=card.is_hba) for request in requests]


def _check_certificate(card: Card, state: State) -> None:
    reference, kind = _signing_key(card)
    try:
        state.ctx.pki.verify(card.keys[reference].der, kind=kind, at=state.ctx.clock.now())
    except CertificateProblem as problem:
        raise KonnektorError(4123, problem.text) from problem


def _authorise(call: Call, card: Card, state: State, documents: int) -> None:
    """Ask for PIN.QES once per job, never in comfort mode; a seal needs PIN.SMC."""
    if not card.is_hba:
        _require(call, card, "PIN.SMC", state)
        return
    if comfort.spend(call, state, documents):
        return
    outcome = state.enter_pin(card, "PIN.QES", None)
    if outcome.code:
        raise KonnektorError(outcome.code, "PIN.QES")


def _require(call: Call, card: Card, pin_typ: str, state: State) -> None:
    if not state.is_verified(card, pin_typ, call.session) and NO_PIN_ASKED not in state.ctx.faults:
        raise KonnektorError(4085, pin_typ)


def _signing_key(card: Card) -> tuple[str, CertificateKind]:
    if card.is_hba:
        return "C.QES", CertificateKind.HP_QES
    return "C.SIG", CertificateKind.HCI_OSIG


def _signed(order: Order, prefix: str, card: Card, state: State) -> Element:
    reference, _ = _signing_key(card)
    ctx, warning, now = state.ctx, 0, state.ctx.clock.now()
    revocation: bytes | None = None
    if order.with_revocation and not state.reaches_ocsp:
        warning = 4261
    elif order.with_revocation and OCSP_MISSING not in ctx.faults:
        revocation = ctx.pki.ocsp(card.keys[reference].der, at=now)
    signer = state.signer(card, reference, order.short_text, order.mime_type)
    signed = signer.sign(order.content, at=now, ocsp=revocation)
    if SIGNATURE_BROKEN in ctx.faults:
        signed = _break(signed)
    return element(
        f"{prefix}:SignResponse",
        status(state, warning),
        _signature(signed, CMS),
        RequestID=order.request_id,
    )


def _break(signed: bytes) -> bytes:
    # The signature value ends the structure: one other bit there leaves everything readable.
    return signed[:-1] + bytes([signed[-1] ^ 1])


def _signature(value: bytes, kind: str) -> Element:
    return element("dss:SignatureObject", element("dss:Base64Signature", encode(value), Type=kind))


def external_authenticate(node: Element, call: Call, state: State) -> Answer:
    """Sign a finished SHA-256 digest with C.AUT; the value is DER."""
    prefix, card = _prefix(node), call.the_card()
    if not (card.is_hba or card.is_smb):
        raise KonnektorError(4058, card.card_type)
    kind = text_of(node, f"{prefix}:OptionalInputs/dss:SignatureType") or RSA
    if kind != ECDSA:
        raise KonnektorError(4111, f"SignatureType {kind}: Karte hat keinen RSA-Schlüssel")
    digest = _digest(node, prefix)
    _require(call, card, "PIN.CH" if card.is_hba else "PIN.SMC", state)
    signature = sign_digest(card.keys["C.AUT"].key, digest)
    body = element(
        f"{prefix}:ExternalAuthenticateResponse", status(state), _signature(signature, kind)
    )
    work = seconds(state.behaviour.timing, "authenticate", state.ctx.rng)
    return Answer(body, state.occupy(card, work))


def _digest(node: Element, prefix: str) -> bytes:
    data = child(node, f"{prefix}:BinaryString/dss:Base64Data")
    if data is None or data.get("MimeType") != "application/octet-stream":
        raise KonnektorError(4000, "BinaryString ohne application/octet-stream", faultcode="Client")
    try:
        digest = decode(data.text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
    if len(digest) != 32:
        raise KonnektorError(4000, f"Hashwert hat {len(digest)} Bytes", faultcode="Client")
    return digest


def _prefix(node: Element) -> str:
    return prefixed(str(node.tag)).partition(":")[0]
