"""One mutation for each constraint of the eAU profiles: a valid note of our builder, one change.

Keys of constraints stand without the prefix of their package (`-eau-`, `-for-`), with the element
that carries them; `also` names rules that cannot hold either when this one is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pruefstand.clock import berlin_day
from pruefstand.fhir import kbv
from pruefstand.fhir.sick_note import sick_note_bundle
from pruefstand.fhir.sick_note_storno import storno_bundle
from pruefstand.fhir.xml import to_xml
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import VARIANTS, NoteKind, SickNoteOrder, sick_note
from tests.contract.eau_changes import (
    ADXP,
    NAMES,
    Change,
    Json,
    add,
    at,
    drop,
    iknr,
    kvk,
    kzva,
    lanr,
    line,
    pkv_number,
    put,
    resources,
    second_ik,
    site,
    zanr,
)

TIME = "2026-11-23T10:00:00+01:00"
INSURER, STORNO = "109500969", "storno"
CANCELLED = "6a1de9ee-51a7-5d5c-8f4e-6f4b2a8f2c10"


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint and the change that breaks it."""

    element: str
    key: str
    change: Change
    base: str = "einfach"
    also: tuple[str, ...] = ()
    shadow: str = ""
    """A warning of a base profile with the same text, which the reference validator meets first."""

    @property
    def profile(self) -> str:
        """The package's prefix of the key."""
        return "for" if self.element.startswith("FOR") else "eau"

    @property
    def rule(self) -> str:
        """The key as the package has it."""
        return f"-{self.profile}-{self.key}"


def dated(name: str, day: str = "2026-11-23") -> Json:
    """Return an extension of the eAU with a date."""
    return kbv.extension(name, valueDateTime=day)


def step(code: str) -> str:
    """Return the path of the step with `code` among those of the variant with all of them."""
    order = ("d_arzt", "reha", "wiedereingliederung", "sonstige")
    return f"{order.index(code)}#EAU_ServiceRequest_steps"


ASV_GROUP = {
    "code": {"coding": [kbv.coding(f"{NAMES}/KBV_NS_FOR_Fachgruppennummer_ASV", "555555010")]}
}
ISSUER, RESPONSIBLE = "0#FOR_Practitioner", "1#FOR_Practitioner"
TYPE = "qualification.0.code.coding.0.code"
AU, KIND = "EAU_Condition_AU", "EAU_Composition.type.coding.0.code"
BASIS = "EAU_Composition.extension.0.valueCoding.code"
PAYER = "FOR_Coverage.payor.0.identifier"
HOME, OFFICE = "FOR_Patient.address.0", "FOR_Organization.address.0"
STREET, NUMBER, LOCATOR = "streetName", "houseNumber", "additionalLocator"
GOOD = ("Weg 1", {NUMBER: "1", STREET: "Weg"})
MORE = ("Hof", {LOCATOR: "Hof"})


def to_responsible(path: str) -> Change:
    """Return the change that points from `path` to the responsible person."""

    def change(bundle: Json) -> None:
        node, key = at(bundle, path)
        person = resources(bundle, "PR_FOR_Practitioner")[1]
        node[key] = {"reference": f"Practitioner/{person['id']}"}

    return change


def _cover(name: str, key: str) -> Violation:
    def change(bundle: Json) -> None:
        cover = resources(bundle, "PR_FOR_Coverage")[0]
        kept = [one for one in cover["extension"] if not one["url"].endswith(name)]
        cover["extension"] = kept

    return Violation("FOR_Coverage", key, change)


def _for_private_only(key: str, path: str, extension: Json) -> Violation:
    return Violation("EAU_Bundle", key, add(f"{path}.extension", extension), "maßnahmen")


def _timed(key: str, path: str, name: str) -> Violation:
    added = add(f"{path}.extension", dated(name, TIME))
    return Violation("EAU_ServiceRequest_steps", key, added, "maßnahmen-pkv")


def _misplaced(key: str, path: str, name: str) -> Violation:
    added = add(f"{path}.extension", dated(name))
    return Violation("EAU_ServiceRequest_steps", key, added, "maßnahmen-pkv")


