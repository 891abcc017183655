"""What happens over several messages: ids, repetitions, Stornos, what is never sent (P5-04, P6)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.checks.eau_judge import missing
from pruefstand.checks.eau_select import (
    ENTRY,
    EauMail,
    enclosed,
    sent_documents,
    sent_notes,
    sent_stornos,
)
from pruefstand.checks.kim_select import commands
from pruefstand.clock import berlin_day
from pruefstand.kim.eau_deadlines import POLL_AT_LEAST, RETRY_EVERY, storno_allowed
from pruefstand.model.exchange import Exchange, Layer

_REFUSED = 535
"""Wrong credentials: no failure of KIM, and no reason to try again."""
_SLACK = timedelta(minutes=1)


def _id(one: EauMail) -> str:
    return one.value("/f:Bundle/f:identifier/f:value/@value")


def _cancels(one: EauMail) -> str:
    return one.value(f"{ENTRY}/f:List/f:entry/f:item/f:identifier/f:value/@value")


@check("P310-14/AK8", "P310-10/AK4")
def new_files_have_new_ids(exchanges: Exchanges) -> Judgement:
    """Of several files no two share a document id."""
    expected = "je Datei eine eigene Dokumenten-ID"
    files = {one.document for one in sent_documents(exchanges)}
    ids = Counter(_id(one) for one in {o.document: o for o in sent_documents(exchanges)}.values())
    twice = [name for name, count in ids.items() if count > 1]
    if len(files) < 2:
        return missing(exchanges, expected, f"{len(files)} Dateien")
    return Judgement(not twice, expected, f"{len(files)} Dateien, {twice}")


@check("P310-11")
def storno_names_a_sent_note(exchanges: Exchanges) -> Judgement:
    """Each Storno names the document id of a note sent before."""
    expected = "Dokumenten-ID einer gesendeten eAU"
    known = {_id(one) for one in sent_notes(exchanges)}
    stornos = enclosed(sent_stornos)(exchanges)
    for one in stornos:
        if _cancels(one) not in known:
            return Judgement(False, expected, _cancels(one), one.exchange.id)
    if not stornos:
        return missing(exchanges, expected, "kein Storno")
    return Judgement(True, expected, f"{len(stornos)} Stornos")


@check("P5-04/AK14b")
def rejected_note_is_rewritten(exchanges: Exchanges) -> Judgement:
    """The second note is a new file with a new id and a new signature."""
    expected = "neue Dokumenten-ID, neue Signatur"
    notes = enclosed(sent_notes)(exchanges)
    if len(notes) < 2:
        return missing(exchanges, expected, f"{len(notes)} Sendungen")
    first, second = notes[-2:]
    holds = _id(first) != _id(second) and first.payload != second.payload
    return Judgement(holds, expected, f"{_id(first)}, dann {_id(second)}", second.exchange.id)


@check("P5-04/AK14c")
def same_file_went_again(exchanges: Exchanges) -> Judgement:
    """The second mail carries the same signed file under another Message-ID."""
    expected = "dieselbe Datei in einer neuen Mail"
    notes = sent_notes(exchanges)
    if len(notes) < 2:
        return missing(exchanges, expected, f"{len(notes)} Sendungen")
    first, second = notes[-2:]
    other = first.mail.get("Message-ID") != second.mail.get("Message-ID")
    holds = first.payload == second.payload and other
    return Judgement(holds, expected, f"{_id(first)}, dann {_id(second)}", second.exchange.id)


@check("P5-04/AK15a")
def retried_every_four_hours(exchanges: Exchanges) -> Judgement:
    """Attempts to log in for sending are four hours apart, and there are several."""
    expected = "Wiederholungen im Abstand von vier Stunden"
    moments = [one.started for one in commands(exchanges, Layer.SMTP, "AUTH") if _asks(one)]
    # Logins within the slack are one attempt, however often its client tries.
    moments = [at for i, at in enumerate(moments) if not i or at - moments[i - 1] > _SLACK]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    wrong = [gap for gap in gaps if abs(gap - RETRY_EVERY) > _SLACK]
    seen = f"{len(moments)} Versuche, Abstände {sorted({str(gap) for gap in gaps})}"
    if any(one.status == _REFUSED for one in commands(exchanges, Layer.SMTP, "AUTH")):
        return Judgement(None, expected, "die Anmeldung wurde endgültig abgewiesen")
    if len(gaps) < 3:
        return missing(exchanges, expected, seen)
    return Judgement(not wrong, expected, seen)


@check("P5-04/AK1a")
def polled_every_ten_minutes(exchanges: Exchanges) -> Judgement:
    """Looks into the mailbox are at most ten minutes apart, and there are several."""
    expected = "Abrufe höchstens zehn Minuten auseinander"
    looks = [one.started for one in commands(exchanges, Layer.POP3, "UIDL")]
    gaps = [later - earlier for earlier, later in pairwise(looks)]
    holds = len(gaps) > 1 and max(gaps) <= POLL_AT_LEAST
    return Judgement(holds, expected, f"{len(looks)} Abrufe, höchstens {max(gaps, default='–')}")


@check("P6-03/Tagesversand")
def sent_on_the_day_of_issue(exchanges: Exchanges) -> Judgement:
    """Every note leaves on the day it was issued."""
    expected = "Versand am Tag der Ausstellung"
    notes = enclosed(sent_notes)(exchanges)
    for one in notes:
        issued = one.value(f"{ENTRY}/f:Composition/f:date/@value")
        if issued != berlin_day(one.exchange.started).isoformat():
            return Judgement(False, expected, f"ausgestellt {issued}", one.exchange.id)
    if not notes:
        return missing(exchanges, expected, "keine eAU")
    return Judgement(True, expected, f"{len(notes)} eAUs")


@check("P6-04/AK5")
def storno_within_120_working_days(exchanges: Exchanges) -> Judgement:
    """Between a note and its Storno lie at most 120 working days."""
    expected = "Storno binnen 120 Werktagen"
    sent = {_id(one): one.exchange.started for one in sent_notes(exchanges)}
    found = enclosed(sent_stornos)(exchanges)
    stornos = [one for one in found if _cancels(one) in sent]
    if found and not stornos:
        return Judgement(None, expected, "kein Storno nennt eine gesendete eAU")
    for one in stornos:
        start = sent[_cancels(one)]
        if not storno_allowed(start, one.exchange.started):
            return Judgement(False, expected, f"{_cancels(one)}: {start}", one.exchange.id)
    if not stornos:
        return missing(exchanges, expected, "kein Storno")
    return Judgement(True, expected, f"{len(stornos)} Stornos")


@factory
def documents_sent(notes: int, stornos: int, *requirements: str) -> Check:
    """Return the check that exactly so many notes and Stornos left, after something happened."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{notes} eAUs und {stornos} Stornos gesendet"
        found = len(sent_notes(exchanges)), len(sent_stornos(exchanges))
        seen = f"{found[0]} und {found[1]}"
        if found[0] < notes or found[1] < stornos:
            return missing(exchanges, expected, seen)
        # Without any traffic nobody can have been kept from sending.
        return Judgement(found == (notes, stornos) and bool(exchanges), expected, seen)

    return Check("documents_sent", requirements, judge)


def _asks(exchange: Exchange) -> bool:
    return exchange.request.start.startswith("AUTH")
