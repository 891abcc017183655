"""The resources every KBV form shares (kbv.ita.for): patient, practitioner, practice, coverage."""

from __future__ import annotations

from typing import Any

from pruefstand.fhir import kbv
from pruefstand.fhir.kbv import Json
from pruefstand.ids import bsnr, iknr, kvnr, lanr, telematik_id, zanr
from pruefstand.testdata.insurers import Coverage
from pruefstand.testdata.names import Address, PersonName
from pruefstand.testdata.persons import Insured
from pruefstand.testdata.practices import Practice, Practitioner

_HL7 = "http://hl7.org/fhir/StructureDefinition"
_INSURANCE_KINDS = "http://fhir.de/CodeSystem/versicherungsart-de-basis"
_KBV_PAYORS = ("SKT", "UK")
"""Kinds of payors only the KBV's own code system knows."""


def patient(insured: Insured, *, resource_id: str, version: str) -> Json:
    """Return KBV_PR_FOR_Patient for `insured`."""
    number = kbv.identifier(
        kvnr.SYSTEM, insured.kvnr, type_system=kbv.GERMAN_IDENTIFIER_TYPES, type_code="KVZ10"
    )
    return {
        "resourceType": "Patient",
        "id": resource_id,
        "meta": kbv.meta("KBV_PR_FOR_Patient", version),
        "identifier": [number],
        "name": [human_name(insured.name)],
        "birthDate": insured.birth_date.isoformat(),
        "address": [postal_address(insured.address)],
    }


def practitioner(person: Practitioner, *, resource_id: str, version: str) -> Json:
    """Return KBV_PR_FOR_Practitioner for `person`."""
    numbers = _practitioner_identifiers(person)
    return {
        "resourceType": "Practitioner",
        "id": resource_id,
        "meta": kbv.meta("KBV_PR_FOR_Practitioner", version),
        **({"identifier": numbers} if numbers else {}),
        "name": [human_name(person.name)],
        "qualification": [
            {"code": {"coding": [_qualification(person)]}},
            {
                "code": {
                    "coding": [kbv.kbv_coding("KBV_CS_FOR_Berufsbezeichnung", "Berufsbezeichnung")],
                    "text": person.profession,
                }
            },
        ],
    }


def organization(practice: Practice, *, resource_id: str, version: str) -> Json:
    """Return KBV_PR_FOR_Organization for `practice`."""
    number = kbv.identifier(
        bsnr.SYSTEM, practice.bsnr, type_system=kbv.IDENTIFIER_TYPES, type_code="BSNR"
    )
    return {
        "resourceType": "Organization",
        "id": resource_id,
        "meta": kbv.meta("KBV_PR_FOR_Organization", version),
        "identifier": [number, *_telematik_identifier(practice.telematik_id)],
        "name": practice.name,
        "telecom": [{"system": "phone", "value": practice.phone}],
        "address": [postal_address(practice.address)],
    }


def coverage(cover: Coverage, *, resource_id: str, patient_id: str, version: str) -> Json:
    """Return KBV_PR_FOR_Coverage for `cover` of the patient `patient_id`."""
    return {
        "resourceType": "Coverage",
        "id": resource_id,
        "meta": kbv.meta("KBV_PR_FOR_Coverage", version),
        "extension": _coverage_extensions(cover),
        "status": "active",
        "type": {"coding": [_insurance(cover.kind)]},
        "beneficiary": {"reference": f"Patient/{patient_id}"},
        "payor": [{"identifier": _payor(cover), "display": cover.insurer}],
    }


def human_name(name: PersonName) -> Json:
    """Return an official HumanName with the German parts of the family name."""
    result: Json = {
        "use": "official",
        "family": name.full_family,
        "_family": {"extension": _family_parts(name)},
        "given": [name.given],
    }
    if name.title:
        academic = {"url": f"{_HL7}/iso21090-EN-qualifier", "valueCode": "AC"}
        result |= {"prefix": [name.title], "_prefix": [{"extension": [academic]}]}
    return result


def postal_address(address: Address) -> Json:
    """Return an Address whose line is taken apart into street and house number."""
    parts = [
        {"url": f"{_HL7}/iso21090-ADXP-houseNumber", "valueString": address.house_number},
        {"url": f"{_HL7}/iso21090-ADXP-streetName", "valueString": address.street},
    ]
    return {
        "type": "both",
        "line": [f"{address.street} {address.house_number}"],
        "_line": [{"extension": parts}],
        "city": address.city,
        "postalCode": address.postal_code,
        "country": "D",
    }


def _family_parts(name: PersonName) -> list[Json]:
    parts: list[Json] = []
    if name.prefix:
        parts.append({"url": f"{_HL7}/humanname-own-prefix", "valueString": name.prefix})
    return [*parts, {"url": f"{_HL7}/humanname-own-name", "valueString": name.family}]


def _practitioner_identifiers(person: Practitioner) -> list[Json]:
    if not person.number:
        return _telematik_identifier(person.telematik_id)
    if person.is_dentist:
        number = kbv.identifier(
            zanr.SYSTEM, person.number, type_system=kbv.GERMAN_IDENTIFIER_TYPES, type_code="ZANR"
        )
    else:
        number = kbv.identifier(
            lanr.SYSTEM, person.number, type_system=kbv.IDENTIFIER_TYPES, type_code="LANR"
        )
    return [number, *_telematik_identifier(person.telematik_id)]


def _telematik_identifier(value: str | None) -> list[Json]:
    if value is None:
        return []
    return [
        kbv.identifier(
            telematik_id.SYSTEM, value, type_system=kbv.IDENTIFIER_TYPES, type_code="PRN"
        )
    ]


def _qualification(person: Practitioner) -> Json:
    plain = "01" if person.is_dentist else "00"
    return kbv.kbv_coding("KBV_CS_FOR_Qualification_Type", person.qualification or plain)


def _insurance(kind: str) -> Json:
    if kind in _KBV_PAYORS:
        return kbv.kbv_coding("KBV_CS_FOR_Payor_Type_KBV", kind)
    return kbv.coding(_INSURANCE_KINDS, kind)


def _payor(cover: Coverage) -> Json:
    number = kbv.identifier(iknr.SYSTEM, cover.iknr)
    if not cover.payer_iknr:
        return number
    other = kbv.identifier(iknr.SYSTEM, cover.payer_iknr)
    return {
        "extension": [kbv.extension("KBV_EX_FOR_Alternative_IK", valueIdentifier=other)]
    } | number


def _coverage_extensions(cover: Coverage) -> list[Json]:
    rows: list[tuple[str, str, Any]] = [
        ("besondere-personengruppe", "KBV_CS_SFHIR_KBV_PERSONENGRUPPE", cover.person_group),
        ("dmp-kennzeichen", "KBV_CS_SFHIR_KBV_DMP", cover.disease_programme),
        ("wop", "KBV_CS_SFHIR_ITA_WOP", cover.region),
        ("versichertenart", "KBV_CS_SFHIR_KBV_VERSICHERTENSTATUS", cover.insured_status),
    ]
    return [
        {"url": f"{kbv.GKV_STRUCTURES}/{name}", "valueCoding": kbv.kbv_coding(system, code)}
        for name, system, code in rows
        if code is not None
    ]
