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
from mocks.konnektor.verdict import Result, judge
from pruefstand.crypto import cms_qes
from pruefstand.crypto.cms_qes import QesDocument, QesProblem
from pruefstand.soap.envelope import Element, SoapProblem, child, decode, element, encode, text
from pruefstand.soap.fault import xml_time
from pruefstand.soap.namespaces import prefixed


@dataclass(frozen=True, slots=True)
class Moment:
    """The instant that the verdict is about, and where it comes from."""

    source: str
    at: datetime


def verify_document(node: Element, _: Call, state: State) -> Answer:
    """Judge a signature: mathematics, document, certificate at the time of signing."""
    prefix = prefixed(str(node.tag)).partition(":")[0]
    embed = boolean(text(node, f"{prefix}:IncludeRevocationInfo"), "IncludeRevocationInfo")
    signed = _signature(node)
    try:
        document = cms_qes.parse(signed)
    except QesProblem as problem:
        raise KonnektorError(4115, str(problem)) from problem
    moment = _moment(node, prefix, document)
    result = _result(node, prefix, signed, document, moment, state)
    updated = _updated(signed, document, state) if embed and result == "VALID" else None
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
        )
    )


def _signature(node: Element) -> bytes:
    value = text(node, "dss:SignatureObject/dss:Base64Signature")
    if not value:
        raise KonnektorError(4253)
    try:
        return decode(value)
    except SoapProblem as problem:
        raise KonnektorError(4000, problem.text, faultcode="Client") from problem


def _moment(node: Element, prefix: str, document: QesDocument) -> Moment:
    wanted = f"{prefix}:OptionalInputs/{prefix}:UseVerificationTime/dss:SpecificTime"
    written = text(node, wanted)
    if written:
        return Moment("USER_DEFINED_TIMESTAMP", read_time(written))
    return Moment("SIGNATURE_EMBEDDED_TIMESTAMP", document.signing_time)


def _result(
    node: Element,
    prefix: str,
    signed: bytes,
    document: QesDocument,
    moment: Moment,
    state: State,
) -> Result:
    if ALWAYS_VALID in state.ctx.faults:
        return "VALID"
    shown = child(node, f"{prefix}:Document")
    if shown is not None and document_content(shown)[0] != document.content:
        return "INVALID"
    try:
        cms_qes.verify(signed)
    except QesProblem:
        return "INVALID"
    return judge(document.signer_certificate, moment.at, state).result


def _updated(signed: bytes, document: QesDocument, state: State) -> Element:
    answer = state.ctx.pki.ocsp(document.signer_certificate, at=state.ctx.clock.now())
    value = encode(cms_qes.with_ocsp(signed, answer))
    signature = element("dss:Base64Signature", value, Type=CMS)
    return element("dss:UpdatedSignature", element("dss:SignatureObject", signature))
