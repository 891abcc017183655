"""What the insurers remember: documents by id, and what employers still wait for."""

from __future__ import annotations

import logging
import poplib
import smtplib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from mocks.kasse import faults
from mocks.kasse.answers import Answer, positive_answer, read_receipt
from mocks.kasse.conformity import Conformity
from mocks.kasse.employers import EmployerDesk, OtherProof, Question, Reply
from mocks.kasse.intake import (
    Document,
    Intake,
    NotYet,
    Rejected,
    is_storno,
    sent_at,
)
from mocks.kasse.mailbox import Mailbox, Post, fetch
from mocks.kasse.reporting import report
from pruefstand.fhir.kasse_error import VIRUS, Trouble
from pruefstand.fhir.sick_note_facts import SickNoteFacts
from pruefstand.kim.eau import APPLICATION, EauMessage, message_of
from pruefstand.kim.eau_deadlines import storno_allowed
from pruefstand.ldap.problem import LdapProblem
from pruefstand.mockkit import MockContext
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail
from pruefstand.testdata.kim_participants import participants

ROLE = "kasse"
_LOG = logging.getLogger("pruefstand.mock.kasse")
_UNREACHABLE = (OSError, poplib.error_proto, smtplib.SMTPException, LdapProblem, NotYet)


@dataclass(slots=True)
class Record:
    """A document that came; `code` is empty when it could be processed."""

    facts: SickNoteFacts
    digest: str
    received: datetime
    sent: datetime
    code: str = ""
    cancelled: bool = False
    times: int = 1


@dataclass(slots=True)
class Insurer:
    """One insurer with its mailbox and its documents by document id."""

    box: Mailbox
    iknrs: frozenset[str]
    records: dict[str, Record] = field(default_factory=dict)
    last_look: datetime | None = None


