"""Was in einer Verordnung steht: Dosierung, Stammdaten, Personen, Unfall, T-Rezept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.erezept_content import (
    document_is_canonical,
    dosage_keeps_its_profile,
    dosage_text_is_generated,
    master_data_are_unchanged,
    physician_signs_teratogenic,
)
from pruefstand.checks.erezept_document import document_keeps
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.drivers.simulator import Practice
from pruefstand.errors import ConfigurationError
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata import insurers
from pruefstand.testdata.medications import Product
from pruefstand.testdata.orders import Accident, Teratogenic, order
from pruefstand.testdata.practices import Practitioner, physician
from steps.erezept import Draft
from steps.erezept_ablehnung import attempt

_UNITS = "https://fhir.kbv.de/CodeSystem/KBV_CS_SFHIR_BMP_DOSIEREINHEIT"
IN_TRAINING, DEPUTY = "03", "04"


def _schedule(amount: str, **repeat: object) -> dict[str, Any]:
    quantity = {"value": Decimal(amount), "unit": "Stück", "system": _UNITS, "code": "1"}
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": quantity}]}


def _daily(amount: str, **moment: object) -> dict[str, Any]:
    return _schedule(amount, frequency=1, period=1, periodUnit="d", **moment)


DOSAGES: dict[str, tuple[dict[str, Any], ...]] = {
    "morgens und abends": (_daily("1", when=["MORN"]), _daily("0.5", when=["EVE"])),
    "um 8 und um 20 Uhr": (
        _schedule("1", frequency=2, period=1, periodUnit="d", timeOfDay=["08:00:00", "20:00:00"]),
    ),
    "montags und donnerstags": (
        _schedule("2", frequency=2, period=1, periodUnit="wk", dayOfWeek=["mon", "thu"]),
    ),
}
"""Words of a scenario → dosageInstruction; other words are free text."""


def _changed(draft: Draft, **fields: object) -> Draft:
    return replace(draft, order=replace(draft.order, **fields))  # type: ignore[arg-type]


@given(
    parsers.parse("die Ärztin verordnet ein Präparat mit der Dosierung „{words}“"),
    target_fixture="draft",
)
def physician_doses(draft: Draft, words: str) -> Draft:
    return _changed(draft, dosage=DOSAGES.get(words, ()), dosage_text=words)


@given(parsers.parse("eine Verordnung von {person}"), target_fixture="draft")
def written_by(draft: Draft, case_rng: Rng, person: str) -> Draft:
    usual = draft.order.practitioner
    other: Practitioner = physician(case_rng.derive("responsible"))
    if "Weiterbildung" in person:
        trainee = replace(usual, number="", qualification=IN_TRAINING)
        return _changed(draft, practitioner=trainee, responsible=other)
    if "Vertreterin" in person:
        deputy = replace(usual, qualification=DEPUTY)
        return _changed(draft, practitioner=deputy, responsible=other)
    return draft


@given(
    parsers.parse("die Ärztin verordnet nach einem Arbeitsunfall zu Lasten {payer}"),
    target_fixture="draft",
)
def after_an_accident(draft: Draft, case_rng: Rng, clock: VirtualClock, payer: str) -> Draft:
    cover = insurers.after_accident(case_rng.derive("accident"), payer)  # type: ignore[arg-type]
    happened = berlin_day(clock.now()) - timedelta(days=1)
    accident = Accident("2", "Muster Fertigung GmbH", happened)
    return _changed(draft, coverage=cover, accident=accident, copayment="1")


@given("T-Rezepte sind zugelassen")
def teratogenic_allowed(switch_feature: Callable[[str, str, object], None]) -> None:
    switch_feature("erezept", "t_rezept", True)


@given(
    parsers.parse("die Ärztin verordnet ein T-Rezept für {weeks:d} Wochen, gebärfähig {answer}"),
    target_fixture="draft",
)
def physician_prescribes_teratogenic(
    case_rng: Rng, clock: VirtualClock, weeks: int, answer: str
) -> Draft:
    wanted = order(case_rng, kind="pzn", insurance="GKV", flow_type=166)
    given_ = Teratogenic(weeks, childbearing=answer == "ja")
    return Draft(replace(wanted, category="02", teratogenic=given_), clock)


@when("die Praxis die Verordnung einzustellen versucht")
def practice_tries_to_prescribe(practice: Practice, draft: Draft) -> None:
    attempt(lambda: practice.prescribe(draft.flow_type, draft.write))


@then("ist jede Wirkstärke nach Zahl und Einheit getrennt")
def strength_is_split(check: CaseLog) -> None:
    check(document_keeps("strength_is_split", "P36-41"))


@then("stehen die Stammdaten des Präparats unverändert im Dokument")
def master_data_hold(check: CaseLog, draft: Draft) -> None:
    check(master_data_are_unchanged(_master_data(draft), "P36-22"))


@then("entspricht die Dosierung ihrem Profil und ihr Text den Daten")
def dosage_holds(check: CaseLog) -> None:
    check(dosage_keeps_its_profile, dosage_text_is_generated)


@then("steht eine verantwortliche Person nur, wo sie hingehört")
def responsible_person_holds(check: CaseLog) -> None:
    check(document_keeps("responsible_person_where_due", "P36-34"))


@then("nennt das Dokument den Unfallversicherer mit seinem Institutionskennzeichen")
def accident_holds(check: CaseLog) -> None:
    check(document_keeps("accident_insurers_pay_for_work", "P36-38"))


@then("ist das signierte Dokument seine eigene kanonische Form")
def canonical_holds(check: CaseLog) -> None:
    check(document_is_canonical)


@then("hat eine Ärztin das T-Rezept signiert")
def physician_signed(check: CaseLog) -> None:
    check(physician_signs_teratogenic)


@then("überschreitet die Reichdauer die gesetzliche Grenze nicht")
def supply_holds(check: CaseLog) -> None:
    check(document_keeps("supply_is_within_the_law", "A_27835"))


def _master_data(draft: Draft) -> dict[str, str]:
    product = draft.order.medication
    if not isinstance(product, Product):
        raise ConfigurationError("Nur ein Präparat mit PZN hat Stammdaten")
    return {
        "pzn": product.pzn,
        "name": product.name,
        "form": product.form,
        "pack_size": product.pack_size,
        "pack_unit": product.pack_unit,
        "standard_size": product.standard_size,
        "ingredient": product.ingredient.name,
        "amount": str(product.ingredient.amount),
        "unit": product.ingredient.unit,
    }
