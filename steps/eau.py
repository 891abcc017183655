"""eAU: ausstellen, signieren, versenden, Rückmeldungen lesen, stornieren."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.eau_course import (
    documents_sent,
    new_files_have_new_ids,
    polled_every_ten_minutes,
    rejected_note_is_rewritten,
    retried_every_four_hours,
    same_file_went_again,
    sent_on_the_day_of_issue,
    storno_names_a_sent_note,
    storno_within_120_working_days,
)
from pruefstand.checks.eau_document import NOTE_CHECKS
from pruefstand.checks.eau_insurer import (
    ERROR_CHECKS,
    error_reached,
    insurer_reported,
    insurer_said_nothing,
    reading_is_not_confirmed,
    rejected_note_is_not_cancelled,
    unseen_document_is_named_by_mail,
)
from pruefstand.checks.eau_mail import MAIL_CHECKS, STORNO_CHECKS, insurer_looked_up
from pruefstand.clock import VirtualClock, berlin_day
from pruefstand.crypto.pki import Pki
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_spoiling import Spoiler
from pruefstand.drivers.kim import KimMember
from pruefstand.fhir.kasse_error import CODES, Trouble
from pruefstand.flows.eau_ausstellen import Draft, draft_note, draft_storno
from pruefstand.flows.eau_postausgang import Shipment, Status
from pruefstand.flows.eau_rueckmeldung import Notice, needs_new_file
from pruefstand.flows.eau_storno import StornoRefused
from pruefstand.kim.eau_deadlines import end_of_working_day
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import NoteKind, SickNoteOrder, variant

INSURER, OTHER_INSURER, WITHOUT_ADDRESS = "109500969", "107777776", "108018007"
KINDS = {
    "Erstbescheinigung": NoteKind.FIRST,
    "Folgebescheinigung": NoteKind.FOLLOWING,
    "Erst- und Endbescheinigung": NoteKind.FIRST_AND_LAST,
    "Endbescheinigung": NoteKind.LAST,
}
TROUBLES = {
    code: (trouble, number)
    for trouble, pair in CODES.items()
    for number, code in enumerate(pair)
    if code
}
NEVER_SENT = {
    "einen sonstigen Kostenträger ohne Versicherten-ID": "skt",
    "jemanden der besonderen Personengruppe 07": "group",
    "jemanden, der im Ausland versichert ist": "abroad",
}
Look = Callable[[], int]


def order_of(
    eau: SickNoteDesk, case_rng: Rng, name: str = "einfach", kind: NoteKind = NoteKind.FIRST
) -> SickNoteOrder:
    """Return an order of today for the test insurer."""
    order = variant(case_rng.derive(name, kind), berlin_day(eau.member.clock.now()), name, kind)
    return replace(order, coverage=replace(order.coverage, iknr=INSURER))


def receive(eau: SickNoteDesk, insurers_look: Look) -> list[Notice]:
    """Let the insurers look, then fetch what they answered."""
    insurers_look()
    return eau.collect()


@given(parsers.parse("die Ärztin stellt eine {kind} der Art {name} aus"), target_fixture="note")
def physician_certifies(eau: SickNoteDesk, case_rng: Rng, kind: str, name: str) -> Shipment:
    return eau.certify(order_of(eau, case_rng, name, KINDS[kind]))[0]


@given("die Ärztin stellt eine eAU aus", target_fixture="note")
def physician_certifies_plainly(eau: SickNoteDesk, case_rng: Rng) -> Shipment:
    return eau.certify(order_of(eau, case_rng))[0]


@given(
    "die Ärztin stellt eine eAU im Ersatzverfahren aus, deren erste IK keine Adresse hat",
    target_fixture="note",
)
def physician_certifies_without_card(eau: SickNoteDesk, case_rng: Rng) -> Shipment:
    return eau.certify(order_of(eau, case_rng), iknrs=(WITHOUT_ADDRESS, INSURER))[0]


@given("die Praxis hat die eAU versendet")
@when("die Praxis die eAU versendet")
@when("die Praxis sie versendet")
def practice_sends(eau: SickNoteDesk) -> None:
    eau.send()


@then("ist das Dokument richtig aufgebaut")
def document_is_right(check: CaseLog) -> None:
    check(*NOTE_CHECKS)


@then("ist die Nachricht an die Krankenkasse richtig aufgebaut und signiert")
def mail_is_right(check: CaseLog) -> None:
    check(*MAIL_CHECKS, sent_on_the_day_of_issue)


@then("hat die Praxis die Krankenkasse im Verzeichnis gesucht")
def insurer_was_searched(check: CaseLog) -> None:
    check(insurer_looked_up([INSURER], "P5-02/AK4a"))


@then("hat die Praxis die Krankenkasse mit beiden IK gesucht")
def insurer_was_searched_twice(check: CaseLog) -> None:
    check(insurer_looked_up([WITHOUT_ADDRESS, INSURER], "P5-02/AK4b"))


@then("die Krankenkasse nimmt sie schweigend an und die Zustellung ist bestätigt")
def insurer_is_silent(
    eau: SickNoteDesk, note: Shipment, insurers_look: Look, check: CaseLog
) -> None:
    receive(eau, insurers_look)
    check(insurer_said_nothing("KP5-05/AK6"))
    assert eau.status(note.document_id) is Status.DELIVERED


@when("dieselbe Datei noch einmal bei der Krankenkasse eingeht")
def same_file_arrives(eau: SickNoteDesk, note: Shipment, insurers_look: Look) -> None:
    receive(eau, insurers_look)
    eau.repeat(note.document_id)
    eau.send()


@then("meldet die Krankenkasse die Dublette nicht")
def duplicate_is_no_error(eau: SickNoteDesk, insurers_look: Look, check: CaseLog) -> None:
    receive(eau, insurers_look)
    check(insurer_reported([], "KP5-06"), same_file_went_again)


@when(
    parsers.parse("eine {what} bei der Krankenkasse eingeht, die den Fehler {code} verdient"),
    target_fixture="note",
)
def spoiled_document_arrives(
    eau: SickNoteDesk, pki: Pki, case_rng: Rng, insurers_look: Look, what: str, code: str
) -> Shipment:
    trouble, storno = TROUBLES[code]
    assert bool(storno) is (what == "Stornierung")
    order = order_of(eau, case_rng)
    if trouble is Trouble.NOT_INSURED:
        order = replace(order, coverage=replace(order.coverage, iknr=OTHER_INSURER))
    draft = draft_note(order, case_rng.derive("draft"), eau.member.clock, iknrs=(INSURER,))
    spoiler = Spoiler(eau, pki)
    if trouble is Trouble.NOTE_REJECTED:
        spoiler.send(draft, Trouble.SIGNER)
        receive(eau, insurers_look)
    if storno:
        draft = _storno(draft, order, eau, case_rng)
    return spoiler.send(draft, trouble)


def _storno(draft: Draft, order: SickNoteOrder, eau: SickNoteDesk, case_rng: Rng) -> Draft:
    return draft_storno(
        draft, order.practitioner, order.practice, case_rng.derive("storno"), eau.member.clock
    )


@then(
    parsers.parse("antwortet die Krankenkasse mit dem Fehler {code} und die Praxis ordnet ihn zu")
)
def insurer_answers(
    eau: SickNoteDesk, note: Shipment, insurers_look: Look, check: CaseLog, code: str
) -> None:
    receive(eau, insurers_look)
    before = ["201"] if code == "105" else []
    check(
        insurer_reported([*before, code], "KP310-13"),
        *ERROR_CHECKS,
        unseen_document_is_named_by_mail,
        error_reached(eau.member.address, "KP5-05/AK5"),
    )
    expected = Status.NOT_INSURED if code == "100" else Status.REJECTED
    assert eau.status(note.document_id) is expected
    assert needs_new_file(eau.shipment(note.document_id)) is (code <= "105")


@given("die Praxis erwartet Antworten an ihrer zweiten Adresse", target_fixture="reply_box")
def practice_expects_answers_elsewhere(
    eau: SickNoteDesk, kim: Callable[..., KimMember]
) -> KimMember:
    box = kim("praxis", 1)
    eau.reply_to = box.address
    return box


@then("kommt die Antwort der Krankenkasse an der zweiten Adresse an")
def answer_reaches_other_box(
    eau: SickNoteDesk, reply_box: KimMember, insurers_look: Look, check: CaseLog
) -> None:
    receive(eau, insurers_look)
    reply_box.collect()
    check(error_reached(reply_box.address, "KP5-05/AK5"))


@when("die Krankenkasse sie mit 101 abweist und die Ärztin sie neu ausstellt")
def note_is_rewritten(eau: SickNoteDesk, pki: Pki, case_rng: Rng, insurers_look: Look) -> None:
    order = order_of(eau, case_rng, "unfall")
    draft = draft_note(order, case_rng.derive("bad"), eau.member.clock)
    Spoiler(eau, pki).send(draft, Trouble.UNREADABLE)
    receive(eau, insurers_look)
    eau.rebuild(draft.document_id, order)
    eau.send()


@then("ist es eine neue Datei mit neuer Signatur")
def file_is_new(check: CaseLog) -> None:
    check(rejected_note_is_rewritten, new_files_have_new_ids)


@then("geht ein richtig aufgebauter Storno hinaus")
def storno_is_right(check: CaseLog) -> None:
    check(
        *STORNO_CHECKS,
        storno_names_a_sent_note,
        storno_within_120_working_days,
        new_files_have_new_ids,
        insurer_looked_up([INSURER], "P5-03/AK4"),
    )


@then("die Krankenkasse nimmt ihn schweigend an")
def storno_is_taken(eau: SickNoteDesk, insurers_look: Look, check: CaseLog) -> None:
    receive(eau, insurers_look)
    check(insurer_said_nothing("KP5-05/AK6"))


@given(parsers.parse("nach dem Versand {days:d} Werktage vergangen sind"))
def working_days_pass(eau: SickNoteDesk, clock: VirtualClock, days: int) -> None:
    sent = clock.now()
    clock.move_to(end_of_working_day(sent, days) - timedelta(hours=12))


@then("geht der Storno am letzten Tag der Frist noch hinaus")
def storno_is_in_time(check: CaseLog) -> None:
    check(storno_within_120_working_days)


@then("geht nach der Frist kein Storno hinaus")
def no_late_storno(check: CaseLog) -> None:
    check(documents_sent(1, 0, "P6-04/AK5"))


@when("die Ärztin die eAU storniert")
@when("die Ärztin sie vor dem Versand stornieren will")
@when("die Ärztin sie nach dem Fehler stornieren will")
def physician_cancels(eau: SickNoteDesk, note: Shipment) -> None:
    # Whether it refuses, the checks say from the traffic.
    with suppress(StornoRefused):
        eau.cancel(note.document_id)
    eau.send()


@then("geht nur die eAU hinaus und kein Storno")
def only_the_note_left(check: CaseLog) -> None:
    check(documents_sent(1, 0, "P6-04/AK2"))


@then("geht kein Storno hinaus")
def no_storno_left(check: CaseLog) -> None:
    check(rejected_note_is_not_cancelled)


@given("die Krankenkasse hat die eAU der Ärztin abgewiesen", target_fixture="note")
def insurer_has_rejected(
    eau: SickNoteDesk, pki: Pki, case_rng: Rng, insurers_look: Look
) -> Shipment:
    order = order_of(eau, case_rng)
    draft = draft_note(order, case_rng.derive("bad"), eau.member.clock)
    eau.adopt(draft, order)
    sent = Spoiler(eau, pki).send(draft, Trouble.SIGNER)
    receive(eau, insurers_look)
    return sent


@when(parsers.parse("die Ärztin eine eAU für {whom} ausstellt und die Praxis sendet"))
def never_sent(eau: SickNoteDesk, case_rng: Rng, whom: str) -> None:
    order = order_of(eau, case_rng)
    cover = order.coverage
    changed = {
        "skt": replace(
            order, coverage=replace(cover, kind="SKT"), insured=replace(order.insured, kvnr="")
        ),
        "group": replace(order, coverage=replace(cover, person_group="07")),
        "abroad": replace(order, billing_area="01"),
    }[NEVER_SENT[whom]]
    eau.certify(changed)
    eau.send()
    eau.collect()


PRINTED = {
    "sonstige": documents_sent(0, 0, "P6-03/AK5"),
    "gruppe07": documents_sent(0, 0, "P6-03/AK6"),
    "ausland": documents_sent(0, 0, "P6-03/AK7"),
}


@then(
    parsers.parse(
        "geht nichts hinaus, sondern die Ausfertigung für die Krankenkasse wird gedruckt ({why})"
    )
)
def printed_instead(eau: SickNoteDesk, check: CaseLog, why: str) -> None:
    check(PRINTED[why])
    assert len(eau.printed) == 1


@given("die Verbindung zum KIM-Fachdienst ist gestört")
def way_is_down(switch_feature: Callable[[str, str, object], None]) -> None:
    switch_feature("kim_clientmodul", "fachdienst_zertifikat", "INVALID")


@when("die Praxis einen Tag lang versucht, sie zu versenden")
def practice_tries_a_day(eau: SickNoteDesk, clock: VirtualClock) -> None:
    for _ in range(25):
        eau.send()
        clock.advance(timedelta(hours=1))


@then("hat sie es alle vier Stunden versucht")
def tried_every_four_hours(check: CaseLog) -> None:
    check(retried_every_four_hours)


@given("die Praxis hat eine Störung eingetragen")
def outage_is_recorded(eau: SickNoteDesk) -> None:
    eau.outage = True
    eau.send()


@when("die Störung vorbei ist")
def outage_is_over(eau: SickNoteDesk) -> None:
    eau.collect()
    eau.outage = False
    eau.send()


@then("geht der Rückstand von selbst hinaus")
def backlog_leaves(check: CaseLog) -> None:
    check(documents_sent(1, 0, "P6-05/AK3b"))


@when("die Praxis eine halbe Stunde lang auf Rückmeldungen wartet")
def practice_waits(eau: SickNoteDesk) -> None:
    eau.watch(timedelta(minutes=30))


@then("hat sie mindestens alle zehn Minuten nachgesehen")
def practice_polled(check: CaseLog) -> None:
    check(polled_every_ten_minutes)


@when("die eAU mit der Dienstkennung des Vorjahres eingeht")
def old_kennung_arrives(eau: SickNoteDesk, kim: Callable[..., KimMember], note: Shipment) -> None:
    from pruefstand.flows.eau_versand import mail_for
    from pruefstand.kim.dienstkennung import Dienstkennung

    going = replace(note, recipient=kim("kasse").address, message_id=f"{note.document_id}@pvs")
    mail = mail_for(eau.room(), going)
    eau.member.send(replace(mail, dienstkennung=Dienstkennung("eAU", "Lieferung", "V1.1")))
    eau.store.put(replace(going, status=Status.SENT))


@then("weist die Krankenkasse sie deshalb nicht ab")
def old_kennung_is_taken(eau: SickNoteDesk, insurers_look: Look, check: CaseLog) -> None:
    receive(eau, insurers_look)
    check(insurer_reported([], "P5-08/AK2a"))


@then("hat die Krankenkasse binnen zehn Minuten nur mit der Zustellbestätigung geantwortet")
def no_read_receipt(
    eau: SickNoteDesk, clock: VirtualClock, insurers_look: Look, check: CaseLog
) -> None:
    clock.advance(timedelta(minutes=9))
    receive(eau, insurers_look)
    check(reading_is_not_confirmed)
