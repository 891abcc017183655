"""What the Fachdienst says when it refuses, and what a person can do about it."""

from __future__ import annotations

import json
import re

from lxml import etree

from pruefstand.errors import ServiceRefusal
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse
from pruefstand.model.http import Response

_NS = {"f": NAMESPACE}
_TEXT = etree.XPath("string(/f:OperationOutcome/f:issue/f:details/f:text/@value)", namespaces=_NS)
_DIAGNOSTICS = etree.XPath(
    "string(/f:OperationOutcome/f:issue/f:diagnostics/@value)", namespaces=_NS
)

_HINTS = (
    (r"JWT expired", "Neu am IDP anmelden; Access Token gelten 300 Sekunden."),
    (r"JWT ", "Access Token, seine Audience und den IDP der Umgebung prüfen."),
    (r"endpoint is forbidden", "Die Karte der Anmeldung hat für diesen Aufruf die falsche Rolle."),
    (r"AccessCode mismatch", "AccessCode aus der Antwort auf $create oder vom Ausdruck verwenden."),
    (r"No or invalid secret", "Das Secret aus der letzten Antwort auf $accept verwenden."),
    (r"PrescriptionId mismatch|Flowtype mismatch", "Bundle.identifier muss die Rezept-ID tragen."),
    (r"Ausstellungsdatum", "authoredOn und Signatur müssen am selben Berliner Tag liegen."),
    (r"Ungültige", "Die genannte Nummer im Datensatz berichtigen (Prüfziffer)."),
    (r"OCSP Check failed", "Sperrstatus des Heilberufsausweises prüfen."),
    (r"CAdES", "Signatur des Konnektors prüfen: CMS, enveloping, unverändert übertragen."),
    (r"FHIR-Validation", "Die diagnostics nennen das verletzte Profil."),
    (r"vau decryption", "VAU-Zertifikat neu laden und die Verschlüsselung prüfen."),
    (r"Task (has|not|must|meanwhile)|already been deleted", "Den Zustand des Rezepts prüfen."),
    (r"used too often", "Weniger Aufrufe je Sekunde und Karte; das Token bleibt gesperrt."),
)


class ErezeptRefusal(ServiceRefusal):
    """The Fachdienst refused; `text` is issue.details.text, `diagnostics` its addition."""

    def __init__(self, operation: str, status: int, text: str, diagnostics: str = "") -> None:
        self.operation = operation
        self.diagnostics = diagnostics
        detail = f" ({diagnostics})" if diagnostics else ""
        super().__init__(
            f"E-Rezept-Fachdienst lehnt {operation} ab: {status} {text}{detail}",
            status=status,
            text=text,
            hint=_hint(text),
        )


def inner_refusal(operation: str, answer: Response) -> ErezeptRefusal:
    """Return the refusal an inner answer describes."""
    text, diagnostics = _outcome(answer.body)
    return ErezeptRefusal(operation, answer.status, text, diagnostics)


def outer_refusal(operation: str, answer: Response) -> ErezeptRefusal:
    """Return the refusal of the VAU or the web layer, which answer with plain JSON."""
    try:
        fields = json.loads(answer.body)
        text, message = str(fields.get("error", "")), str(fields.get("message", ""))
    except (ValueError, AttributeError, RecursionError):
        text, message = answer.body[:200].decode("utf-8", "replace"), ""
    return ErezeptRefusal(operation, answer.status, text, message)


def _outcome(body: bytes) -> tuple[str, str]:
    if body.lstrip().startswith(b"{"):
        return _json_outcome(body)
    try:
        root = safe_parse(body)
    except FhirSyntaxProblem:
        return body[:200].decode("utf-8", "replace"), ""
    return str(_TEXT(root)), str(_DIAGNOSTICS(root))


def _json_outcome(body: bytes) -> tuple[str, str]:
    try:
        issue = json.loads(body)["issue"][0]
        return str(issue["details"]["text"]), str(issue.get("diagnostics", ""))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return body[:200].decode("utf-8", "replace"), ""


def _hint(text: str) -> str:
    return next((hint for pattern, hint in _HINTS if re.search(pattern, text)), "")
