"""The four medication profiles of the E-Rezept (KBV_PR_ERP_Medication_…)."""

from __future__ import annotations

from pruefstand.fhir import kbv
from pruefstand.fhir.kbv import Json
from pruefstand.ids import pzn
from pruefstand.testdata.medications import (
    ActiveSubstance,
    Compounding,
    FreeText,
    Ingredient,
    Medication,
    Product,
)

_SNOMED = "http://snomed.info/sct"
_SNOMED_GERMAN_EDITION = "http://snomed.info/sct/11000274103/version/20240515"
_PRODUCT = ("763158003", "Medicinal product (product)")
_PREPARATION = ("1208954007", "Extemporaneous preparation (product)")


def medication(item: Medication, *, category: str, resource_id: str, version: str) -> Json:
    """Return the Medication of the profile that fits `item`."""
    match item:
        case Product():
            profile, content = "PZN", _product(item, category)
        case ActiveSubstance():
            profile, content = "Ingredient", _substance(item, category)
        case FreeText():
            profile, content = "FreeText", _free_text(item, category)
        case Compounding():
            profile, content = "Compounding", _compounding(item, category)
    return {
        "resourceType": "Medication",
        "id": resource_id,
        "meta": kbv.meta(f"KBV_PR_ERP_Medication_{profile}", version),
        **content,
    }


def _product(item: Product, category: str) -> Json:
    size = {"url": "http://fhir.de/StructureDefinition/normgroesse"}
    return {
        "extension": [
            _base_type(*_PRODUCT),
            *_common(category),
            size | {"valueCode": item.standard_size},
        ],
        "code": {"coding": [kbv.coding(pzn.SYSTEM, item.pzn)], "text": item.name},
        "form": {"coding": [kbv.kbv_coding("KBV_CS_SFHIR_KBV_DARREICHUNGSFORM", item.form)]},
        "amount": _pack(item.pack_size, item.pack_unit),
        "ingredient": [_ingredient(item.ingredient)],
    }


def _substance(item: ActiveSubstance, category: str) -> Json:
    return {
        "extension": _common(category),
        "code": {"coding": [_type("wirkstoff")]},
        "form": {"text": item.form},
        "amount": _pack(item.pack_size, item.pack_unit),
        "ingredient": [_ingredient(item.ingredient)],
    }


def _free_text(item: FreeText, category: str) -> Json:
    return {
        "extension": _common(category),
        "code": {"coding": [_type("freitext")], "text": item.text},
    }


def _compounding(item: Compounding, category: str) -> Json:
    extensions = [_base_type(*_PREPARATION), *_common(category)]
    if item.instruction:
        extensions.append(
            kbv.extension(
                "KBV_EX_ERP_Medication_CompoundingInstruction", valueString=item.instruction
            )
        )
    return {
        "extension": extensions,
        "code": {"coding": [_type("rezeptur")]},
        "form": {"text": item.form},
        "amount": _pack(item.amount, item.unit),
        "ingredient": [_ingredient(ingredient) for ingredient in item.ingredients],
    }


def _type(code: str) -> Json:
    return kbv.kbv_coding("KBV_CS_ERP_Medication_Type", code)


def _base_type(code: str, display: str) -> Json:
    concept = {
        "system": _SNOMED,
        "version": _SNOMED_GERMAN_EDITION,
        "code": code,
        "display": display,
    }
    return kbv.extension("KBV_EX_Base_Medication_Type", valueCodeableConcept={"coding": [concept]})


def _common(category: str) -> list[Json]:
    return [
        kbv.extension(
            "KBV_EX_ERP_Medication_Category",
            valueCoding=kbv.kbv_coding("KBV_CS_ERP_Medication_Category", category),
        ),
        kbv.extension("KBV_EX_ERP_Medication_Vaccine", valueBoolean=False),
    ]


def _pack(size: str, unit: str) -> Json:
    packaging = kbv.extension("KBV_EX_ERP_Medication_PackagingSize", valueString=size)
    return {"numerator": {"extension": [packaging], "unit": unit}, "denominator": {"value": 1}}


def _ingredient(item: Ingredient) -> Json:
    denominator: Json = {"value": 1, "unit": item.per} if item.per else {"value": 1}
    return {
        "itemCodeableConcept": {"text": item.name},
        "strength": {
            "numerator": {"value": item.amount, "unit": item.unit},
            "denominator": denominator,
        },
    }
