"""What a pharmacy hands over and charges: the DAV Abgabedaten for privately insured persons."""

from __future__ import annotations

from datetime import datetime

from pruefstand.clock import berlin_day
from pruefstand.fhir.xml import to_xml
from pruefstand.ids import iknr, pzn
from pruefstand.rng import Rng

_DAV = "http://fhir.abda.de/eRezeptAbgabedaten/"
_PRIVATE = f"{_DAV}StructureDefinition/DAV-PKV-"
_EXTENSION = f"{_DAV}StructureDefinition/DAV-EX-ERP-"
_ADDRESS_PART = "http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-"
_PRESCRIPTION_ID = "https://gematik.de/fhir/erp/NamingSystem/GEM_ERP_NS_PrescriptionId"
_VERSION = "1.4"
_PHARMACIES = "30"
"""The first digits of a pharmacy's IK."""

Json = dict[str, object]


def dispense_item(
    prescription_id: str, *, pharmacy: str, at: datetime, price: str = "23.45"
) -> bytes:
    """Return the Abgabedaten to be signed: one package, charged as it stands, in EUR."""
    rng = Rng(prescription_id).derive("dav")
    kinds = ("Composition", "Organization", "MedicationDispense", "Invoice")
    urls = {kind: f"urn:uuid:{rng.uuid()}" for kind in kinds}
    resources = (
        ("AbgabedatenComposition", _composition(urls, at)),
        ("Apotheke", _pharmacy(pharmacy, rng)),
        ("Abgabeinformationen", _dispense(urls, prescription_id, berlin_day(at).isoformat())),
        ("Abrechnungszeilen", _invoice(price, rng)),
    )
    entries = [
        {
            "fullUrl": url,
            "resource": {
                "resourceType": kind,
                "id": url.removeprefix("urn:uuid:"),
                **_meta(profile),
                **rest,
            },
        }
        for (kind, url), (profile, rest) in zip(urls.items(), resources, strict=True)
    ]
    return to_xml(
        {
            "resourceType": "Bundle",
            "id": rng.uuid(),
            **_meta("AbgabedatenBundle"),
            "identifier": {"system": _PRESCRIPTION_ID, "value": prescription_id},
            "type": "document",
            "timestamp": at.isoformat(timespec="seconds"),
            "entry": entries,
        }
    )


def _meta(name: str) -> Json:
    return {"meta": {"profile": [f"{_PRIVATE}PR-ERP-{name}|{_VERSION}"]}}


def _concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _own(kind: str, code: str) -> Json:
    return _concept(f"{_DAV}CodeSystem/DAV-{kind}", code)


def _euro(value: str) -> Json:
    return {"value": value, "currency": "EUR"}


def _composition(urls: dict[str, str], at: datetime) -> Json:
    sections = {"Abgabeinformationen": "MedicationDispense", "Apotheke": "Organization"}
    return {
        "status": "final",
        "type": _own("CS-ERP-CompositionTypes", "ERezeptAbgabedaten"),
        "date": at.isoformat(timespec="seconds"),
        "author": [{"reference": urls["Organization"]}],
        "title": "ERezeptAbgabedaten",
        "section": [
            {"title": title, "entry": [{"reference": urls[kind]}]}
            for title, kind in sections.items()
        ],
    }


def _pharmacy(name: str, rng: Rng) -> Json:
    parts = {"houseNumber": "1", "streetName": "Musterstraße"}
    extension = [{"url": _ADDRESS_PART + part, "valueString": text} for part, text in parts.items()]
    return {
        "identifier": [{"system": iknr.SYSTEM, "value": iknr.generate(rng, _PHARMACIES)}],
        "name": name,
        "address": [
            {
                "type": "physical",
                "line": ["Musterstraße 1"],
                "_line": [{"extension": extension}],
                "city": "Berlin",
                "postalCode": "10117",
                "country": "D",
            }
        ],
    }


def _dispense(urls: dict[str, str], prescription_id: str, day: str) -> Json:
    absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
    return {
        "extension": [
            {
                "url": f"{_EXTENSION}Abrechnungszeilen",
                "valueReference": {"reference": urls["Invoice"]},
            },
            {
                "url": f"{_PRIVATE}EX-ERP-AbrechnungsTyp",
                "valueCodeableConcept": _own("PKV-CS-ERP-AbrechnungsTyp", "1"),
            },
        ],
        "status": "completed",
        "medicationCodeableConcept": _concept(absent, "not-applicable"),
        "performer": [{"actor": {"reference": urls["Organization"]}}],
        "authorizingPrescription": [
            {"identifier": {"system": _PRESCRIPTION_ID, "value": prescription_id}}
        ],
        "type": _own("CS-ERP-MedicationDispenseTyp", "Abgabeinformationen"),
        "whenHandedOver": day,
    }


def _invoice(price: str, rng: Rng) -> Json:
    own_share = {
        "url": f"{_EXTENSION}KostenVersicherter",
        "extension": [
            {
                "url": "Kategorie",
                "valueCodeableConcept": _own("PKV-CS-ERP-KostenVersicherterKategorie", "0"),
            },
            {"url": "Kostenbetrag", "valueMoney": _euro("0.00")},
        ],
    }
    component = {
        "extension": [{"url": f"{_EXTENSION}MwStSatz", "valueDecimal": "19.00"}, own_share],
        "type": "informational",
        "factor": "1",
        "amount": _euro(price),
    }
    total = {"url": f"{_EXTENSION}Gesamtzuzahlung", "valueMoney": _euro("0.00")}
    return {
        "status": "issued",
        "type": _own("CS-ERP-InvoiceTyp", "Abrechnungszeilen"),
        "lineItem": [
            {
                "sequence": 1,
                "chargeItemCodeableConcept": {
                    **_concept(pzn.SYSTEM, pzn.generate(rng)),
                    "text": "Abgegebenes Arzneimittel",
                },
                "priceComponent": [component],
            }
        ],
        "totalGross": {"extension": [total], **_euro(price)},
    }