@dataclass(slots=True)
class Insurers:
    """All insurers; one lock, because looks and questions of employers come from two threads."""

    ctx: MockContext
    insurers: tuple[Insurer, ...]
    conformity: Conformity
    employers: EmployerDesk = field(default_factory=EmployerDesk)
    lock: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def from_context(cls, ctx: MockContext) -> Self:
        """Return the insurers of the table of participants, those only that `insurers` names."""
        rows = [one for one in participants(ctx.pki) if one.row.role == ROLE]
        played = ctx.settings.get("insurers")
        if isinstance(played, (list, tuple)):
            rows = [one for one in rows if one.row.key in played]
        found = tuple(
            Insurer(Mailbox(ctx.neighbours, one), frozenset(one.row.domain_ids)) for one in rows
        )
        return cls(ctx, found, Conformity(ctx.clock))

    def look(self) -> int:
        """Fetch and process everything that came for any insurer; return the number of mails."""
        with self.lock:
            done = sum(self._look(insurer) for insurer in self.insurers)
            return done + self._tell_employers()

    def answer_employer(self, question: Question) -> Mapping[str, Any]:
        """Return what the insurers tell an employer."""
        with self.lock:
            return self.employers.answer(question, self._notes(), self.ctx.clock.now())

    def add_proof(self, proof: OtherProof) -> None:
        """Note a proof that is no sick note."""
        with self.lock:
            self.employers.proofs.append(proof)

    def _notes(self) -> list[SickNoteFacts]:
        return [
            record.facts for _, record in self.records() if not record.code and not record.cancelled
        ]

    def _tell_employers(self) -> int:
        """Look at open questions again and report what has changed."""
        done = 0
        now = self.ctx.clock.now()
        for question in self.employers.due(now):
            answer = self.employers.answer(question, self._notes(), now)
            if answer["kennzeichen"] != Reply.NO_PROOF:
                try:
                    report(self.ctx.neighbours, answer)
                    done += 1
                except OSError as problem:
                    _LOG.warning("arbeitgeber: %s", problem)
                    self.employers.open[question.number] = question, now
        return done

    def records(self) -> Iterator[tuple[Insurer, Record]]:
        """Yield every document with the insurer that has it."""
        for insurer in self.insurers:
            for record in insurer.records.values():
                yield insurer, record

    def _look(self, insurer: Insurer) -> int:
        insurer.last_look = self.ctx.clock.now()
        done = 0
        try:
            with insurer.box.session() as session, insurer.box.post() as post:
                count, _ = session.stat()
                for number in range(1, count + 1):
                    if self._take(insurer, post, fetch(session, number)):
                        session.dele(number)
                        done += 1
        except _UNREACHABLE as problem:
            _LOG.warning("%s: %s", insurer.box.address, problem)
        return done

    def _take(self, insurer: Insurer, post: Post, octets: bytes) -> bool:
        """Process one mail; return whether it is done with."""
        try:
            mail = parse_mail(octets)
        except MalformedMail:
            return True
        if message_of(mail) not in (EauMessage.NOTE, EauMessage.STORNO) and not _is_eau(mail):
            return True
        try:
            self._process(insurer, post, mail)
        except NotYet:
            return False
        return True

    def _process(self, insurer: Insurer, post: Post, mail: RawMail) -> None:
        settings = self.ctx.settings
        intake = Intake(
            lambda der, at: self.ctx.pki.verify(der, kind=None, at=at),
            lambda data, facts: self.conformity.problem(data, facts, settings),
            insurer.iknrs,
        )
        answer = Answer(self.ctx, post, mail)
        try:
            if settings.get("virenscan"):
                raise Rejected(Trouble.UNREADABLE, VIRUS)
            if faults.STRICT_KENNUNG in self.ctx.faults and not _is_current(mail):
                raise Rejected(Trouble.UNREADABLE, "alte Dienstkennung")
            document = intake.document(mail)
            self._accept(insurer, document, mail)
        except Rejected as rejection:
            self._reject(insurer, answer, rejection, storno=is_storno(mail))
        else:
            if faults.ANSWERS_POSITIVELY in self.ctx.faults:
                positive_answer(answer)
        if faults.SENDS_READ_RECEIPT in self.ctx.faults:
            read_receipt(answer)

    def _accept(self, insurer: Insurer, document: Document, mail: RawMail) -> None:
        """Keep a good document; raises Rejected for what only memory can tell."""
        facts, now = document.facts, self.ctx.clock.now()
        known = insurer.records.get(facts.document_id)
        if known is not None and not known.code:
            self._repeated(known, document)
            return
        if known is not None and known.digest and known.digest != document.digest:
            raise Rejected(Trouble.UNREADABLE, "Dokumenten-ID wurde schon verwendet", facts)
        if faults.WANTS_FIRST_NOTE in self.ctx.faults and facts.kind.startswith("FOLGE"):
            raise Rejected(Trouble.UNREADABLE, "Erstbescheinigung fehlt", facts)
        record = Record(facts, document.digest, now, sent_at(mail))
        if facts.is_storno:
            self._cancel(insurer, facts, record.sent)
        insurer.records[facts.document_id] = record

    def _repeated(self, known: Record, document: Document) -> None:
        known.times += 1
        if known.digest != document.digest:
            raise Rejected(
                Trouble.UNREADABLE, "Dokumenten-ID mit anderem Inhalt verwendet", document.facts
            )
        if faults.REPORTS_DUPLICATES in self.ctx.faults:
            raise Rejected(Trouble.UNREADABLE, "Dublette", document.facts)

    def _cancel(self, insurer: Insurer, facts: SickNoteFacts, sent: datetime) -> None:
        """Mark the note; a Storno may overtake its note, and a late one changes nothing."""
        note = insurer.records.get(facts.cancelled)
        if note is None:
            return
        if note.code:
            raise Rejected(Trouble.NOTE_REJECTED, f"eAU mit Fehler {note.code}", facts)
        note.cancelled = storno_allowed(note.sent, sent)

    def _reject(
        self, insurer: Insurer, answer: Answer, rejection: Rejected, *, storno: bool
    ) -> None:
        facts = rejection.facts
        storno = facts.is_storno if facts else storno
        code = answer.send(rejection, storno=storno)
        if facts is not None and facts.document_id:
            known = insurer.records.get(facts.document_id)
            if known is None or known.code:
                now = self.ctx.clock.now()
                insurer.records[facts.document_id] = Record(facts, "", now, now, code)


def _is_eau(mail: RawMail) -> bool:
    stated = mail.get("X-KIM-Dienstkennung") or ""
    return stated.startswith(f"{APPLICATION};")


def _is_current(mail: RawMail) -> bool:
    return (mail.get("X-KIM-Dienstkennung") or "").endswith(";V1.2")
