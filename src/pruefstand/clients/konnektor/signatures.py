"""The signatures in a SignDocumentResponse, and their own exchange in the record."""

from __future__ import annotations

from pruefstand.clients.konnektor.channel import PEER
from pruefstand.clients.konnektor.messages import request_id
from pruefstand.clients.konnektor.problems import KonnektorFault
from pruefstand.crypto.cms_qes import QesProblem, parse
from pruefstand.crypto.pki import CertificateProblem, read_certificate_info
from pruefstand.errors import SutError
from pruefstand.model.exchange import Layer, Message
from pruefstand.soap.envelope import Element, SoapProblem, children, decode, text
from pruefstand.soap.fault import SoapFault, read_status
from pruefstand.transport import NULL_RECORDER, Transport


def read_signatures(body: Element, prefix: str, count: int) -> list[bytes]:
    """Return the CMS of documents 1 to `count`; an answer may come in any order."""
    answers = {
        answer.get("RequestID", ""): answer for answer in children(body, f"{prefix}:SignResponse")
    }
    return [_signature(answers.get(request_id(n)), n) for n in range(1, count + 1)]


def _signature(answer: Element | None, number: int) -> bytes:
    if answer is None:
        raise SutError(
            f"Konnektor liefert keine Antwort zu Dokument {number} des Stapels",
            hint="PIN-Eingabe am Kartenterminal prüfen; der Stapel wurde abgebrochen.",
        )
    value = text(answer, "dss:SignatureObject/dss:Base64Signature")
    if not value:
        status = read_status(answer)
        error = status.error if status else None
        fault = SoapFault("Server", "keine Signatur in der Antwort", error)
        raise KonnektorFault("SignDocument", fault, status=200)
    try:
        return decode(value)
    except SoapProblem as problem:
        raise SutError("Konnektor beantwortet SignDocument mit falschem base64") from problem


def read_signed_documents(body: Element, prefix: str) -> list[bytes]:
    """Return the documents that hold their signature (PAdES, XAdES), in the answer's order."""
    path = f"{prefix}:OptionalOutputs/{prefix}:DocumentWithSignature"
    return [
        decode(
            text(answer, f"{path}/dss:Base64Data") or text(answer, f"{path}/CONN:Base64XML") or ""
        )
        for answer in children(body, f"{prefix}:SignResponse")
    ]


def record_signature(
    transport: Transport, short_text: str, content: bytes, signed: bytes, parent: str
) -> None:
    """Record one signature; an unreadable one is recorded as such and left to the checks."""
    if transport.recorder is NULL_RECORDER:
        return
    facts, error = _facts(signed)
    transport.recorder.add(
        Layer.CMS,
        actor=transport.actor,
        peer=PEER,
        operation="SignDocument",
        request=Message(short_text, body=content),
        response=Message("CMS", body=signed),
        parent=parent,
        facts=facts,
        error=error,
    )


def _facts(signed: bytes) -> tuple[dict[str, str], str | None]:
    size = {"size": str(len(signed))}
    try:
        document = parse(signed)
        signer = read_certificate_info(document.signer_certificate).subject_cn
    except (QesProblem, CertificateProblem) as problem:
        return size, str(problem)
    ocsp = "ja" if document.ocsp else "nein"
    when = document.signing_time.isoformat()
    return {**size, "signer": signer, "signing_time": when, "ocsp": ocsp}, None
