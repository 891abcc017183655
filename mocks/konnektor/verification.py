"""VerifyDocument: CMS signatures with embedded content (SignatureService)."""

from __future__ import annotations

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
from pruefstand.crypto import cms_qes, pades
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
class Signed:
    """A CMS, and what it leaves to its document; in a PDF it must cover the whole of it."""

    cms: bytes
    outside: Outside | None
    is_pdf: bool = False
    is_whole: bool = True


def verify_document(node: Element, _: Call, state: State) -> Answer:
    """Judge a signature: mathematics, document, certificate at the time of signing."""
    prefix = prefixed(str(node.tag)).partition(":")[0]
    embed = boolean(text(node, f"{prefix}:IncludeRevocationInfo"), "IncludeRevocationInfo")
    shown = _shown(node, prefix)
    signed = _signature(node, shown)
    try:
        document = cms_qes.parse(signed.cms, signed.outside)
    except QesProblem as problem:
        raise KonnektorError(4115, str(problem)) from problem
    moment = _moment(node, prefix, document)
    result = _result(shown, signed, document, moment, state)
    can_embed = embed and result == "VALID" and not signed.is_pdf
    updated = _updated(signed.cms, document, state) if can_embed else None
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


def _signature(node: Element, shown: bytes | None) -> Signed:
    """Return the signature beside the document, or the one inside a PDF; 4253 without any."""
    holder = child(node, "dss:SignatureObject/dss:Base64Signature")
    if holder is None or not (holder.text or "").strip():
        return _inside_pdf(shown)
    if holder.get("Type", CMS) != CMS:
        raise KonnektorError(4111, f"SignatureType {holder.get('Type')}")
    try:
        value = decode(holder.text or "")
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem
    return Signed(value, None if shown is None else Outside(shown))


def _inside_pdf(shown: bytes | None) -> Signed:
    if shown is None or not shown.startswith(b"%PDF-"):
        raise KonnektorError(4253)
    try:
        found = pades.read_pdf(shown)
    except QesProblem as problem:
        raise KonnektorError(4112, str(problem)) from problem
    if found is None:
        raise KonnektorError(4253)
    return Signed(found.cms, found.outside, is_pdf=True, is_whole=found.is_whole)


def _moment(node: Element, prefix: str, document: QesDocument) -> Moment:
    wanted = f"{prefix}:OptionalInputs/{prefix}:UseVerificationTime/dss:SpecificTime"
    written = text(node, wanted)
    if written:
        return Moment("USER_DEFINED_TIMESTAMP", read_time(written))
    return Moment("SIGNATURE_EMBEDDED_TIMESTAMP", document.signing_time)


def _result(
    shown: bytes | None, signed: Signed, document: QesDocument, moment: Moment, state: State
) -> Result:
    if ALWAYS_VALID in state.ctx.faults:
        return "VALID"
    if not signed.is_whole:
        return "INVALID"
    if shown is not None and not signed.is_pdf and shown != document.content:
        return "INVALID"
    try:
        cms_qes.verify(signed.cms, signed.outside)
    except QesProblem:
        return "INVALID"
    return judge(document.signer_certificate, moment.at, state).result


def _updated(signed: bytes, document: QesDocument, state: State) -> Element:
    answer = state.ctx.pki.ocsp(document.signer_certificate, at=state.ctx.clock.now())
    value = encode(cms_qes.with_ocsp(signed, answer))
    signature = element("dss:Base64Signature", value, Type=CMS)
    return element("dss:UpdatedSignature", element("dss:SignatureObject", signature))