REHA, REINTEGRATION, D_PHYSICIAN = step("reha"), step("wiedereingliederung"), step("d_arzt")

BUNDLE = (
    Violation(
        "EAU_Bundle",
        "angabePruefnummerPflicht",
        drop("EAU_Composition.author.1"),
        also=("Composition.author:Pruefnummer",),
    ),
    Violation("EAU_Bundle", "angabePatientPLZPflicht", drop(f"{HOME}.postalCode")),
    Violation("EAU_Bundle", "angabePatientenAdressePflicht", drop("FOR_Patient.address")),
    Violation("EAU_Bundle", "angabeRechtsgrundlagePflicht", drop("EAU_Composition.extension")),
    Violation(
        "EAU_Bundle",
        "uniqueServiceRequest",
        put(f"{REHA}.code.coding.0.code", "d_arzt"),
        "maßnahmen",
    ),
    Violation(
        "EAU_Bundle",
        "versionComposition",
        put("EAU_Composition.meta.profile.0", kbv.structure("KBV_PR_EAU_Composition")),
        also=("Composition.meta.profile:eAUProfile",),
    ),
    Violation(
        "EAU_Bundle", "angabeIdentifikatorAusstellendePersonPflicht", drop(f"{ISSUER}.identifier")
    ),
    Violation(
        "EAU_Bundle",
        "angabeVerantwortlichePersonVerbot-1",
        put(f"{ISSUER}.{TYPE}", "00"),
        "vertretung",
    ),
    Violation(
        "EAU_Bundle",
        "angabeVerantwortlichePersonVerbot-2",
        put(f"{RESPONSIBLE}.{TYPE}", "03"),
        "vertretung",
    ),
    Violation(
        "EAU_Bundle",
        "angabeVerantwortlichePersonPflicht",
        drop("EAU_Composition.attester"),
        "weiterbildung",
        # Nothing leads to the responsible person any more; that rule has no key.
        also=("",),
    ),
    Violation(
        "EAU_Bundle",
        "angabeIdentifikatorVerantwortlichePersonPflicht",
        drop(f"{RESPONSIBLE}.identifier"),
        "vertretung",
    ),
    Violation(
        "EAU_Bundle",
        "angabeFachgruppennummerAsvAusstellendePersonVerbot",
        add(f"{ISSUER}.qualification", ASV_GROUP),
    ),
    Violation(
        "EAU_Bundle",
        "angabeFachgruppennummerAsvVerantwortlichePersonVerbot",
        add(f"{RESPONSIBLE}.qualification", ASV_GROUP),
        "vertretung",
    ),
    Violation("EAU_Bundle", "angabeAsvTeamnummerPflicht", put(BASIS, "01")),
    Violation("EAU_Bundle", "angabeAsvTeamnummerVerbot", put(BASIS, "00"), "asv"),
    Violation(
        "EAU_Bundle",
        "referenzAufAusstellendePerson-1",
        to_responsible(f"{AU}.asserter"),
        "vertretung",
    ),
    Violation(
        "EAU_Bundle",
        "referenzAufAusstellendePerson-2",
        to_responsible("FOR_PractitionerRole.practitioner"),
        "asv-vertretung",
    ),
    Violation(
        "EAU_Bundle", "angabeIdentifikatorEinrichtungPflicht", drop("FOR_Organization.identifier")
    ),
    Violation("EAU_Bundle", "angabeAUseitErstbescheinigung", drop(f"{AU}.onsetPeriod.start")),
    Violation("EAU_Bundle", "angabeAUseitFolgebescheinigung", put(KIND, "FOLGE")),
    Violation("EAU_Bundle", "angabeVersichertenIDbeiGKV", put("FOR_Patient.identifier.0", kvk())),
    Violation(
        "EAU_Bundle", "angabeVersichertenIDbeiPKV", put("FOR_Patient.identifier.0", kvk()), "pkv"
    ),
    Violation(
        "EAU_Bundle",
        "angabeVersichertennummerBeiSKT",
        put("FOR_Patient.identifier.0", pkv_number()),
        "sonstige-kostenträger",
        ("Patient.identifier",),
    ),
    _for_private_only(
        "angabeTeilweiseArbeitsfaehigPKV", AU, dated("KBV_EX_EAU_partially_employable")
    ),
    _for_private_only(
        "angabeBerufsunfaehigPKV",
        AU,
        kbv.extension("KBV_EX_EAU_unemployability", valueBoolean=True),
    ),
    _for_private_only("angabeAufnahmedatumNurPKV", REHA, dated("KBV_EX_EAU_admission_date")),
    _for_private_only("angabeEntlassdatumNurPKV", REHA, dated("KBV_EX_EAU_discharge_date")),
    Violation(
        "EAU_Bundle",
        "angabeStationaereHeilbehandlungPKV",
        put(f"{REHA}.code.coding.0.code", "stationaere_heilbehandlung"),
        "maßnahmen",
    ),
    _for_private_only(
        "angabeWiedereingliederungabPKV", REINTEGRATION, dated("KBV_EX_EAU_reintegration_date")
    ),
    Violation("EAU_Bundle", "geburtsdatumPatient", put("FOR_Patient.birthDate", "2026-11-24")),
)

