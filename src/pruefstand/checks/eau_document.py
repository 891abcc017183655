"""What a sick note must say of itself (KBV annex eAU 3, information model, digital forms)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from itertools import pairwise

from pruefstand.checks import eau_select
from pruefstand.checks.eau_judge import each
from pruefstand.checks.eau_select import ENTRY, EauMail, enclosed
from pruefstand.fhir.sick_note_facts import NOTE
from pruefstand.fhir.xml import FhirSyntaxProblem, refuse_foreign_encoding
from pruefstand.kim.eau_versions import accepted_on

sent_notes, sent_documents = map(enclosed, (eau_select.sent_notes, eau_select.sent_documents))
_STRUCTURES = "https://fhir.kbv.de/StructureDefinition/"
_CODES = "https://fhir.kbv.de/CodeSystem/"
_ICD = "http://fhir.de/CodeSystem/bfarm/icd-10-gm"
_AU = f"{ENTRY}/f:Condition[f:code/f:coding/f:code/@value='eAU']"
_COMPOSITION = f"{ENTRY}/f:Composition"
_STEP = f"{ENTRY}/f:ServiceRequest"
_KIND = (
    f"{_COMPOSITION}/f:type/f:coding[f:system/@value='{_CODES}KBV_CS_EAU_AU_Type']/f:code/@value"
)
_PAYOR = f"{ENTRY}/f:Coverage/f:type/f:coding/f:code/@value"
_ASSERTED = f"{_AU}/f:extension[contains(@url,'assertedDate')]/f:valueDateTime/@value"
_UUID5 = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_SPECIAL = re.compile(r"[*+!†]")
_PKV_ONLY = ("partially_employable", "unemployability", "admission_date", "discharge_date")
_STEPS = frozenset({"d_arzt", "reha", "wiedereingliederung", "sonstige"})
_NINE = re.compile(r"[0-9]{9}")
_KVNR = re.compile(r"[A-Z][0-9]{9}")
_PROFILES = frozenset(
    {
        "KBV_PR_EAU_Bundle",
        "KBV_PR_EAU_Composition",
        "KBV_PR_EAU_Condition_AU",
        "KBV_PR_EAU_Condition_ICD",
        "KBV_PR_EAU_Condition_Text",
        "KBV_PR_EAU_ServiceRequest_steps",
        "KBV_PR_EAU_Storno",
        "KBV_PR_EAU_Storno_Bundle",
        "KBV_PR_EAU_Storno_Composition",
        "KBV_PR_FOR_Patient",
        "KBV_PR_FOR_Practitioner",
        "KBV_PR_FOR_PractitionerRole",
        "KBV_PR_FOR_Organization",
        "KBV_PR_FOR_Coverage",
    }
)


def _profiles_are_official(one: EauMail) -> bool:
    stated = one.values("//f:meta/f:profile/@value")
    resources = one.values("/f:Bundle/f:entry/f:fullUrl/@value")
    allowed = {f"{_STRUCTURES}{name}|1.2" for name in _PROFILES}
    return len(stated) == len(resources) + 1 > 1 and set(stated) <= allowed


def _is_utf8(one: EauMail) -> bool:
    try:
        refuse_foreign_encoding(one.document)
    except FhirSyntaxProblem:
        return False
    return bool(one.document) and not one.document.startswith(b"\xef\xbb\xbf")


def _has_profile(name: str) -> Callable[[EauMail], bool]:
    wanted = [f"{_STRUCTURES}{name}|1.2"]
    return lambda one: one.values("/f:Bundle/f:meta/f:profile/@value") == wanted


def references_stay_inside(one: EauMail) -> bool:
    """Tell whether every reference leads to a resource of the same bundle."""
    root = one.root
    if root is None:
        return False
    inside = set()
    for found in root.iterfind("{*}entry/{*}resource/*"):
        identifier = found.find("{*}id")
        if identifier is not None:
            inside.add(f"{str(found.tag).rpartition('}')[2]}/{identifier.get('value')}")
    wanted = set(one.values("//f:reference/@value"))
    return bool(wanted) and wanted <= inside


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _start_fits(one: EauMail) -> bool:
    kind = one.value(_KIND)
    return bool(kind) and kind.startswith("ERST") is bool(
        one.value(f"{_AU}/f:onsetPeriod/f:start/@value")
    )


def _end_fits(one: EauMail) -> bool:
    asserted, end = _day(one.value(_ASSERTED)), _day(one.value(f"{_AU}/f:onsetPeriod/f:end/@value"))
    return asserted is not None and end is not None and end - asserted <= timedelta(days=31)


def _without_pkv(one: EauMail) -> bool:
    urls = one.values("//f:extension/@url")
    steps = one.values(f"{_STEP}/f:code/f:coding/f:code/@value")
    private = one.value(_PAYOR) == "PKV"
    used = any(name in url for url in urls for name in _PKV_ONLY)
    return bool(one.value(_PAYOR)) and (
        private or (not used and "stationaere_heilbehandlung" not in steps)
    )


def _diagnoses(one: EauMail) -> bool:
    conditions = one.values(
        f"{ENTRY}/f:Condition[f:code/f:coding/f:system/@value='{_ICD}']/f:id/@value"
    )
    codes = one.values(
        f"{ENTRY}/f:Condition/f:code/f:coding[f:system/@value='{_ICD}']/f:code/@value"
    )
    return 0 < len(conditions) <= 6 and len(codes) == len(conditions)


def _codes_are_plain(one: EauMail) -> bool:
    codes = one.values(
        f"{ENTRY}/f:Condition/f:code/f:coding[f:system/@value='{_ICD}']/f:code/@value"
    )
    return bool(codes) and not any(_SPECIAL.search(code) for code in codes)


def _versions_fit(one: EauMail) -> bool:
    path = f"{ENTRY}/f:Condition/f:code/f:coding[f:system/@value='{_ICD}']"
    versions, codes = one.values(f"{path}/f:version/@value"), one.values(f"{path}/f:code/@value")
    issued = _day(one.value(f"{_COMPOSITION}/f:date/@value"))
    years = {str(issued.year), str(issued.year - 1)} if issued else set()
    return bool(codes) and len(versions) == len(codes) and set(versions) <= years


def _text_is_short(one: EauMail) -> bool:
    return bool(one.document) and all(
        len(t) <= 70 for t in one.values(f"{ENTRY}/f:Condition/f:code/f:text/@value")
    )


def _steps(one: EauMail) -> list[str]:
    return one.values(f"{_STEP}/f:code/f:coding/f:code/@value")


def _steps_are_coded(one: EauMail) -> bool:
    count = len(one.values(f"{_STEP}/f:id/@value"))
    fixed = one.values(f"{_STEP}/f:status/@value") == ["active"] * count
    return bool(one.document) and fixed and len(_steps(one)) == count and set(_steps(one)) <= _STEPS


def _other_has_text(one: EauMail) -> bool:
    other = f"{_STEP}[f:code/f:coding/f:code/@value='sonstige']"
    return bool(one.document) and len(one.values(f"{other}/f:id/@value")) == len(
        one.values(f"{other}/f:code/f:text/@value")
    )


def _composition_is_complete(one: EauMail) -> bool:
    return (
        "e010" in one.values(f"{_COMPOSITION}/f:type/f:coding/f:code/@value")
        and one.value(_KIND) in ("ERST", "FOLGE", "ERST_END", "FOLGE_END")
        and _day(one.value(f"{_COMPOSITION}/f:date/@value")) is not None
        and bool(one.value(f"{_COMPOSITION}/f:author/f:identifier/f:value/@value"))
    )


def _composition_refers(one: EauMail) -> bool:
    sections = one.values(f"{_COMPOSITION}/f:section/f:code/f:coding/f:code/@value")
    diagnoses = one.values(
        f"{ENTRY}/f:Condition[f:code/f:coding/f:system/@value='{_ICD}']/f:id/@value"
    )
    parts = ("subject", "author", "custodian")
    named = all(one.value(f"{_COMPOSITION}/f:{part}/f:reference/@value") for part in parts)
    counted = sections.count("ICD") == len(diagnoses) > 0
    steps = sections.count("AU_weiter") == len(_steps(one))
    return named and counted and steps and {"AU_Condition", "Coverage"} <= set(sections)


def _person(one: EauMail, path: str) -> tuple[str, str]:
    """Return type and number of the person a Composition refers to."""
    identifier = one.value(f"{_COMPOSITION}/{path}/f:reference/@value").rpartition("/")[2]
    person = f"{ENTRY}/f:Practitioner[f:id/@value='{identifier}']"
    system = f"{_CODES}KBV_CS_FOR_Qualification_Type"
    kind = f"{person}/f:qualification/f:code/f:coding[f:system/@value='{system}']"
    return one.value(f"{kind}/f:code/@value"), one.value(f"{person}/f:identifier/f:value/@value")


_ISSUER, _RESPONSIBLE = "f:author", "f:attester/f:party"


def _responsible_may(one: EauMail) -> bool:
    return bool(_person(one, _ISSUER)[0]) and _person(one, _RESPONSIBLE)[0] not in ("02", "03")


def _trainee_has_responsible(one: EauMail) -> bool:
    kind, number = _person(one, _ISSUER)
    return bool(kind) and (kind != "03" or bool(number) or bool(_person(one, _RESPONSIBLE)[0]))


def _numbers_fit(one: EauMail) -> bool:
    kind, number = _person(one, _ISSUER)
    numbered = bool(_NINE.fullmatch(number)) or (kind == "03" and not number)
    other, responsible = _person(one, _RESPONSIBLE)
    return (
        kind in ("00", "01", "03", "04")
        and numbered
        and (not other or bool(_NINE.fullmatch(responsible)))
    )


def _team_fits(one: EauMail) -> bool:
    basis = one.value(
        f"{_COMPOSITION}/f:extension[contains(@url,'Legal_basis')]/f:valueCoding/f:code/@value"
    )
    team = one.value(f"{ENTRY}/f:PractitionerRole/f:organization/f:identifier/f:value/@value")
    return bool(basis) and (basis in ("01", "11")) is bool(_NINE.fullmatch(team))


def _organization_fits(one: EauMail) -> bool:
    place = f"{ENTRY}/f:Organization"
    numbers, name = (
        one.values(f"{place}/f:identifier/f:value/@value"),
        one.value(f"{place}/f:name/@value"),
    )
    houses = one.values(
        f"{place}/f:address/f:line/f:extension[contains(@url,'houseNumber')]/f:valueString/@value"
    )
    return (
        len(numbers) == 1
        and bool(_NINE.fullmatch(numbers[0]))
        and 0 < len(name) <= 60
        and bool(houses)
    )


def _coverage_fits(one: EauMail) -> bool:
    place = f"{ENTRY}/f:Coverage"
    wanted = ("besondere-personengruppe", "dmp-kennzeichen", "versichertenart")
    coded = all(
        one.value(f"{place}/f:extension[contains(@url,'{name}')]/f:valueCoding/f:code/@value")
        for name in wanted
    )
    return (
        bool(one.value(_PAYOR))
        and coded
        and bool(_NINE.fullmatch(one.value(f"{place}/f:payor/f:identifier/f:value/@value")))
    )


def _patient_fits(one: EauMail) -> bool:
    person = f"{ENTRY}/f:Patient"
    own = one.value(
        f"{person}/f:name/f:family/f:extension[contains(@url,'own-name')]/f:valueString/@value"
    )
    return (
        bool(_KVNR.fullmatch(one.value(f"{person}/f:identifier/f:value/@value")))
        and bool(own)
        and bool(one.value(f"{person}/f:birthDate/@value"))
    )


def _version_fits_date(one: EauMail) -> bool:
    try:
        sent = parsedate_to_datetime(one.mail.get("Date") or "")
    except ValueError:
        return False
    stated = one.value("/f:Bundle/f:meta/f:profile/@value").rpartition("|")[2]
    return accepted_on(stated, sent)


def _ends_after_start(one: EauMail) -> bool:
    issued = _day(one.value(f"{_COMPOSITION}/f:date/@value"))
    asserted = _day(one.value(_ASSERTED))
    texts = (f"{_AU}/f:onsetPeriod/f:start/@value", f"{_AU}/f:onsetPeriod/f:end/@value")
    period = [day for day in map(_day, map(one.value, texts)) if day is not None]
    ordered = all(first <= second for first, second in pairwise(period))
    return issued is not None and asserted is not None and asserted <= issued and ordered


profiles_are_official = each(
    "profiles_are_official",
    sent_documents,
    "nur Profile der KBV in der Version 1.2",
    _profiles_are_official,
    "P310-01",
)
document_is_utf8 = each(
    "document_is_utf8", sent_documents, "UTF-8 ohne BOM", _is_utf8, "P310-01/AK4", "DiMus:4.2"
)
note_is_one_bundle = each(
    "note_is_one_bundle", sent_notes, f"ein {NOTE}", _has_profile(NOTE), "P310-14"
)
note_is_closed = each(
    "note_is_closed", sent_notes, "alle Referenzen im Bundle", references_stay_inside, "P310-14/AK4"
)
steps_are_distinct = each(
    "steps_are_distinct",
    sent_notes,
    "jede Maßnahme einmal",
    lambda one: bool(one.document) and len(_steps(one)) == len(set(_steps(one))),
    "P310-14/AK5",
)
id_is_version_5 = each(
    "id_is_version_5",
    sent_documents,
    "UUID der Version 5",
    lambda one: bool(_UUID5.fullmatch(one.value("/f:Bundle/f:identifier/f:value/@value"))),
    "P310-14/AK7",
)
start_fits_kind = each(
    "start_fits_kind", sent_notes, "Beginn nur in Erstbescheinigungen", _start_fits, "P310-04"
)
nothing_private = each(
    "nothing_private",
    sent_notes,
    "nichts, was nur Privatversicherte betrifft",
    _without_pkv,
    "P310-04/AK1-PKV",
)
end_within_31_days = each(
    "end_within_31_days",
    sent_notes,
    "Ende höchstens 31 Tage nach der Feststellung",
    _end_fits,
    "P310-04/AK4",
)
diagnoses_stand_alone = each(
    "diagnoses_stand_alone", sent_notes, "eine bis sechs einzelne Diagnosen", _diagnoses, "P310-05"
)
icd_codes_are_plain = each(
    "icd_codes_are_plain",
    sent_notes,
    "ICD ohne Stern, Kreuz, Ausrufezeichen",
    _codes_are_plain,
    "P310-05/AK3a",
)
icd_version_is_stated = each(
    "icd_version_is_stated", sent_notes, "ICD-Version des Jahres", _versions_fit, "P310-05/AK3d"
)
text_is_short = each(
    "text_is_short", sent_notes, "Diagnosetext bis 70 Zeichen", _text_is_short, "P310-06/AK3"
)
steps_are_coded = each(
    "steps_are_coded", sent_notes, "Maßnahmen mit Kode und Status", _steps_are_coded, "P310-07"
)
other_step_has_text = each(
    "other_step_has_text", sent_notes, "Sonstige mit Text", _other_has_text, "P310-07/AK3"
)
composition_is_complete = each(
    "composition_is_complete",
    sent_notes,
    "e010, Art, Datum, Prüfnummer",
    _composition_is_complete,
    "P310-08",
)
composition_refers_to_all = each(
    "composition_refers_to_all",
    sent_notes,
    "Verweise auf alle Angaben",
    _composition_refers,
    "P310-08/AK3",
)
responsible_may_be = each(
    "responsible_may_be",
    sent_notes,
    "verantwortlich: weder Hebamme noch in Weiterbildung",
    _responsible_may,
    "P310-09/AK1b",
)
trainee_has_responsible = each(
    "trainee_has_responsible",
    sent_notes,
    "in Weiterbildung ohne Nummer nur mit verantwortlicher Person",
    _trainee_has_responsible,
    "P310-09/AK1c",
)
version_fits_date = each(
    "version_fits_date",
    sent_documents,
    "Profilversion zum Datum der Mail",
    _version_fits_date,
    "P5-08",
)
fields_fit_together = each(
    "fields_fit_together", sent_notes, "Felder passen zueinander", _ends_after_start, "P6-01/AK2"
)
persons_have_numbers = each(
    "persons_have_numbers", sent_notes, "Nummern zum Personentyp", _numbers_fit, "DiMus:P4-01"
)
team_fits_basis = each(
    "team_fits_basis",
    sent_notes,
    "ASV-Teamnummer genau bei Rechtsgrundlage 01 und 11",
    _team_fits,
    "DiMus:P4-02",
)
organization_is_named = each(
    "organization_is_named",
    sent_documents,
    "Einrichtung mit einer Kennung, Name, Anschrift",
    _organization_fits,
    "DiMus:P4-03",
)
coverage_is_complete = each(
    "coverage_is_complete",
    sent_notes,
    "Kostenträgertyp, IK und Kennzeichen",
    _coverage_fits,
    "DiMus:P4-04",
)
patient_is_complete = each(
    "patient_is_complete",
    sent_notes,
    "Versicherten-ID und zerlegter Name",
    _patient_fits,
    "DiMus:P4-05",
)

NOTE_CHECKS = (
    profiles_are_official,
    document_is_utf8,
    note_is_one_bundle,
    note_is_closed,
    steps_are_distinct,
    id_is_version_5,
    start_fits_kind,
    nothing_private,
    end_within_31_days,
    diagnoses_stand_alone,
    icd_codes_are_plain,
    icd_version_is_stated,
    text_is_short,
    steps_are_coded,
    other_step_has_text,
    composition_is_complete,
    composition_refers_to_all,
    responsible_may_be,
    trainee_has_responsible,
    version_fits_date,
    fields_fit_together,
    persons_have_numbers,
    team_fits_basis,
    organization_is_named,
    coverage_is_complete,
    patient_is_complete,
)
"""Everything a single note shows."""
