"""What employers learn: that and how long, never why nor by whom (Grundsätze §109 SGB IV)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from pruefstand.fhir.sick_note_facts import SickNoteFacts

LATEST_START = timedelta(days=5)
"""A note belongs to an absence when it begins on that day or so much later."""

CHECKED_AGAIN = timedelta(days=14)
"""So long a question without proof is looked at again."""


class Reply(IntEnum):
    """Kennzeichen der Rückmeldung."""

    NOT_RESPONSIBLE = 1
    INCAPACITY = 2
    HOSPITAL = 3
    NO_PROOF = 4
    REHABILITATION = 5
    DAY_CLINIC = 6
    UNDER_REVIEW = 7
    OTHER_PROOF = 8
    FORWARDED = 9


class MalformedQuestion(ValueError):
    """A question lacks a field or has a wrong one."""


@dataclass(frozen=True, slots=True)
class Question:
    """What an employer asks; each certificate is asked for on its own."""

    number: str
    employer: str
    """Betriebsnummer."""
    kvnr: str
    absent_from: date

    @classmethod
    def read(cls, data: object) -> Question:
        """Read the JSON form; raises MalformedQuestion."""
        if not isinstance(data, dict):
            raise MalformedQuestion("kein JSON-Objekt")
        try:
            number, employer, kvnr = (str(data[n]) for n in ("nummer", "betriebsnummer", "kvnr"))
            return cls(number, employer, kvnr, date.fromisoformat(data["abwesend_ab"]))
        except (KeyError, TypeError, ValueError) as problem:
            raise MalformedQuestion(f"Angabe fehlt oder ist falsch: {problem}") from problem


@dataclass(frozen=True, slots=True)
class OtherProof:
    """What an insurer knows from elsewhere: hospital, rehabilitation and the like."""

    kvnr: str
    reply: Reply
    start: date
    end: date


@dataclass(slots=True)
class EmployerDesk:
    """Questions still open, and proofs other than notes."""

    proofs: list[OtherProof] = field(default_factory=list)
    open: dict[str, tuple[Question, datetime]] = field(default_factory=dict)

    def answer(
        self, question: Question, notes: Iterable[SickNoteFacts], now: datetime
    ) -> dict[str, Any]:
        """Return the answer; a question without proof stays open for 14 days."""
        found = _answer(question, list(notes), self.proofs)
        if found["kennzeichen"] == Reply.NO_PROOF:
            self.open.setdefault(question.number, (question, now))
        else:
            self.open.pop(question.number, None)
        return found

    def due(self, now: datetime) -> list[Question]:
        """Return the questions to look at again; what is older than 14 days is closed."""
        self.open = {
            number: pair for number, pair in self.open.items() if now - pair[1] <= CHECKED_AGAIN
        }
        return [question for question, _ in self.open.values()]


def _answer(
    question: Question, notes: list[SickNoteFacts], proofs: list[OtherProof]
) -> dict[str, Any]:
    head = {"nummer": question.number, "kvnr": question.kvnr}
    own = [note for note in notes if note.kvnr == question.kvnr and not note.is_storno]
    other = [proof for proof in proofs if proof.kvnr == question.kvnr]
    if not own and not other:
        return {**head, "kennzeichen": Reply.NOT_RESPONSIBLE}
    day = question.absent_from
    for note in own:
        start = note.start or note.asserted
        if start is not None and day <= start <= day + LATEST_START:
            return {**head, "kennzeichen": Reply.INCAPACITY, **_shown(note)}
    for proof in other:
        if proof.start <= day <= proof.end:
            period = {"von": proof.start.isoformat(), "bis": proof.end.isoformat()}
            # Of a day clinic only the reason is told.
            shown = {} if proof.reply is Reply.DAY_CLINIC else period
            return {**head, "kennzeichen": proof.reply, **shown}
    return {**head, "kennzeichen": Reply.NO_PROOF}


def _shown(note: SickNoteFacts) -> dict[str, Any]:
    """Return what an employer may know of a note."""
    return {
        "name": f"{note.given} {note.family}",
        "au_seit": note.start.isoformat() if note.start else None,
        "voraussichtlich_bis": note.end.isoformat() if note.end else None,
        "festgestellt_am": note.asserted.isoformat() if note.asserted else None,
        "art": "Erst" if note.kind.startswith("ERST") else "Folge",
        "arbeitsunfall": "2" in note.causes,
        "sonstiger_unfall": "1" in note.causes,
    }
