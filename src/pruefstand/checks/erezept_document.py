"""Rules of the signed prescription as data: one XPath per rule, true when it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

from pruefstand.checks.check import Check, Exchanges, Judgement, factory, judge_all
from pruefstand.checks.documents import FHIR, resource, uploaded
from pruefstand.checks.select import carried_by_vau
from pruefstand.model.exchange import Exchange

_ENTRY = "/f:Bundle/f:entry/f:resource"
_REQUEST = f"{_ENTRY}/f:MedicationRequest"
_KBV = "https://fhir.kbv.de/StructureDefinition/"
_CATEGORY = (
    f"{_ENTRY}/f:Medication/f:extension[@url='{_KBV}KBV_EX_ERP_Medication_Category']"
    "/f:valueCoding/f:code/@value"
)
_MVO = f"{_REQUEST}/f:extension[@url='{_KBV}KBV_EX_ERP_Multiple_Prescription']"
_PRIVATE = (
    "(starts-with(/f:Bundle/f:identifier/f:value/@value, '200.') or "
    "starts-with(/f:Bundle/f:identifier/f:value/@value, '209.'))"
)
_COVERAGE = f"{_ENTRY}/f:Coverage/f:type/f:coding/f:code/@value"
_ACCIDENT = (
    f"{_REQUEST}/f:extension[@url='{_KBV}KBV_EX_FOR_Accident']"
    "/f:extension[@url='Unfallkennzeichen']/f:valueCoding/f:code/@value"
)
_PAYER = (
    f"{_ENTRY}/f:Coverage/f:payor/f:identifier/f:extension[@url='{_KBV}KBV_EX_FOR_Alternative_IK']"
    "/f:valueIdentifier/f:value/@value"
)
_WRITER = (
    f"{_ENTRY}/f:Practitioner[f:id/@value = substring-after("
    f"{_ENTRY}/f:Composition/f:author[f:type/@value='Practitioner']/f:reference/@value, '/')]"
)
_WRITER_KIND = (
    f"{_WRITER}/f:qualification/f:code/f:coding"
    "[contains(f:system/@value, 'KBV_CS_FOR_Qualification_Type')]/f:code/@value"
)
_RESPONSIBLE = f"{_ENTRY}/f:Composition/f:attester/f:party/f:reference/@value"
_STRENGTH = f"{_ENTRY}/f:Medication/f:ingredient/f:strength"
_SUPPLY = f"{_REQUEST}/f:dispenseRequest/f:expectedSupplyDuration"
_CHILDBEARING = (
    f"{_REQUEST}/f:extension[@url='{_KBV}KBV_EX_ERP_Teratogenic']"
    "/f:extension[@url='GebaerfaehigeFrau']/f:valueBoolean/@value"
)
_RESOLVED = " and ".join(
    f"not({_ENTRY}//f:{element}/f:reference[starts-with(@value, '{kind}/')"
    f" and not(substring-after(@value, '/') = {_ENTRY}/f:{kind}/f:id/@value)])"
    for element, kind in (
        ("subject", "Patient"),
        ("medicationReference", "Medication"),
        ("requester", "Practitioner"),
        ("author", "Practitioner"),
        ("custodian", "Organization"),
        ("insurance", "Coverage"),
        ("beneficiary", "Patient"),
        ("entry", "MedicationRequest"),
        ("entry", "Coverage"),
    )
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a document must look like; `keeps` is an XPath that yields a boolean."""

    name: str
    keeps: str
    expected: str


