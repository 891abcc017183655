"""KBV_PR_EAU_health_insurance_Practitioner 1.2: why an insurer cannot use a document."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

from pruefstand.fhir import kbv
from pruefstand.fhir.sick_note import URI_SYSTEM, VERSION
from pruefstand.fhir.sick_note_facts import URN
from pruefstand.fhir.xml import NAMESPACE, FhirSyntaxProblem, safe_parse, to_xml

PROFILE = "KBV_PR_EAU_health_insurance_Practitioner"
_EXTENSION = "KBV_EX_EAU_health_insurance_Practitioner_Identifier"
ERRORS = "KBV_CS_SFHIR_EAU_AU_ERROR_KASSE"
MESSAGE_ID_SYSTEM = "https://fhir.kbv.de/NamingSystem/KBV_NS_EAU_Message_ID_KIM"
VIRUS = "Achtung möglicher Virenbefall"
"""The whole text of the mail when a virus was found in the attachment."""

_F = f"{{{NAMESPACE}}}"


class Trouble(StrEnum):
    """What an insurer finds wrong; most have a code for notes and one for Stornos."""

    UNREADABLE = "nicht spezifikationskonform"
    CHARSET = "falscher Zeichensatz"
    SIGNER = "Signatur mit ungeeignetem Zertifikat"
    SIGNATURE = "Signatur passt nicht zu den Daten"
    KIM_ENCRYPTION = "KIM: Verschlüsselungsformat"
    KIM_UNSIGNED = "KIM: Signatur fehlt"
    KIM_SIGNATURE_FORMAT = "KIM: Signaturformat"
    KIM_MANIPULATED = "KIM: Inhalt passt nicht zur Signatur"
    KIM_KEY = "KIM: Schlüssel steht nicht zur Verfügung"
    NOT_INSURED = "hier nicht versichert"
    NOTE_REJECTED = "eAU war selbst fehlerhaft"


CODES: dict[Trouble, tuple[str, str]] = {
    Trouble.UNREADABLE: ("101", "102"),
    Trouble.CHARSET: ("103", "104"),
    Trouble.SIGNER: ("201", "203"),
    Trouble.SIGNATURE: ("202", "204"),
    Trouble.KIM_ENCRYPTION: ("307", "301"),
    Trouble.KIM_UNSIGNED: ("309", "303"),
    Trouble.KIM_SIGNATURE_FORMAT: ("310", "304"),
    Trouble.KIM_MANIPULATED: ("311", "305"),
    Trouble.KIM_KEY: ("313", "314"),
    Trouble.NOT_INSURED: ("100", ""),
    Trouble.NOTE_REJECTED: ("", "105"),
}
"""Codes for a sick note and for a Storno; empty where the trouble cannot occur."""

BY_MESSAGE_ID = frozenset({"301", "307", "313", "314"})
"""Codes that must name the mail: the insurer never saw the document."""

REBUILD = frozenset({"100", "101", "102", "103", "104", "105"})
"""Codes after which the practice writes a new file; after others the same file may be sent."""

_SEVERE = frozenset({"fatal", "error"})
ALL_CODES = frozenset(code for pair in CODES.values() for code in pair if code)


def code_of(trouble: Trouble, *, storno: bool) -> str:
    """Return the code; raises ValueError where the trouble does not occur."""
    code = CODES[trouble][storno]
    if not code:
        raise ValueError(f"{trouble} kommt bei {'Stornos' if storno else 'eAUs'} nicht vor")
    return code


@dataclass(frozen=True, slots=True)
class KasseError:
    """An error as it is sent: exactly one of `document_id` and `message_id` is given."""

    outcome_id: str
    code: str
    display: str
    document_id: str = ""
    message_id: str = ""
    """Of the outer mail, without brackets."""
    version: str = VERSION

    def to_xml(self) -> bytes:
        """Return the OperationOutcome as XML in UTF-8."""
        return to_xml(
            {
                "resourceType": "OperationOutcome",
                "id": self.outcome_id,
                "meta": kbv.meta(PROFILE, self.version),
                "issue": [
                    {
                        "extension": [self._subject()],
                        "severity": "fatal",
                        "code": "processing",
                        "details": {
                            "coding": [
                                {**kbv.kbv_coding(ERRORS, self.code), "display": self.display}
                            ]
                        },
                    }
                ],
            }
        )

    def _subject(self) -> kbv.Json:
        if self.document_id:
            name, value = (
                "Bundle-Identifier",
                kbv.identifier(URI_SYSTEM, f"{URN}{self.document_id}"),
            )
        else:
            name, value = "Message-ID", kbv.identifier(MESSAGE_ID_SYSTEM, self.message_id)
        part = kbv.part(name, valueIdentifier=value)
        return kbv.extension(_EXTENSION, extension=[part])


def read_kasse_error(data: bytes) -> KasseError:
    """Return what an error says; raises FhirSyntaxProblem when it is none.

    Warnings and remarks beside the one error do not count (KP310-13).
    """
    root = safe_parse(data)
    issues = [
        issue for issue in root.iterfind(f"{_F}issue") if _value(issue, "severity") in _SEVERE
    ]
    codings = [coding for issue in issues for coding in issue.iterfind(f"{_F}details/{_F}coding")]
    if root.tag != f"{_F}OperationOutcome" or len(codings) != 1:
        raise FhirSyntaxProblem("kein OperationOutcome mit einem Fehler")
    subject = {
        part.get("url"): _value(part, "valueIdentifier", "value")
        for part in issues[0].iterfind(f"{_F}extension/{_F}extension")
    }
    return KasseError(
        _value(root, "id"),
        _value(codings[0], "code"),
        _value(codings[0], "display"),
        subject.get("Bundle-Identifier", "").removeprefix(URN),
        subject.get("Message-ID", ""),
    )


def _value(node: etree._Element, *names: str) -> str:
    found = node.find("/".join(f"{_F}{name}" for name in names))
    return "" if found is None else found.get("value") or ""
