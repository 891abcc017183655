"""Patientenausdruck, erneut geholte Quittung und Löschen durch die Apotheke."""

from __future__ import annotations

from pytest_bdd import parsers, then, when

from pruefstand.checks.erezept_pharmacy import (
    pharmacy_abort_shows_code_and_secret,
    receipt_is_fetched_again_with_the_secret,
)
from pruefstand.checks.erezept_print import PRINT_CHECKS
from pruefstand.clients.erezept import AcceptedTask
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.errors import ConfigurationError
from pruefstand.flows.einloesen import Redeemed
from pruefstand.flows.verordnen import Prescribed
from pruefstand.prints.token_sheet import SheetEntry, Token, TokenSheet
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.testdata.medications import Product
from pruefstand.testdata.orders import PrescriptionOrder
from steps.erezept import Draft


def _drugs(order: PrescriptionOrder) -> tuple[str, ...]:
    product = order.medication
    if not isinstance(product, Product):
        raise ConfigurationError("Nur PZN-Verordnungen haben hier eine Druckzeile")
    mark = "" if order.substitution else ", aut idem ausgeschlossen"
    return (f"{order.quantity}x {product.name} PZN {product.pzn}{mark}",)


@when(parsers.parse("die Praxis {count:d} Verordnungen einstellt und auf ein Blatt druckt"))
def practice_prints_a_sheet(
    practice: Practice, draft: Draft, clock: VirtualClock, count: int
) -> None:
    prescribed = [practice.prescribe(draft.flow_type, draft.write) for _ in range(count)]
    order = draft.order
    entries = tuple(
        SheetEntry(Token(one.prescription_id, one.task.access_code), _drugs(draft.order))
        for one in prescribed
    )
    insured, issuer = order.insured, order.practice
    sheet = TokenSheet(
        f"{insured.name.given} {insured.name.full_family}",
        berlin_day(clock.now()),
        entries,
        issuer.name,
        insured.kvnr,
        insured.birth_date,
        issuer.phone,
    )
    practice.print_sheet(sheet)


@then("stimmt der Ausdruck mit den Verordnungen überein")
def print_is_right(check: CaseLog) -> None:
    check(*PRINT_CHECKS)


@when("die Apotheke die Quittung erneut holt")
def pharmacy_fetches_again(pharmacy: Pharmacy, prescribed: Prescribed, redeemed: Redeemed) -> None:
    pharmacy.erezept.task(prescribed.prescription_id, secret=redeemed.accepted.secret)


@then("hat die Apotheke dieselbe Quittung ein zweites Mal")
def receipt_came_again(check: CaseLog) -> None:
    check(receipt_is_fetched_again_with_the_secret)


@when("die Apotheke die angenommene Verordnung löscht")
def pharmacy_deletes(pharmacy: Pharmacy, prescribed: Prescribed, accepted: AcceptedTask) -> None:
    pharmacy.erezept.abort(
        accepted.prescription_id,
        access_code=prescribed.task.access_code,
        secret=accepted.secret,
    )


@then("wurde das Löschen der Apotheke mit AccessCode und Geheimnis bestätigt")
def pharmacy_deletion_confirmed(check: CaseLog) -> None:
    check(pharmacy_abort_shows_code_and_secret)