_RULES = (
    Rule(
        "order_is_active",
        f"count({_REQUEST}/f:status[@value='active']) = 1 and "
        f"count({_REQUEST}/f:intent[@value='order']) = 1 and "
        f"count({_REQUEST}/f:medicationReference) = 1 and "
        f"number({_REQUEST}/f:dispenseRequest/f:quantity/f:value/@value) > 0",
        "aktiver Auftrag über genau ein Arzneimittel, Menge über null",
    ),
    Rule(
        "bundle_is_complete",
        f"boolean(/f:Bundle/f:entry[1]/f:resource/f:Composition) and {_RESOLVED}",
        "Composition zuerst, alle Verweise im Bundle auflösbar",
    ),
    Rule(
        "patients_use_the_prescription_profile",
        f"count({_REQUEST}[starts-with(f:meta/f:profile/@value, '{_KBV}KBV_PR_ERP_Prescription|')])"
        f" = 1 and not({_ENTRY}/f:SupplyRequest)",
        "KBV_PR_ERP_Prescription, kein PracticeSupply",
    ),
    Rule(
        "category_is_known",
        f"{_CATEGORY} = '00' or {_CATEGORY} = '01' or {_CATEGORY} = '02'",
        "Kategorie 00, 01 oder 02",
    ),
    Rule(
        "instructions_are_for_compounding",
        f"not({_ENTRY}/f:Medication[not(contains(f:meta/f:profile/@value, 'Compounding'))]"
        f"/f:extension[@url='{_KBV}KBV_EX_ERP_Medication_CompoundingInstruction'])",
        "Gebrauchsanweisung nur bei Rezepturen",
    ),
    Rule(
        "private_prescriptions_name_the_kvnr",
        f"{_PRIVATE} and count({_ENTRY}/f:Patient/f:identifier"
        "[f:system/@value='http://fhir.de/sid/gkv/kvid-10']/f:value) = 1",
        "KVNR als Patientenkennung bei 200 und 209",
    ),
    Rule(
        "private_prescriptions_name_pkv",
        f"{_PRIVATE} and {_COVERAGE} = 'PKV'",
        "Kostenträgerart PKV bei 200 und 209",
    ),
    Rule(
        "parts_name_their_start",
        f"boolean({_MVO}[f:extension[@url='Kennzeichen']/f:valueBoolean/@value='true']"
        "/f:extension[@url='Zeitraum']/f:valuePeriod/f:start/@value)",
        "Beginn der Einlösefrist bei jeder Teilverordnung",
    ),
    Rule(
        "strength_is_split",
        f"count({_STRENGTH}) > 0 and not({_STRENGTH}[not(f:numerator/f:value/@value)"
        " or not(f:numerator/f:unit/@value) or not(f:denominator/f:value/@value)])",
        "je Wirkstoff Menge und Bezugsmenge, nach Zahl und Einheit getrennt",
    ),
    Rule(
        "responsible_person_where_due",
        f"count({_WRITER}) = 1 and"
        f" (not({_RESPONSIBLE}) or {_WRITER_KIND} = '03' or {_WRITER_KIND} = '04') and"
        f" ({_RESPONSIBLE} or not({_WRITER_KIND} = '03') or {_WRITER}/f:identifier)",
        "verantwortliche Person nur bei Typ 03 und 04, bei 03 ohne Nummer immer",
    ),
    Rule(
        "accident_insurers_pay_for_work",
        f"({_ACCIDENT} = '2' or {_ACCIDENT} = '4') and"
        f" ({_COVERAGE} = 'BG' or {_COVERAGE} = 'UK') and count({_PAYER}) = 1",
        "bei Arbeitsunfall und Berufskrankheit Kostenträger BG oder UK mit dessen IK",
    ),
    Rule(
        "supply_is_within_the_law",
        f"{_SUPPLY}/f:unit/@value = 'Woche(n)' and number({_SUPPLY}/f:value/@value) > 0 and"
        f" (({_CHILDBEARING} = 'true' and number({_SUPPLY}/f:value/@value) <= 4) or"
        f" ({_CHILDBEARING} = 'false' and number({_SUPPLY}/f:value/@value) <= 12))",
        "Reichdauer in Wochen: höchstens 12, bei gebärfähigen Frauen höchstens 4",
    ),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _RULES})
_COMPILED = {
    name: etree.XPath(f"boolean({rule.keeps})", namespaces=FHIR) for name, rule in RULES.items()
}


def keeps(rule: str, document: bytes) -> bool:
    """Return whether a KBV bundle keeps the rule; what cannot be read keeps none."""
    root = resource(document)
    return root is not None and bool(_COMPILED[rule](root))


@factory
def document_keeps(rule: str, *requirements: str) -> Check:
    """Return the check that every upload, refused or not, keeps the rule `rule` of `RULES`."""

    def good(exchange: Exchange) -> bool:
        document = uploaded(exchange)
        return document is not None and keeps(rule, document.content)

    def judge(exchanges: Exchanges) -> Judgement:
        return judge_all(
            carried_by_vau(exchanges, "Task/$activate"),
            good,
            expected=RULES[rule].expected,
            show=lambda exchange: f"{exchange.request.start}: Regel verletzt",
        )

    return Check(rule, requirements, judge)