OTHERS = (
    Violation("EAU_Composition", "begrenzungDate", put("EAU_Composition.date", TIME)),
    Violation(AU, "begrenzungDateFestgestelltAm", put(f"{AU}.extension.0.valueDateTime", TIME)),
    Violation(AU, "begrenzungDateStart", put(f"{AU}.onsetPeriod.start", TIME)),
    Violation(AU, "begrenzungDateEnd", put(f"{AU}.onsetPeriod.end", "2026-12-23T10:00:00+01:00")),
    Violation(
        AU,
        "begrenzungDateteilweise-arbeitsfaehig-ab",
        add(f"{AU}.extension", dated("KBV_EX_EAU_partially_employable", TIME)),
        "pkv",
    ),
    Violation(
        AU,
        "anzahlUrsache",
        lambda bundle: add(f"{AU}.extension", resources(bundle, AU)[0]["extension"][1])(bundle),
        "unfall",
    ),
    _timed("begrenzungDateWiedereingliederung-ab", REINTEGRATION, "KBV_EX_EAU_reintegration_date"),
    _timed("begrenzungDateEntlassungsdatum", REHA, "KBV_EX_EAU_discharge_date"),
    _timed("begrenzungDateAufnahmedatum", REHA, "KBV_EX_EAU_admission_date"),
    _misplaced("EntlassungdatumNurRehaHeilbehandlung", D_PHYSICIAN, "KBV_EX_EAU_discharge_date"),
    _misplaced("AufnahmedatumNurRehaHeilbehandlung", D_PHYSICIAN, "KBV_EX_EAU_admission_date"),
    _misplaced(
        "WiedereingliederungAbNurWiedereingliederung", REHA, "KBV_EX_EAU_reintegration_date"
    ),
    Violation(
        "EAU_ServiceRequest_steps.code",
        "keinTextBeiAnderen",
        put(f"{REHA}.code.text", "x"),
        "maßnahmen",
    ),
    Violation(
        "EAU_Storno_Bundle",
        "versionComposition",
        put(
            "EAU_Storno_Composition.meta.profile.0", kbv.structure("KBV_PR_EAU_Storno_Composition")
        ),
        STORNO,
        ("Composition.meta.profile:eAUProfile",),
    ),
)

COVERAGE = (
    Violation("FOR_Coverage", "angabeIKzustaendigeKrankenkasseEGKPflicht", drop(PAYER)),
    _cover("versichertenart", "angabeVersichertenartPflicht"),
    _cover("besondere-personengruppe", "angabeBesonderePersonengruppePflicht"),
    _cover("dmp-kennzeichen", "angabeDMPPflicht"),
    Violation(
        "FOR_Coverage",
        "angabeIKKostentraegerVerbot",
        put(f"{PAYER}.extension", [second_ik(INSURER)]),
    ),
    Violation(
        "FOR_Coverage.period",
        "begrenzungDate",
        put("FOR_Coverage.period", {"end": TIME}, before="payor"),
    ),
    Violation(
        "FOR_Coverage.payor.identifier.value",
        "laengeIK",
        put(f"{PAYER}.value", "1095"),
        shadow="ik-1",
    ),
    Violation(
        "FOR_Coverage.payor.identifier.extension:alternativeID.value[x]:valueIdentifier.value",
        "laengeIK",
        put(f"{PAYER}.extension", [second_ik("1095")]),
        "berufsgenossenschaft",
        shadow="ik-1",
    ),
)

