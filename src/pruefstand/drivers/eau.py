"""The practice's desk for sick notes: certify, sign, send, collect, take back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from pruefstand.clients.konnektor import KonnektorClient
from pruefstand.drivers.careless_kim import Wait
from pruefstand.drivers.eau_ablage import MemoryStore
from pruefstand.drivers.kim import KimMember
from pruefstand.flows import eau_ausstellen, eau_rueckmeldung, eau_storno, eau_versand
from pruefstand.flows.eau_ausstellen import Draft, ProblemOf, Signed
from pruefstand.flows.eau_postausgang import Shipment, Status, Store, enqueue, find
from pruefstand.flows.eau_rueckmeldung import Notice
from pruefstand.flows.eau_versand import PostRoom
from pruefstand.flows.kim_nachricht import receipts_of
from pruefstand.rng import Rng
from pruefstand.testdata.sick_notes import SickNoteOrder

POLLS_EVERY = timedelta(minutes=9, seconds=50)


@dataclass(slots=True)
class SickNoteDesk:
    """One practice; `store` is what survives the process."""

    konnektor: KonnektorClient
    member: KimMember
    rng: Rng
    store: Store = field(default_factory=MemoryStore)
    printed: list[tuple[SickNoteOrder, str]] = field(default_factory=list)
    """Notes that are never sent, with the reason."""
    reply_to: str = ""
    """Where answers are expected; empty: at the member's own address."""
    wait: Wait = lambda _: None
    """Lets time pass."""
    problem_of: ProblemOf = lambda _: ""
    """What is wrong with a document; nothing is signed then."""
    outage: bool = False
    """Set by the user: nothing is sent until it is over (P6-05)."""
    _drafts: dict[str, tuple[Draft, SickNoteOrder]] = field(default_factory=dict)
    _drawn: int = 0

    def certify(self, *orders: SickNoteOrder, iknrs: Sequence[str] = ()) -> list[Shipment]:
        """Write, sign and queue notes; those that are never sent are printed instead."""
        drafts = []
        for order in orders:
            reason = self.paper_only(order)
            if reason:
                self.printed.append((order, reason))
                continue
            draft = self.draft(order, iknrs)
            self.adopt(draft, order)
            drafts.append(draft)
        return self._sign_and_queue(drafts)

    def adopt(self, draft: Draft, order: SickNoteOrder) -> None:
        """Know a note that was written elsewhere in the product."""
        self._drafts[draft.document_id] = draft, order

    def paper_only(self, order: SickNoteOrder) -> str | None:
        """Return why a note is never sent, or None."""
        return order.paper_only

    def draft(self, order: SickNoteOrder, iknrs: Sequence[str] = ()) -> Draft:
        """Write a note."""
        return eau_ausstellen.draft_note(order, self._fresh(), self.member.clock, iknrs=iknrs)

    def queue(self, signed: Signed) -> Shipment:
        """Queue a document another product might have signed."""
        return enqueue(self.store, [signed], self.member.clock.now())[0]

    def send(self, *, at_once: bool = False) -> list[Shipment]:
        """Send what is due (or everything that waits), unless an outage is on record."""
        if self.outage:
            return []
        return eau_versand.send_waiting(self.room(), at_once=at_once)

    def room(self) -> PostRoom:
        """Return what sending needs."""
        member = self.member
        return PostRoom(
            self.store,
            member.sending,
            member.directory,
            member.address,
            member.clock,
            self._fresh(),
            reply_to=self.reply_to,
        )

    def collect(self) -> list[Notice]:
        """Fetch and assign receipts and errors."""
        return eau_rueckmeldung.take_in(self.store, self.member.collect(), self.member.clock.now())

    def recover(self) -> None:
        """After a restart: look for receipts before anything is sent again."""
        collected = self.member.collect()
        eau_rueckmeldung.take_in(self.store, collected, self.member.clock.now())
        eau_versand.resolve_interrupted(self.store, receipts_of(collected))

    def watch(self, duration: timedelta) -> None:
        """Collect at regular intervals for so long."""
        for _ in range(duration // self.interval + 1):
            self.collect()
            self.wait(self.interval)

    def cancel(self, document_id: str) -> Shipment:
        """Take a sent note back; raises StornoRefused."""
        note = self.cancellable(document_id)
        queued = self._sign_and_queue([self.draft_storno(*self._drafts[document_id])])[0]
        eau_storno.mark_cancelled(self.store, note)
        return queued

    def cancellable(self, document_id: str) -> Shipment:
        """Return the note that may be taken back; raises StornoRefused."""
        return eau_storno.check_storno(self.store, document_id, self.member.clock.now())

    def draft_storno(self, note: Draft, order: SickNoteOrder) -> Draft:
        """Write what takes a note back."""
        return eau_ausstellen.draft_storno(
            note, order.practitioner, order.practice, self._fresh(), self.member.clock
        )

    @property
    def interval(self) -> timedelta:
        """How long lies between two looks into the mailbox."""
        return POLLS_EVERY

    def rebuild(self, document_id: str, order: SickNoteOrder | None = None) -> Shipment:
        """Write a rejected note anew, corrected where `order` is given, with a new UUID."""
        return self.certify(order or self._drafts[document_id][1])[0]

    def repeat(self, document_id: str) -> Shipment:
        """Queue the same file again."""
        return eau_rueckmeldung.same_file_again(self.store, self.shipment(document_id))

    def shipment(self, document_id: str) -> Shipment:
        """Return the shipment of a document; raises KeyError."""
        found = find(self.store, document_id)
        if found is None:
            raise KeyError(document_id)
        return found

    def status(self, document_id: str) -> Status:
        """Return where a document is."""
        return self.shipment(document_id).status

    def overdue(self) -> list[Notice]:
        """Return the warnings after 24 hours."""
        return eau_rueckmeldung.overdue(self.store, self.member.clock.now())

    def _sign_and_queue(self, drafts: list[Draft]) -> list[Shipment]:
        if not drafts:
            return []
        self.check(drafts)
        return enqueue(self.store, self.sign(drafts), self.member.clock.now())

    def check(self, drafts: Sequence[Draft]) -> None:
        """Look at documents before they are signed; raises NotConforming."""
        eau_ausstellen.check_profile(drafts, self.problem_of)

    def sign(self, drafts: Sequence[Draft]) -> list[Signed]:
        """Sign documents; raises KonnektorFault or SutError when no card does."""
        return eau_ausstellen.sign(self.konnektor, drafts)

    def _fresh(self) -> Rng:
        self._drawn += 1
        return self.rng.derive("eau", self._drawn)
