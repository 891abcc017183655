"""Versicherte mit App, Kostenträger und die Apotheke als Empfängerin: wer wem was schreibt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.answers import answered_with, hits
from pruefstand.checks.erezept_messages import (
    ANSWER_CHECKS,
    one_subscription_per_pharmacy,
    own_message_is_deleted,
    polls_keep_their_distance,
)
from pruefstand.clients.erezept import FHIR_XML
from pruefstand.clock import VirtualClock
from pruefstand.crypto import jws
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.parties import InsuredPerson, Insurer
from pruefstand.drivers.simulator import Pharmacy, Practice
from pruefstand.fhir.charge_item import marking_body
from pruefstand.fhir.communication import message, with_code
from pruefstand.fhir.digital_application import build_application
from pruefstand.flows import zuweisen
from pruefstand.flows.einloesen import Redeemed
from pruefstand.ids import kvnr
from pruefstand.model.http import Headers, Request
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.orders import order
from steps.erezept_ablehnung import Signed, attempt, other
from steps.erezept_zustaende import STATUS_CODES, Held

App = Callable[[str], InsuredPerson]
ACCEPT = (("Accept", FHIR_XML),)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom an order may be sent to."""

    pharmacy: str
    insurer: str

    def of(self, name: str) -> str:
        """Return the Telematik-ID of a kind of recipient."""
        return {
            "Apotheke": self.pharmacy,
            "Kasse": self.insurer,
            "Praxis": "1-2345678",
            "Bindestrich-lose": "312345678",
        }[name]


@given("die Versicherte hat die App", target_fixture="insured")
def insured_has_the_app(app_of: App, held: Held) -> InsuredPerson:
    return app_of(held.kvnr)


@given("eine fremde Versicherte hat die App", target_fixture="insured")
def stranger_has_the_app(app_of: App, case_rng: Rng) -> InsuredPerson:
    return app_of(kvnr.generate(case_rng.derive("fremd")))


@given(parsers.parse("die Versicherte vertritt {count:d} Personen"), target_fixture="friends")
def friends_exist(case_rng: Rng, count: int) -> list[str]:
    return [kvnr.generate(case_rng.derive("freund", number)) for number in range(count)]


ACTIONS: dict[str, Callable[[InsuredPerson, Held], object]] = {
    "zu löschen": lambda who, it: who.delete(it.id),
    "mit AccessCode zu löschen": lambda who, it: who.delete(it.id, it.access_code),
    "mit falschem AccessCode zu löschen": lambda who, it: who.delete(it.id, other(it.access_code)),
    "zu lesen": lambda who, it: who.erezept.task(it.id),
    "mit AccessCode zu lesen": lambda who, it: who.erezept.task(it.id, access_code=it.access_code),
    "anzunehmen": lambda who, it: who.erezept.accept(it.id, it.access_code),
    "anzulegen": lambda who, it: who.erezept.create(160),
}


@when(parsers.parse("die Versicherte versucht, die Verordnung {action}"))
def insured_tries(insured: InsuredPerson, held: Held, action: str) -> None:
    attempt(lambda: ACTIONS[action](insured, held))


@when(parsers.parse("die Versicherte {what} abruft"))
def insured_reads(insured: InsuredPerson, what: str) -> None:
    inner = Request("GET", f"/{what}", ACCEPT)
    attempt(lambda: insured.erezept.checked(inner, what.partition("?")[0], what))


@when(parsers.parse("die Versicherte die Verordnung der {recipient} zuweist"))
def insured_assigns(
    insured: InsuredPerson, pharmacy: Pharmacy, insurer: Insurer, held: Held, recipient: str
) -> None:
    target = Reach(pharmacy.telematik_id, insurer.telematik_id).of(recipient)
    attempt(lambda: insured.assign(held.id, held.access_code, target))


@when("die Versicherte die Verordnung mit falschem AccessCode zuweist")
def insured_assigns_badly(insured: InsuredPerson, pharmacy: Pharmacy, held: Held) -> None:
    attempt(lambda: insured.assign(held.id, other(held.access_code), pharmacy.telematik_id))


