"""Verordnen, einlösen, zurückgeben, löschen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

import pytest
from pytest_bdd import given, parsers, then, when

from pruefstand.checks.check import Check
from pruefstand.checks.erezept_document import document_keeps
from pruefstand.checks.erezept_pharmacy import REDEEM_CHECKS, reject_shows_the_secret
from pruefstand.checks.erezept_practice import (
    UPLOAD_CHECKS,
    abort_shows_the_access_code,
    medication_profile,
)
from pruefstand.checks.idp_login import LOGIN_CHECKS
from pruefstand.checks.login import logins
from pruefstand.checks.transport import TRANSPORT_CHECKS
from pruefstand.clients.erezept import AcceptedTask
from pruefstand.clock import BERLIN, VirtualClock
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.errors import ServiceRefusal
from pruefstand.fhir.canonical import canonical
from pruefstand.fhir.prescription import build_prescription
from pruefstand.flows.einloesen import Redeemed
from pruefstand.flows.verordnen import Prescribed
from pruefstand.prints.token_sheet import Token, parse_payload, payload
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.medications import Kind
from pruefstand.testdata.orders import PrescriptionOrder, order

KINDS: dict[str, tuple[Kind, Check]] = {
    "PZN": ("pzn", medication_profile("PZN")),
    "Wirkstoff": ("wirkstoff", medication_profile("Ingredient", "K36-23")),
    "Freitext": ("freitext", medication_profile("FreeText", "P36-25")),
    "Rezeptur": ("rezeptur", medication_profile("Compounding", "K36-24")),
}
NEWEST = "1.4"


@dataclass(frozen=True, slots=True)
class Draft:
    """What the physician wants to prescribe, before it has an id."""

    order: PrescriptionOrder
    clock: VirtualClock
    version: str = NEWEST
    days_ago: int = 0

    @property
    def flow_type(self) -> int:
        """The workflow of the order."""
        return self.order.flow_type

    def write(self, prescription_id: str) -> bytes:
        """Return the document for `prescription_id` in the form that is signed."""
        authored = self.clock.now() - timedelta(days=self.days_ago)
        document = build_prescription(
            self.order, rezept_id=prescription_id, version=self.version, authored=authored
        )
        return canonical(document)


@pytest.fixture
def draft(case_rng: Rng, clock: VirtualClock) -> Draft:
    """Return the prescription of scenarios that do not care which."""
    return Draft(order(case_rng, kind="pzn", insurance="GKV", flow_type=160), clock)


@given(
    parsers.parse(
        "die Ärztin verordnet {insurance}-versichert eine {kind}-Verordnung "
        "mit Workflow {flow_type:d}"
    ),
    target_fixture="draft",
)
def physician_prescribes(
    case_rng: Rng, clock: VirtualClock, insurance: str, kind: str, flow_type: int
) -> Draft:
    wanted = order(case_rng, kind=KINDS[kind][0], insurance=insurance, flow_type=flow_type)  # type: ignore[arg-type]
    return Draft(wanted, clock)


@given(parsers.parse("heute ist der {day}"))
def today_is(clock: VirtualClock, day: str) -> None:
    clock.move_to(datetime.combine(date.fromisoformat(day), time(10), BERLIN))


@given(parsers.parse("die Ärztin verordnet nach KBV-Profil {version}"), target_fixture="draft")
def physician_uses_profile(draft: Draft, version: str) -> Draft:
    return replace(draft, version=version)


@given("eine einlösbare Verordnung", target_fixture="prescribed")
@when("die Praxis die Verordnung signiert und einstellt", target_fixture="prescribed")
def practice_prescribes(practice: Practice, draft: Draft) -> Prescribed:
    return practice.prescribe(draft.flow_type, draft.write)


@when("die Praxis eine weitere Verordnung einstellt")
def practice_prescribes_another(practice: Practice, draft: Draft) -> None:
    practice.prescribe(draft.flow_type, draft.write)


@when(parsers.parse("{seconds:d} Sekunden vergehen"))
def time_passes(clock: VirtualClock, seconds: int) -> None:
    clock.advance(timedelta(seconds=seconds))


@when("eine Apotheke die Verordnung einlöst", target_fixture="redeemed")
def pharmacy_redeems(pharmacy: Pharmacy, prescribed: Prescribed) -> Redeemed:
    return pharmacy.redeem(prescribed.prescription_id, prescribed.task.access_code)


@when("eine andere Apotheke die Verordnung einlöst", target_fixture="redeemed")
def second_pharmacy_redeems(second_pharmacy: Pharmacy, prescribed: Prescribed) -> Redeemed:
    return second_pharmacy.redeem(prescribed.prescription_id, prescribed.task.access_code)


@given("eine Apotheke hat die Verordnung angenommen", target_fixture="accepted")
def pharmacy_accepts(pharmacy: Pharmacy, prescribed: Prescribed) -> AcceptedTask:
    return pharmacy.erezept.accept(prescribed.prescription_id, prescribed.task.access_code)


@when("die Apotheke die Verordnung zurückgibt")
def pharmacy_gives_back(pharmacy: Pharmacy, accepted: AcceptedTask) -> None:
    pharmacy.give_back(accepted.prescription_id, accepted.secret)


@when("die Praxis die Verordnung löscht")
def practice_withdraws(practice: Practice, prescribed: Prescribed) -> None:
    practice.withdraw(prescribed)


@when("die Praxis die Verordnung zu löschen versucht")
def practice_tries_to_withdraw(practice: Practice, prescribed: Prescribed) -> None:
    with pytest.raises(ServiceRefusal):
        practice.withdraw(prescribed)


@when("die Praxis den Patientenausdruck erzeugt", target_fixture="token")
def practice_prints(prescribed: Prescribed) -> str:
    return payload([Token(prescribed.prescription_id, prescribed.task.access_code)])


@when("eine Apotheke mit dem Code des Ausdrucks einlöst", target_fixture="redeemed")
def pharmacy_scans(pharmacy: Pharmacy, token: str) -> Redeemed:
    (scanned,) = parse_payload(token)
    return pharmacy.redeem(scanned.prescription_id, scanned.access_code)


@then("ist die Verordnung einlösbar")
def prescription_is_ready(check: CaseLog) -> None:
    check(*UPLOAD_CHECKS)


@then(parsers.parse("das Arzneimittel steht im Profil der Art {kind}"))
def medication_has_profile(check: CaseLog, kind: str) -> None:
    check(KINDS[kind][1])


@then("hat die Apotheke die unveränderte Verordnung und eine gültige Quittung")
def pharmacy_has_receipt(check: CaseLog, redeemed: Redeemed) -> None:
    check(*REDEEM_CHECKS)


@then("hält das Dokument die Feldbedingungen ein")
def document_keeps_its_rules(check: CaseLog) -> None:
    check(
        document_keeps("order_is_active", "P36-26"),
        document_keeps("bundle_is_complete", "P36-29"),
        document_keeps("patients_use_the_prescription_profile", "P36-32", "K36-33"),
        document_keeps("category_is_known", "P36-42"),
        document_keeps("instructions_are_for_compounding", "K36-35"),
    )


@then("nennt das Dokument KVNR und PKV")
def document_is_private(check: CaseLog) -> None:
    check(
        document_keeps("private_prescriptions_name_the_kvnr", "A_22541-01"),
        document_keeps("private_prescriptions_name_pkv", "A_22542-01"),
    )


@then("nennt das Dokument den Beginn der Einlösefrist")
def document_names_the_start(check: CaseLog) -> None:
    check(document_keeps("parts_name_their_start", "A_22636"))


@then("folgt die Anmeldung den Schritten des IDP")
def login_follows_the_steps(check: CaseLog) -> None:
    check(*LOGIN_CHECKS)


@then("entspricht der Transport aller Nachrichten den Vorgaben")
def transport_is_right(check: CaseLog) -> None:
    check(*TRANSPORT_CHECKS)


@then("hat sich die Praxis genau einmal mit ihrer Karte angemeldet")
def logged_in_once(check: CaseLog) -> None:
    check(logins("pvs", 1))


@then("hat sich die Praxis genau zweimal mit ihrer Karte angemeldet")
def logged_in_twice(check: CaseLog) -> None:
    check(logins("pvs", 2))


@then("wurde die Rückgabe mit dem Geheimnis bestätigt")
def give_back_confirmed(check: CaseLog) -> None:
    check(reject_shows_the_secret)


@then("wurde das Löschen mit dem AccessCode bestätigt")
def withdrawal_confirmed(check: CaseLog) -> None:
    check(abort_shows_the_access_code)
