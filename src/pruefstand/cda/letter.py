"""A physician's letter as CDA R2: a complete header, and the PDF/A as its body (level 1)."""

from __future__ import annotations

from datetime import datetime

from lxml import etree

from pruefstand.cda.header import CDA, IKNR, INSURED_ID, INSURED_STATUS, TYPE_ID
from pruefstand.clock import BERLIN
from pruefstand.testdata.letters import Letter
from pruefstand.testdata.names import Address, PersonName

DOCUMENTS = "1.2.276.0.76.3.1.999999.1"
"""Root of document ids of this product; invented."""

LANR, BSNR = "1.2.276.0.76.4.16", "1.2.276.0.76.4.17"
_LOINC, _CONFIDENTIALITY = "2.16.840.1.113883.6.1", "2.16.840.1.113883.5.25"
_ROLE_CODE = "2.16.840.1.113883.5.111"
_ROLES = {"1": "SELF", "3": "FAMDEP", "5": "SELF"}
"""HL7's code for each kind of insurance: member, family, pensioner."""


def build_letter(letter: Letter, *, document_id: str, written: datetime, body: str) -> bytes:
    """Return the letter as UTF-8 XML; `body` is the file name of its PDF/A.

    Nothing is checked: what breaks a rule is written all the same.
    """
    page = _e("text", _e("reference", value=body), mediaType="application/pdf")
    moment = written.astimezone(BERLIN).strftime("%Y%m%d%H%M%S%z")
    root = _e(
        "ClinicalDocument",
        _e("realmCode", code="DE"),
        _id("typeId", *TYPE_ID),
        _id("id", DOCUMENTS, document_id),
        _e("code", code="11488-4", codeSystem=_LOINC, displayName="Arztbrief"),
        _e("title", "Arztbrief"),
        _e("effectiveTime", value=moment),
        _e("confidentialityCode", code="N", codeSystem=_CONFIDENTIALITY),
        _e("languageCode", code="de-DE"),
        _record_target(letter),
        _author(letter, moment),
        _custodian(letter),
        _e(
            "informationRecipient",
            _e("intendedRecipient", _e("receivedOrganization", _e("name", letter.recipient))),
            typeCode="PRCP",
        ),
        _payer(letter),
        _e("component", _e("nonXMLBody", page)),
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _record_target(letter: Letter) -> etree._Element:
    insured = letter.insured
    ids = [_id("id", INSURED_ID, insured.kvnr)] if insured.kvnr else []
    patient = _e(
        "patient", _name(insured.name), _e("birthTime", value=insured.birth_date.strftime("%Y%m%d"))
    )
    return _e("recordTarget", _e("patientRole", *ids, _address(insured.address), patient))


def _author(letter: Letter, moment: str) -> etree._Element:
    return _e(
        "author",
        _e("time", value=moment),
        _e(
            "assignedAuthor",
            _id("id", LANR, letter.practitioner.number),
            _e("assignedPerson", _name(letter.practitioner.name)),
            _organization("representedOrganization", letter),
        ),
    )


def _custodian(letter: Letter) -> etree._Element:
    organization = _organization("representedCustodianOrganization", letter)
    return _e("custodian", _e("assignedCustodian", organization))


def _payer(letter: Letter) -> etree._Element:
    """Return who is insured how, and with whom; time is the end of the cover, which is open."""
    cover = letter.coverage
    ids = [_id("id", INSURED_ID, letter.insured.kvnr)] if letter.insured.kvnr else []
    german = _e("translation", code=cover.insured_status, codeSystem=INSURED_STATUS)
    code = _e("code", german, code=_ROLES.get(cover.insured_status, "SELF"), codeSystem=_ROLE_CODE)
    insurer = _e("scopingOrganization", _id("id", IKNR, cover.iknr), _e("name", cover.insurer))
    return _e(
        "participant",
        _e("associatedEntity", *ids, code, insurer, classCode="POLHOLD"),
        typeCode="HLD",
    )


def _organization(kind: str, letter: Letter) -> etree._Element:
    practice = letter.practice
    return _e(
        kind,
        _id("id", BSNR, practice.bsnr),
        _e("name", practice.name),
        _e("telecom", value=f"tel:{practice.phone}"),
        _address(practice.address),
    )


def _name(name: PersonName) -> etree._Element:
    parts = [("prefix", name.title), ("given", name.given), ("family", name.full_family)]
    return _e("name", *(_e(tag, text) for tag, text in parts if text))


def _address(address: Address) -> etree._Element:
    return _e(
        "addr",
        _e("streetName", address.street),
        _e("houseNumber", address.house_number),
        _e("postalCode", address.postal_code),
        _e("city", address.city),
    )


def _id(kind: str, root: str, extension: str) -> etree._Element:
    return _e(kind, root=root, extension=extension)


def _e(kind: str, *content: etree._Element | str, **attributes: str) -> etree._Element:
    """Return an element of CDA's namespace."""
    made = etree.Element(f"{{{CDA}}}{kind}", attributes, nsmap={None: CDA})  # type: ignore[dict-item]
    for part in content:
        if isinstance(part, str):
            made.text = part
        else:
            made.append(part)
    return made