_ORGANIZATION = "adresszeilenAufbauOrganizationRessource"
_BOTH = f"-for-{_ORGANIZATION}-3"
"""Without street or number this one is broken as well: it demands both of them."""

ORGANIZATION = (
    Violation("FOR_Organization", f"{_ORGANIZATION}-1", line(OFFICE, ("Weg, 1", GOOD[1]))),
    Violation("FOR_Organization", f"{_ORGANIZATION}-2", line(OFFICE, GOOD, ("Haus", MORE[1]))),
    Violation("FOR_Organization", f"{_ORGANIZATION}-3", line(OFFICE, ("Weg", {STREET: "Weg"}))),
    Violation(
        "FOR_Organization", f"{_ORGANIZATION}-4", line(OFFICE, ("1", {NUMBER: "1"})), also=(_BOTH,)
    ),
    Violation(
        "FOR_Organization",
        f"{_ORGANIZATION}-5",
        line(OFFICE, ("Weg 1", {**GOOD[1], LOCATOR: "Hof"})),
    ),
    Violation(
        "FOR_Organization",
        f"{_ORGANIZATION}-6",
        line(OFFICE, GOOD, ("Hof", {LOCATOR: "Hof", STREET: "Hof"})),
    ),
    Violation(
        "FOR_Organization",
        f"{_ORGANIZATION}-7",
        line(OFFICE, ("Weg", {STREET: "Weg"}), MORE),
        also=(_BOTH,),
    ),
    Violation(
        "FOR_Organization",
        f"{_ORGANIZATION}-8",
        line(OFFICE, ("Weg N/A", {NUMBER: "N/A", STREET: "Weg"})),
    ),
    Violation(
        "FOR_Organization",
        "anzahlIdentifikatorOrganizationRessource",
        add("FOR_Organization.identifier", iknr("123456789")),
    ),
    Violation(
        "FOR_Organization.identifier:Institutionskennzeichen.value",
        "laengeIK",
        put("FOR_Organization.identifier.0", iknr("1234")),
    ),
    Violation(
        "FOR_Organization.identifier:Betriebsstaettennummer.value",
        "laengeBSNR",
        put("FOR_Organization.identifier.0.value", "1234"),
    ),
    Violation(
        "FOR_Organization.identifier:KZV-Abrechnungsnummer.value",
        "laengeKZVA",
        put("FOR_Organization.identifier.0", kzva("1234")),
    ),
    Violation(
        "FOR_Organization.identifier:Standortnummer.value",
        "laengeStandortnummer",
        put("FOR_Organization.identifier.0", site("1234")),
    ),
)

_PATIENT = "adresszeilenAufbauPatientRessource"


def _box(text: str, said: str = "", country: str = "D") -> Change:
    part = {"extension": [{"url": f"{ADXP}postBox", "valueString": said or text}]}
    place = {"city": "Berlin", "postalCode": "10117", "country": country}
    return put(HOME, {"type": "postal", "line": [text], "_line": [part], **place})


