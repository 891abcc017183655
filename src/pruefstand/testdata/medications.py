"""Invented medications of the four kinds a prescription can carry."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pruefstand.rng import Rng

Kind = Literal["pzn", "wirkstoff", "freitext", "rezeptur"]


@dataclass(frozen=True, slots=True)
class Ingredient:
    """A substance with its amount, for one unit `per` of the product."""

    name: str
    amount: Decimal
    unit: str
    per: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """A finished medicinal product, prescribed by PZN; `form` is the KBV code."""

    pzn: str
    name: str
    form: str
    pack_size: str
    pack_unit: str
    standard_size: str
    ingredient: Ingredient

    @property
    def kind(self) -> Kind:
        """Return "pzn"."""
        return "pzn"


@dataclass(frozen=True, slots=True)
class ActiveSubstance:
    """A prescription by active substance; the pharmacy chooses the product."""

    form: str
    pack_size: str
    pack_unit: str
    ingredient: Ingredient

    @property
    def kind(self) -> Kind:
        """Return "wirkstoff"."""
        return "wirkstoff"


@dataclass(frozen=True, slots=True)
class FreeText:
    """A prescription in words."""

    text: str

    @property
    def kind(self) -> Kind:
        """Return "freitext"."""
        return "freitext"


@dataclass(frozen=True, slots=True)
class Compounding:
    """A preparation made by the pharmacy."""

    form: str
    amount: str
    unit: str
    ingredients: tuple[Ingredient, ...]
    instruction: str = ""

    @property
    def kind(self) -> Kind:
        """Return "rezeptur"."""
        return "rezeptur"


Medication = Product | ActiveSubstance | FreeText | Compounding

# The PZNs begin with 9, so that they are recognisably invented.
PRODUCTS = (
    Product(
        "91000017",
        "Metformin Muster 850 mg 120 Filmtabletten N2",
        "FTA",
        "120",
        "Stück",
        "N2",
        Ingredient("Metforminhydrochlorid", Decimal("850"), "mg", "Stück"),
    ),
    Product(
        "91000980",
        "Ramipril Muster 5 mg 100 Tabletten N3",
        "TAB",
        "100",
        "Stück",
        "N3",
        Ingredient("Ramipril", Decimal("5"), "mg", "Stück"),
    ),
    Product(
        "91001956",
        "Pantoprazol Muster 40 mg 60 magensaftresistente Tabletten N2",
        "TMR",
        "60",
        "Stück",
        "N2",
        Ingredient("Pantoprazol", Decimal("40"), "mg", "Stück"),
    ),
    Product(
        "91002921",
        "Ibuprofen Muster 600 mg 50 Filmtabletten N3",
        "FTA",
        "50",
        "Stück",
        "N3",
        Ingredient("Ibuprofen", Decimal("600"), "mg", "Stück"),
    ),
    Product(
        "91003895",
        "Amoxicillin Muster 1000 mg 20 Filmtabletten N2",
        "FTA",
        "20",
        "Stück",
        "N2",
        Ingredient("Amoxicillin", Decimal("1000"), "mg", "Stück"),
    ),
)
SUBSTANCES = (
    ActiveSubstance(
        "Tabletten", "100", "Stück", Ingredient("Bisoprolol", Decimal("2.5"), "mg", "Stück")
    ),
    ActiveSubstance(
        "Kapseln", "20", "Stück", Ingredient("Doxycyclin", Decimal("100"), "mg", "Stück")
    ),
)
FREE_TEXTS = (
    FreeText("Salbutamol Dosieraerosol 100 µg je Hub, 200 Hübe"),
    FreeText("Cetirizin 10 mg Filmtabletten, 100 Stück"),
)
COMPOUNDINGS = (
    Compounding(
        "Creme",
        "100",
        "g",
        (
            Ingredient("Triamcinolonacetonid", Decimal("0.1"), "g"),
            Ingredient("Basiscreme", Decimal("99.9"), "g"),
        ),
    ),
    Compounding(
        "Lösung",
        "50",
        "ml",
        (
            Ingredient("Erythromycin", Decimal("1"), "g"),
            Ingredient("Ethanol 45 %", Decimal("49"), "g"),
        ),
    ),
)

_CATALOGUE: dict[Kind, tuple[Medication, ...]] = {
    "pzn": PRODUCTS,
    "wirkstoff": SUBSTANCES,
    "freitext": FREE_TEXTS,
    "rezeptur": COMPOUNDINGS,
}


def medication(rng: Rng, kind: Kind = "pzn") -> Medication:
    """Return one of the invented medications of `kind`."""
    return rng.choice(_CATALOGUE[kind])
