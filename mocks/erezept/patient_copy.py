"""The insured person's copy: the KBV bundle as JSON with the service's JWS as its signature."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

from lxml import etree

from mocks.erezept import resources
from mocks.erezept.state import Resource
from pruefstand.crypto import jws
from pruefstand.crypto.base64url import b64u
from pruefstand.crypto.pki import Pki
from pruefstand.fhir.xml import safe_parse
from pruefstand.fhir.xpath import Element

_MANY = frozenset(
    {
        "additionalInstruction",
        "address",
        "attester",
        "author",
        "basedOn",
        "category",
        "coding",
        "contact",
        "contained",
        "dayOfWeek",
        "dosageInstruction",
        "doseAndRate",
        "entry",
        "event",
        "extension",
        "given",
        "ingredient",
        "insurance",
        "line",
        "modifierExtension",
        "note",
        "payor",
        "performer",
        "prefix",
        "profile",
        "qualification",
        "reasonCode",
        "section",
        "telecom",
        "timeOfDay",
        "when",
    }
)
"""Elements of the KBV bundles that repeat, wherever they stand."""
_MANY_IN = frozenset(
    {
        ("Patient", "identifier"),
        ("Patient", "name"),
        ("Practitioner", "identifier"),
        ("Practitioner", "name"),
        ("Organization", "identifier"),
        ("PractitionerRole", "identifier"),
        ("Coverage", "identifier"),
        ("Medication", "identifier"),
        ("section", "author"),
        ("timing", "event"),
    }
)
"""Elements that repeat in these parents only."""
_DECIMALS = frozenset({"value", "valueDecimal", "frequency", "period", "valueInteger", "count"})
_TEXT_PARENTS = frozenset({"identifier", "valueIdentifier", "telecom"})


def patient_copy(content: bytes, pki: Pki, at: str) -> Resource:
    """Return the signed JSON copy of an uploaded bundle."""
    bundle = to_full_json(safe_parse(content))
    signature = {
        "type": [{"system": "urn:iso-astm:E1762-95:2013", "code": "1.2.840.10065.1.12.1.1"}],
        "when": at,
        "who": {"reference": f"{resources.ERP}/Device/1"},
        "targetFormat": "application/fhir+json",
        "sigFormat": "application/jose",
        "data": base64.b64encode(_detached(canonical(bundle), pki)).decode("ascii"),
    }
    return {**bundle, "signature": signature}


def canonical(bundle: Resource) -> bytes:
    """Return what the signature covers: sorted keys, no spaces, no root text, meta, signature."""
    kept = {k: v for k, v in bundle.items() if k not in ("text", "meta", "signature")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _detached(content: bytes, pki: Pki) -> bytes:
    identity = pki.service("fd-sig")
    header = {"x5c": jws.x5c(identity.der), "typ": "JOSE"}
    head, _, signature = jws.sign(content, identity.key, header).split(".")
    return f"{head}..{signature}".encode("ascii")


def attached(detached: str, content: bytes) -> str:
    """Return the complete token of a detached one, to be verified."""
    head, _, signature = detached.split(".")
    return f"{head}.{b64u(content)}.{signature}"


def to_full_json(element: Element) -> Resource:
    """Return a KBV bundle or a part of it as FHIR JSON; nothing is left out."""
    tag = _tag(element)
    found: Resource = {"resourceType": tag} if tag[0].isupper() else {}
    found.update({name: element.get(name) for name in ("id", "url") if element.get(name)})
    for child in element.iterchildren(tag=etree.Element):
        _put(found, child, tag)
    return found


def _put(found: Resource, child: Element, parent: str) -> None:
    name = _tag(child)
    value, companion = _read(child, parent)
    if not _repeats(parent, name):
        if value is not None:
            found[name] = value
        if companion is not None:
            found[f"_{name}"] = companion
        return
    values = found.setdefault(name, [])
    values.append(value)
    extras = found.get(f"_{name}")
    if companion is not None and extras is None:
        extras = found[f"_{name}"] = [None] * (len(values) - 1)
    if extras is not None:
        extras.append(companion)


def _read(child: Element, parent: str) -> tuple[Any, Resource | None]:
    """Return value and companion (extensions of a primitive) of an element."""
    text = child.get("value")
    if text is None:
        inner = list(child.iterchildren(tag=etree.Element))
        if len(inner) == 1 and _tag(inner[0])[0].isupper():
            return to_full_json(inner[0]), None
        return to_full_json(child), None
    companion = to_full_json(child)
    return _typed(_tag(child), parent, text), companion or None


def _typed(name: str, parent: str, text: str) -> Any:
    if text in ("true", "false") and (name.endswith("Boolean") or name == "active"):
        return text == "true"
    if name in _DECIMALS and parent not in _TEXT_PARENTS and _is_number(text):
        return float(text) if "." in text else int(text)
    return text


@lru_cache(maxsize=4096)
def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return text.lower() not in ("nan", "inf", "infinity")


def _repeats(parent: str, name: str) -> bool:
    return name in _MANY or (parent, name) in _MANY_IN


def _tag(element: Element) -> str:
    return etree.QName(element).localname
