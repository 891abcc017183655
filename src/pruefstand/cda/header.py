"""The header of a CDA document: whom it is about, who wrote it, who pays.

Read by place, so that it works for documents of any product. The official schema (CDA.xsd) is not
part of the harness: `structure_problem` looks at what every CDA document must have and in which
order, no further.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from pruefstand.fhir.xml import FhirSyntaxProblem, safe_parse

CDA = "urn:hl7-org:v3"
INSURED_ID = "1.2.276.0.76.4.8"
"""OID under which the unchanging part of an insured person's number stands."""

IKNR = "1.2.276.0.76.4.5"
"""OID of Institutionskennzeichen."""

INSURED_STATUS = "2.16.840.1.113883.3.7.1.1"
"""OID of the key table of kinds of insurance (Mitglied, Familie, Rentner)."""

TYPE_ID = ("2.16.840.1.113883.1.3", "POCD_HD000040")
"""What every CDA R2 document names as its type."""

ORDER = (
    "realmCode",
    "typeId",
    "templateId",
    "id",
    "code",
    "title",
    "effectiveTime",
    "confidentialityCode",
    "languageCode",
    "setId",
    "versionNumber",
    "copyTime",
    "recordTarget",
    "author",
    "dataEnterer",
    "informant",
    "custodian",
    "informationRecipient",
    "legalAuthenticator",
    "authenticator",
    "participant",
    "inFulfillmentOf",
    "documentationOf",
    "relatedDocument",
    "authorization",
    "componentOf",
    "component",
)
"""Children of the root, in the order CDA R2 demands."""

_NEEDED = frozenset(
    (
        *("typeId", "id", "code", "effectiveTime", "confidentialityCode"),
        *("recordTarget", "author", "custodian", "component"),
    )
)
_NS = {"c": CDA}
_ROLE = "c:recordTarget/c:patientRole"
_PAYER = "c:participant[@typeCode='HLD']/c:associatedEntity[@classCode='POLHOLD']"
Identifier = tuple[str, str]
"""Root and extension."""


class CdaProblem(ValueError):
    """The octets are no CDA document."""


@dataclass(frozen=True, slots=True)
class CdaHeader:
    """What a letter says of its patient; what is missing is empty."""

    patient_ids: tuple[Identifier, ...]
    """All ids of the patient, and those of the policy holder."""
    given: str
    family: str
    birth_date: str
    """JJJJMMTT."""
    postal_code: str
    insurance_kind: str
    payer_ids: tuple[Identifier, ...]
    author: str
    """Family name of the author, or the name of the institution."""


def read_header(document: bytes) -> CdaHeader:
    """Return the header; raises CdaProblem."""
    root = _root(document)
    patient = f"{_ROLE}/c:patient"
    return CdaHeader(
        patient_ids=(*_ids(root, f"{_ROLE}/c:id"), *_ids(root, f"{_PAYER}/c:id")),
        given=_text(root, f"{patient}/c:name/c:given"),
        family=_text(root, f"{patient}/c:name/c:family"),
        birth_date=_value(root, f"{patient}/c:birthTime/@value")[:8],
        postal_code=_text(root, f"{_ROLE}/c:addr/c:postalCode"),
        insurance_kind=_kind(root),
        payer_ids=tuple(_ids(root, f"{_PAYER}/c:scopingOrganization/c:id")),
        author=_text(root, "c:author//c:assignedPerson/c:name/c:family")
        or _text(root, "c:author//c:representedOrganization/c:name"),
    )


def structure_problem(document: bytes) -> str:
    """Return what no CDA document may lack or turn round, empty when nothing is wrong."""
    try:
        root = _root(document)
    except CdaProblem as problem:
        return str(problem)
    tags = [etree.QName(child) for child in root if isinstance(child.tag, str)]
    names = [tag.localname for tag in tags if tag.namespace == CDA]
    foreign = [tag.localname for tag in tags if tag.namespace != CDA or tag.localname not in ORDER]
    missing = sorted(_NEEDED.difference(names))
    places = [ORDER.index(name) for name in names if name in ORDER]
    if foreign:
        return f"fremde Elemente: {', '.join(foreign)}"
    if missing:
        return f"ohne {', '.join(missing)}"
    if places != sorted(places):
        return "Elemente in falscher Reihenfolge"
    stated = next(_ids(root, "c:typeId"))
    return "" if stated == TYPE_ID else f"typeId {stated}"


def _root(document: bytes) -> etree._Element:
    try:
        root = safe_parse(document)
    except FhirSyntaxProblem as problem:
        raise CdaProblem(f"kein lesbares XML: {problem}") from problem
    if root.tag != f"{{{CDA}}}ClinicalDocument":
        raise CdaProblem(f"Wurzel {root.tag} statt ClinicalDocument")
    return root


def _kind(root: etree._Element) -> str:
    """Return the kind of insurance: the German key where given, else HL7's code."""
    code = f"{_PAYER}/c:code"
    german = f"{code}/c:translation[@codeSystem='{INSURED_STATUS}']/@code"
    return _value(root, german) or _value(root, f"{code}/@code")


def _ids(root: etree._Element, path: str) -> Iterator[Identifier]:
    for node in root.iterfind(path, _NS):
        yield node.get("root", ""), node.get("extension", "")


def _text(root: etree._Element, path: str) -> str:
    return " ".join((root.findtext(path, "", _NS) or "").split())


def _value(root: etree._Element, path: str) -> str:
    found = root.xpath(path, namespaces=_NS)
    return str(found[0]).strip() if isinstance(found, list) and found else ""