@when(parsers.parse("die Versicherte eine Zuweisung mit dem Inhalt {payload} sendet"))
def insured_sends_payload(
    insured: InsuredPerson, pharmacy: Pharmacy, held: Held, payload: str
) -> None:
    about = with_code(held.id, held.access_code)
    body = message("DispReq", about, pharmacy.telematik_id, payload)
    attempt(lambda: insured.messages.send(body))


@when("die Versicherte jede davon um Vertretung bittet")
def insured_asks_friends(insured: InsuredPerson, held: Held, friends: list[str]) -> None:
    for friend in friends:
        attempt(partial(insured.represent, held.id, held.access_code, friend))


@when("die Versicherte sich selbst um Vertretung bittet")
def insured_asks_herself(insured: InsuredPerson, held: Held) -> None:
    attempt(lambda: insured.represent(held.id, held.access_code, insured.kvnr))


@when("die Apotheke ihre Nachrichten abruft und antwortet", target_fixture="reply")
def pharmacy_answers(pharmacy: Pharmacy, held: Held) -> str:
    unread = pharmacy.messages.unread()
    (received,) = (item for item in unread if item.prescription_id == held.id)
    return zuweisen.answer(pharmacy.messages, received)


@when("die Apotheke ihre Nachrichten abruft")
def pharmacy_polls(pharmacy: Pharmacy) -> None:
    pharmacy.messages.all()


@when("die Apotheke ihre Antwort löscht")
def pharmacy_deletes(pharmacy: Pharmacy, reply: str) -> None:
    pharmacy.messages.delete(reply)


@when("die Versicherte die Antwort zu löschen versucht")
def insured_deletes_foreign(insured: InsuredPerson, reply: str) -> None:
    attempt(lambda: insured.messages.delete(reply))


@when("die Apotheke sich für neue Nachrichten anmeldet")
def pharmacy_subscribes(pharmacy: Pharmacy) -> None:
    pharmacy.messages.subscribe(pharmacy.telematik_id)


@when("die Apotheke sich für die Nachrichten einer anderen anmeldet")
def pharmacy_subscribes_elsewhere(pharmacy: Pharmacy, second_pharmacy: Pharmacy) -> None:
    attempt(lambda: pharmacy.messages.subscribe(second_pharmacy.telematik_id))


@when(parsers.parse("die Apotheke mit {proof} nach Verordnungen fragt"))
def pharmacy_asks_with_card(
    pharmacy: Pharmacy, held: Held, pki: Pki, clock: VirtualClock, proof: str
) -> None:
    now = int(clock.now().timestamp())
    claims = {"actorId": pharmacy.telematik_id, "patientId": held.kvnr, "iat": now}
    headers: Headers = ACCEPT
    if proof == "veraltetem PoPP-Token":
        claims["iat"] = now - 1801
    if proof != "nichts in der Hand":
        token = jws.sign(claims, pki.service("popp").key, {"typ": "JWT"}, alg="ES256")
        headers = (*headers, ("X-PoPP-Token", token))
    inner = Request("GET", "/Task", headers)
    attempt(lambda: pharmacy.erezept.checked(inner, "Task"))


@given("eine eingestellte DiGA-Verordnung", target_fixture="held")
def application_prescribed(practice: Practice, case_rng: Rng, clock: VirtualClock) -> Held:
    wanted = order(case_rng, kind="pzn", insurance="GKV", flow_type=162)

    def write(prescription_id: str) -> bytes:
        return build_application(wanted, rezept_id=prescription_id, authored=clock.now())

    prescribed = practice.prescribe(162, write)
    return Held(Signed(prescribed.task, prescribed.signed))


@when("die Kasse die Verordnung einlöst")
def insurer_redeems(insurer: Insurer, held: Held) -> None:
    insurer.redeem(held.id, held.access_code)


@when("die Kasse die Verordnung anzunehmen versucht")
def insurer_tries(insurer: Insurer, held: Held) -> None:
    attempt(lambda: insurer.erezept.accept(held.id, held.access_code))