PATIENT = (
    Violation("FOR_Patient", f"{_PATIENT}-1", line(HOME, ("Weg, 1", GOOD[1]))),
    Violation("FOR_Patient", f"{_PATIENT}-2", line(HOME, ("Weg 1", {NUMBER: "1"}))),
    Violation("FOR_Patient", f"{_PATIENT}-3", line(HOME, ("Weg 1", {STREET: "Weg"}))),
    Violation("FOR_Patient", f"{_PATIENT}-4", line(HOME, GOOD, ("Haus", MORE[1]))),
    Violation(
        "FOR_Patient",
        f"{_PATIENT}-5",
        _box("Fach 5", "PF 5"),
    ),
    Violation("FOR_Patient", f"{_PATIENT}-6", line(HOME, ("Weg 1", {**GOOD[1], LOCATOR: "Weg 1"}))),
    Violation(
        "FOR_Patient",
        f"{_PATIENT}-7",
        line(HOME, GOOD, ("Hof", {LOCATOR: "Hof", STREET: "Hof"})),
    ),
    Violation("FOR_Patient", f"{_PATIENT}-8", line(HOME, ("Hof", {LOCATOR: "Hof"}), MORE)),
    Violation(
        "FOR_Patient.identifier:versichertenId.value",
        "laengeVersichertenId",
        put("FOR_Patient.identifier.0.value", "A12345678"),
    ),
    Violation(
        "FOR_Patient.address:Strassenanschrift.country",
        "laengeWohnsitzlaendercode",
        put(f"{HOME}.country", "DEUT"),
    ),
    Violation(
        "FOR_Patient.address:Postfach.country",
        "laengeWohnsitzlaendercode",
        _box("PF 5", country="DEUT"),
    ),
)

PRACTITIONER = (
    Violation(
        "FOR_Practitioner",
        "angabeArztnummerPflicht",
        put(f"{ISSUER}.identifier", [zanr("123456789")]),
    ),
    Violation(
        "FOR_Practitioner",
        "angabeZahnarztnummerPflicht",
        put(f"{ISSUER}.identifier", [lanr("123456789")]),
        "zahnarzt",
    ),
    Violation(
        "FOR_Practitioner",
        "angabeIdentifikatorAusstellende-VerantwortlichePersonVerbot",
        put(f"{ISSUER}.{TYPE}", "02"),
    ),
    Violation(
        "FOR_Practitioner",
        "anzahlIdentifikatorAusstellende-VerantwortlichePerson",
        add(f"{ISSUER}.identifier", zanr("123456789")),
    ),
    Violation(
        "FOR_Practitioner.identifier:ANR.value",
        "laengeLANR",
        put(f"{ISSUER}.identifier.0.value", "1234"),
        shadow="lanr-1",
    ),
    Violation(
        "FOR_Practitioner.identifier:ZANR.value",
        "laengeZANR",
        put(f"{ISSUER}.identifier.0.value", "1234"),
        "zahnarzt",
        shadow="zanr-1",
    ),
    Violation(
        "FOR_PractitionerRole.organization.identifier.value",
        "laengeASVnummer",
        put("FOR_PractitionerRole.organization.identifier.value", "0012"),
        "asv",
    ),
)

VIOLATIONS = (*BUNDLE, *OTHERS, *COVERAGE, *ORGANIZATION, *PATIENT, *PRACTITIONER)


def _as(order: SickNoteOrder, kind: str) -> SickNoteOrder:
    return replace(order, coverage=replace(order.coverage, kind=kind))


BASES: dict[str, Callable[[SickNoteOrder, Rng], SickNoteOrder]] = {
    **VARIANTS,
    "pkv": lambda order, _: _as(order, "PKV"),
    "berufsgenossenschaft": lambda order, _: _as(order, "BG"),
    "maßnahmen-pkv": lambda order, rng: _as(VARIANTS["maßnahmen"](order, rng), "PKV"),
    "asv-vertretung": lambda order, rng: VARIANTS["asv"](VARIANTS["vertretung"](order, rng), rng),
}
"""The variants of the annex, and those a constraint needs beside them."""


def base_bundle(name: str, document_id: str, written: datetime) -> Json:
    """Return the valid document a change starts from, always for the same insurer."""
    rng = Rng(f"constraints/{name}")
    order = sick_note(rng, berlin_day(written), kind=NoteKind.FIRST, iknr=INSURER)
    if name == STORNO:
        return storno_bundle(
            order.practitioner,
            order.practice,
            cancelled=CANCELLED,
            document_id=document_id,
            written=written,
        )
    return sick_note_bundle(BASES[name](order, rng), document_id=document_id, written=written)


def spoiled(violation: Violation, document_id: str, written: datetime) -> bytes:
    """Return the document that breaks one constraint."""
    bundle = base_bundle(violation.base, document_id, written)
    violation.change(bundle)
    return to_xml(bundle)
