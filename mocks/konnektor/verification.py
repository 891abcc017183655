"""VerifyDocument: CMS beside or around a document, signatures inside PDF and XML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from mocks.konnektor.answer import Answer, status
from mocks.konnektor.certificate_operations import read_time
from mocks.konnektor.context import Call
from mocks.konnektor.documents import CMS, boolean, document_content
from mocks.konnektor.errors import KonnektorError
from mocks.konnektor.faults import ALWAYS_VALID
from mocks.konnektor.state import State
from mocks.konnektor.timing import seconds
from mocks.konnektor.verdict import Result, judge
from pruefstand.crypto import cms_qes, pades, xades
from pruefstand.crypto.cms_qes import Outside, QesDocument, QesProblem
from pruefstand.soap.envelope import Element, SoapProblem, child, decode, element, encode, text
from pruefstand.soap.fault import xml_time
from pruefstand.soap.namespaces import prefixed


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant that the verdict is about, and where it comes from."""

    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """What a signature says of itself; `check` raises QesProblem when it does not hold.

    A `cms` beside its document can take up revocation information.
    """

    certificate: bytes
    signing_time: datetime
    check: Callable[[], object]
    cms: bytes | None = None


def verify_document(node: Element, _: Call, state: State) -> Answer:
    """Judge a signature: mathematics, document, certificate at the time of signing."""
    prefix = prefixed(str(node.tag)).partition(":")[0]
    embed = boolean(text(node, f"{prefix}:IncludeRevocationInfo"), "IncludeRevocationInfo")
    shown = _shown(node, prefix)
    signed = _signature(node, shown)
    moment = _moment(node, prefix, signed)
    result = _result(signed, moment, state)
    updated = _updated(signed, state) if embed and result == "VALID" else None
    return Answer(
        element(
            f"{prefix}:VerifyDocumentResponse",
            status(state),
            element(
                f"{prefix}:VerificationResult",
                element(f"{prefix}:HighLevelResult", result),
                element(f"{prefix}:TimestampType", moment.source),
                element(f"{prefix}:Timestamp", xml_time(moment.at)),
            ),
            element(f"{prefix}:OptionalOutputs", updated) if updated is not None else None,
        ),
        seconds(state.behaviour.timing, "verify", state.ctx.rng),
    )


def _shown(node: Element, prefix: str) -> bytes | None:
    document = child(node, f"{prefix}:Document")
    return None if document is None else document_content(document)[0]


def _signature(node: Element, shown: bytes | None) -> Reading:
    """Return the signature beside the document, or the one inside it; 4253 without any."""
    holder = child(node, "dss:SignatureObject/dss:Base64Signature")
    if holder is None or not (holder.text or "").strip():
        return _inside_pdf(shown) if (shown or b"").startswith(b"%PDF-") else _inside_xml(shown)
    if holder.get("Type", CMS) != CMS:
        raise KonnektorError(4111, f"SignatureType {holder.get('Type')}")
    try:
        value = decode(holder.text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
    return _beside(value, shown)


def _beside(value: bytes, shown: bytes | None) -> Reading:
    outside = None if shown is None else Outside(shown)
    document = _readable(value, outside)

    def check() -> None:
        if shown is not None and shown != document.content:
            raise QesProblem("the document shown is another one than the one signed")
        cms_qes.verify(value, outside)

    return Reading(document.signer_certificate, document.signing_time, check, value)


def _inside_pdf(shown: bytes | None) -> Reading:
    try:
        found = pades.read_pdf(shown or b"")
    except QesProblem as problem:
        raise KonnektorError(4112, str(problem)) from problem
    if found is None:
        raise KonnektorError(4253)
    document = _readable(found.cms, found.outside)

    def check() -> None:
        if not found.is_whole:
            raise QesProblem("the signature does not cover the whole PDF")
        cms_qes.verify(found.cms, found.outside)

    return Reading(document.signer_certificate, document.signing_time, check)


def _readable(value: bytes, outside: Outside | None) -> QesDocument:
    try:
        return cms_qes.parse(value, outside)
    except QesProblem as problem:
        raise KonnektorError(4115, str(problem)) from problem


def _inside_xml(shown: bytes | None) -> Reading:
    if not (shown or b"").lstrip().startswith(b"<"):
        raise KonnektorError(4253)
    try:
        found = xades.read_xml(shown or b"")
    except QesProblem as problem:
        raise KonnektorError(4115, str(problem)) from problem
    if found is None:
        raise KonnektorError(4253)
    return Reading(found.signer_certificate, found.signing_time, found.check)


def _moment(node: Element, prefix: str, signed: Reading) -> Moment:
    wanted = f"{prefix}:OptionalInputs/{prefix}:UseVerificationTime/dss:SpecificTime"
    written = text(node, wanted)
    if written:
        return Moment("USER_DEFINED_TIMESTAMP", read_time(written))
    return Moment("SIGNATURE_EMBEDDED_TIMESTAMP", signed.signing_time)


def _result(signed: Reading, moment: Moment, state: State) -> Result:
    if ALWAYS_VALID in state.ctx.faults:
        return "VALID"
    try:
        signed.check()
    except QesProblem:
        return "INVALID"
    return judge(signed.certificate, moment.at, state).result


def _updated(signed: Reading, state: State) -> Element | None:
    if signed.cms is None:
        return None
    answer = state.ctx.pki.ocsp(signed.certificate, at=state.ctx.clock.now())
    value = encode(cms_qes.with_ocsp(signed.cms, answer))
    signature = element("dss:Base64Signature", value, Type=CMS)
    return element("dss:UpdatedSignature", element("dss:SignatureObject", signature))