@when("die Kasse die Verordnung annimmt und zurückgibt")
def insurer_gives_back(insurer: Insurer, held: Held) -> None:
    accepted = insurer.erezept.accept(held.id, held.access_code)
    insurer.erezept.reject(held.id, accepted.secret)


@when("die Kasse der Versicherten schreibt")
def insurer_writes(insurer: Insurer, held: Held) -> None:
    body = message("DiGA", f"Task/{held.id}", held.kvnr, "Der Freischaltcode ist da")
    attempt(lambda: insurer.messages.send(body))


@when("die Versicherte in die Speicherung der Abrechnung einwilligt")
def insured_consents(insured: InsuredPerson) -> None:
    attempt(insured.give_consent)


@when("die Versicherte die Einwilligung widerruft")
def insured_withdraws(insured: InsuredPerson) -> None:
    attempt(insured.withdraw_consent)


@when(parsers.parse("die Versicherte die Einwilligung der Art {category} widerruft"))
def insured_withdraws_kind(insured: InsuredPerson, category: str) -> None:
    attempt(lambda: insured.withdraw_consent("" if category == "ohne" else category))


@when("die Apotheke die Verordnung annimmt und beliefert", target_fixture="redeemed")
def pharmacy_redeems_held(pharmacy: Pharmacy, held: Held) -> Redeemed:
    return pharmacy.redeem(held.id, held.access_code)


@when("die Apotheke abrechnet")
def pharmacy_charges(pharmacy: Pharmacy, redeemed: Redeemed, pki: Pki) -> None:
    card = pki.smcb("Apotheke am Markt", role="apotheke")
    attempt(lambda: pharmacy.charge(redeemed, card))


CHARGE_ACTIONS: dict[str, Callable[[InsuredPerson, str], object]] = {
    "zu lesen": lambda who, it: who.billing.charge_item(it),
    "als eingereicht zu markieren": lambda who, it: who.billing.mark(
        it, marking_body(insuranceProvider=True)
    ),
    "zu löschen": lambda who, it: who.billing.delete(it),
}


@when(parsers.parse("die Versicherte versucht, die Abrechnung {action}"))
def insured_uses_charge(insured: InsuredPerson, held: Held, action: str) -> None:
    attempt(lambda: CHARGE_ACTIONS[action](insured, held.id))


@when("die Apotheke die Abrechnung ohne AccessCode zu lesen versucht")
def pharmacy_reads_charge(pharmacy: Pharmacy, held: Held) -> None:
    attempt(lambda: pharmacy.billing.charge_item(held.id))


@when("die Versicherte um Änderung der Abrechnung bittet")
def insured_asks_for_change(insured: InsuredPerson, pharmacy: Pharmacy, held: Held) -> None:
    about = f"ChargeItem/{held.id}"
    body = message("ChargChangeReq", about, pharmacy.telematik_id, "Bitte Menge berichtigen")
    attempt(lambda: insured.messages.send(body))


@then("hat die Apotheke die Zuweisung erhalten und mit Bezug darauf geantwortet")
def order_was_answered(check: CaseLog) -> None:
    check(*ANSWER_CHECKS)


@then("hat die Apotheke ihre eigene Nachricht gelöscht")
def message_was_deleted(check: CaseLog) -> None:
    check(own_message_is_deleted)


@then("liegen zwischen den Abrufen mindestens fünf Minuten")
def polls_are_apart(check: CaseLog) -> None:
    check(polls_keep_their_distance)


@then("hat die Apotheke genau ein Abonnement mit WebSocket")
def one_subscription(check: CaseLog) -> None:
    check(one_subscription_per_pharmacy)


@then(parsers.re(r"nennt die Antwort auf (?P<operation>\S+) (?P<count>\d+) Treffer"))
def answer_has_hits(check: CaseLog, operation: str, count: str) -> None:
    check(answered_with(operation, 200, STATUS_CODES), hits(operation, int(count), STATUS_CODES))
