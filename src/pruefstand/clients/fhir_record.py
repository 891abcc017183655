"""Records the FHIR and CMS layers inside an HTTP exchange."""

from __future__ import annotations

import json
import re

from pruefstand.crypto.cms_qes import QesProblem, parse
from pruefstand.crypto.pki import CertificateProblem, read_certificate_info
from pruefstand.model.exchange import Layer, Message
from pruefstand.transport import Transport

_XML_ROOT = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<([A-Za-z]+)[^>]*http://hl7\.org/fhir")
_XML_PROFILE = re.compile(rb"<profile value=\"([^\"]+)\"")


def record_fhir(
    transport: Transport,
    peer: str,
    operation: str,
    request: Message,
    response: Message | None,
    *,
    parent: str,
) -> None:
    """Add one FHIR exchange when request or answer carries a resource."""
    facts = _facts("request", request.body)
    facts |= _facts("response", response.body if response else b"")
    if facts:
        transport.recorder.add(
            Layer.FHIR,
            actor=transport.actor,
            peer=peer,
            operation=operation,
            request=Message(facts.get("request", ""), (), request.body),
            response=Message(facts.get("response", ""), (), response.body) if response else None,
            parent=parent,
            facts=facts,
        )


def record_cms(
    transport: Transport, peer: str, operation: str, signed: bytes, *, parent: str
) -> None:
    """Add a CMS exchange for a PKCS#7 that came in; an unreadable one is recorded as such."""
    facts: dict[str, str] = {}
    error = None
    try:
        document = parse(signed)
        facts["digest"] = document.message_digest.hex()
        facts["signing_time"] = document.signing_time.isoformat()
        facts["signer"] = read_certificate_info(document.signer_certificate).subject_cn
    except (QesProblem, CertificateProblem) as problem:
        error = problem.message
    transport.recorder.add(
        Layer.CMS,
        actor=transport.actor,
        peer=peer,
        operation=operation,
        request=Message(),
        response=Message("PKCS#7", (), signed),
        parent=parent,
        facts=facts,
        error=error,
    )


def _facts(direction: str, body: bytes) -> dict[str, str]:
    if body.lstrip()[:1] == b"{":
        name, profile = _json(body)
    else:
        root, meta = _XML_ROOT.match(body.lstrip()), _XML_PROFILE.search(body[:4096])
        name = root[1].decode() if root else ""
        profile = meta[1].decode("utf-8", "replace") if meta else ""
    if not name:
        return {}
    return {direction: name, **({f"{direction}_profile": profile} if profile else {})}


def _json(body: bytes) -> tuple[str, str]:
    try:
        resource = json.loads(body)
        profiles = resource.get("meta", {}).get("profile", [""])
        return str(resource.get("resourceType", "")), str(profiles[0])
    except (ValueError, AttributeError, IndexError, TypeError, RecursionError):
        return "", ""
