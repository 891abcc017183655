"""A desk for sick notes that writes, sends and takes back carelessly.

With an empty fault set it behaves exactly as the desk it extends. The names stand in
`carelessness_eau`; what goes wrong with the mail itself in `careless_mail`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from pruefstand.drivers import carelessness_eau as named
from pruefstand.drivers.careless_mail import OTHER_ID
from pruefstand.drivers.eau import POLLS_EVERY, SickNoteDesk
from pruefstand.drivers.slips import Placing, Slip, replaced
from pruefstand.flows import eau_ausstellen
from pruefstand.flows.eau_ausstellen import Draft, NotConforming, Signed
from pruefstand.flows.eau_postausgang import Shipment, Status
from pruefstand.flows.eau_storno import Bar, StornoRefused
from pruefstand.kim.eau import EauMessage
from pruefstand.kim.eau_deadlines import STORNO_WORKING_DAYS
from pruefstand.model.fault import FaultSet
from pruefstand.testdata.sick_notes import SickNoteOrder

INSTEAD = Placing.INSTEAD
_ALLOWED = {
    Bar.UNSENT: named.CANCELS_UNSENT,
    Bar.REJECTED: named.CANCELS_REJECTED,
    Bar.TOO_LATE: named.CANCELS_LATE,
}
_DAY, _QUARTER = timedelta(days=1), timedelta(minutes=15)


def _edited(*pairs: tuple[str, str]) -> Callable[[bytes], bytes]:
    """Return what replaces the first place of each pattern in a document."""
    compiled = [(re.compile(pattern, re.DOTALL), by) for pattern, by in pairs]

    def edit(document: bytes) -> bytes:
        text = document.decode()
        for pattern, by in compiled:
            text = pattern.sub(by, text, count=1)
        return text.encode()

    return edit


_KBV = "https://fhir.kbv.de/StructureDefinition"
_QUALIFICATION = r'(KBV_CS_FOR_Qualification_Type"/><code value=")\d\d'
_STEP = (
    '<entry><fullUrl value="https://pvs.test/ServiceRequest/{0}"/><resource><ServiceRequest>'
    f'<id value="{{0}}"/><meta><profile value="{_KBV}/KBV_PR_EAU_ServiceRequest_steps|1.2"/></meta>'
    '<status value="draft"/><code><coding><code value="sonstige"/></coding></code>'
    "</ServiceRequest></resource></entry>"
)
_SECOND_CODE = (
    '<coding><system value="http://fhir.de/CodeSystem/bfarm/icd-10-gm"/><version value="2019"/>'
    f'<code value="A00+"/></coding><text value="{"x" * 71}"/></code>'
)
DOCUMENTS: tuple[Slip[bytes], ...] = (
    Slip(
        named.PROFILES,
        EauMessage.NOTE,
        INSTEAD,
        _edited((r"KBV_PR_EAU_Bundle\|1\.2", "KBV_PR_EAU_Altes_Bundle|1.0")),
    ),
    Slip(named.CHARSET, EauMessage.NOTE, INSTEAD, lambda document: b"\xef\xbb\xbf" + document),
    Slip(
        named.REFERENCES,
        EauMessage.NOTE,
        INSTEAD,
        _edited(
            (r'reference value="Patient/', 'reference value="Patient/0'),
            (r'code value="e010"', 'code value="e16A"'),
            (r'code value="Coverage"', 'code value="Deckung"'),
        ),
    ),
    Slip(
        named.PERSONS,
        EauMessage.NOTE,
        INSTEAD,
        _edited(
            (
                r'(<author><reference value="(Practitioner/[^"]+)".*?)<custodian>',
                r'\1<attester><mode value="legal"/><party><reference value="\2"/></party>'
                "</attester><custodian>",
            ),
            (_QUALIFICATION, r"\g<1>03"),
            (r'(KBV_NS_Base_ANR"/><value value="\d{8})\d', r"\1"),
            (r'(KBV_CS_SFHIR_KBV_STATUSKENNZEICHEN"/><code value=")\d\d', r"\g<1>01"),
            (r'(KBV_NS_Base_BSNR"/><value value="\d{8})\d', r"\1"),
            (r"gkv/dmp-kennzeichen", "gkv/dmp"),
            (r"humanname-own-name", "humanname-own-prefix"),
        ),
    ),
    Slip(
        named.TRAINEE,
        EauMessage.NOTE,
        INSTEAD,
        _edited(
            (_QUALIFICATION, r"\g<1>03"),
            (r'(KBV_PR_FOR_Practitioner\|1.2"/></meta>)<identifier>.*?</identifier>', r"\1"),
            (r"<attester>.*?</attester>", ""),
        ),
    ),
    Slip(
        named.FINDINGS,
        EauMessage.NOTE,
        INSTEAD,
        _edited(
            (r"<onsetPeriod><start [^>]*/>", "<onsetPeriod>"),
            (r'<end value="\d{4}', '<end value="2199'),
            (r'(assertedDate"><valueDateTime value=")\d{4}', r"\g<1>2099"),
            (r"<Composition>", rf'<Composition><extension url="{_KBV}/partially_employable"/>'),
            (
                r'(icd-10-gm"/><version value="\d+"/><code value="[^"]+"/></coding>)</code>',
                r"\1" + _SECOND_CODE,
            ),
            (r"</Bundle>", _STEP.format(1) + _STEP.format(2) + "</Bundle>"),
        ),
    ),
    Slip(
        named.STORNO_PARTS,
        EauMessage.STORNO,
        INSTEAD,
        _edited(
            (r"KBV_PR_EAU_Storno_Bundle", "KBV_PR_EAU_Ruecknahme_Bundle"),
            (r'code value="e013"', 'code value="e010"'),
        ),
    ),
)


@dataclass(slots=True)
class CarelessDesk(SickNoteDesk):
    """A desk whose fault set says what it does wrong."""

    faults: FaultSet = field(default_factory=FaultSet)
    was_out: bool = False
    """Whether an outage was on record when something should have been sent."""

    @property
    def interval(self) -> timedelta:
        """How long lies between two looks into the mailbox."""
        return _QUARTER if named.POLLS_RARELY in self.faults else POLLS_EVERY

    def paper_only(self, order: SickNoteOrder) -> str | None:
        """Return why a note is never sent, if this desk minds."""
        reason = order.paper_only
        return None if reason and named.SENDS_ALL in self.faults else reason

    def draft(self, order: SickNoteOrder, iknrs: Sequence[str] = ()) -> Draft:
        """Write a note as this desk does."""
        rng = self._fresh()
        if self._drafts and named.SAME_ID in self.faults:
            rng = self.rng.derive("eau", 1)
        draft = eau_ausstellen.draft_note(order, rng, self.member.clock, iknrs=iknrs)
        if named.RANDOM_ID in self.faults:
            other = f"{draft.document_id[:14]}4{draft.document_id[15:]}"
            document = draft.document.replace(draft.document_id.encode(), other.encode())
            draft = replace(draft, document_id=other, document=document)
        return draft

    def draft_storno(self, note: Draft, order: SickNoteOrder) -> Draft:
        """Write a Storno as this desk does."""
        if named.STORNO_FOREIGN in self.faults:
            note = replace(note, document_id=OTHER_ID)
        return SickNoteDesk.draft_storno(self, note, order)

    def check(self, drafts: Sequence[Draft]) -> None:
        """Look at documents; raises NotConforming, unless this desk does not mind."""
        # Who sends what is to be printed does not look at it either.
        printed = {number for number, (_, order) in self._drafts.items() if order.paper_only}
        try:
            SickNoteDesk.check(self, [one for one in drafts if one.document_id not in printed])
        except NotConforming:
            if named.UNCHECKED not in self.faults:
                raise

    def sign(self, drafts: Sequence[Draft]) -> list[Signed]:
        """Sign what has become of the documents."""
        return SickNoteDesk.sign(self, [self._spoiled(draft) for draft in drafts])

    def _spoiled(self, draft: Draft) -> Draft:
        document = replaced(DOCUMENTS, self.faults, draft.message, draft.document)
        return replace(draft, document=document)

    def send(self, *, at_once: bool = False) -> list[Shipment]:
        """Send what this desk thinks due."""
        self.was_out = self.was_out or self.outage
        waiting = {one.status for one in self.store.all()}
        if self.was_out and not self.outage and named.KEEPS_BACKLOG in self.faults:
            return []
        if Status.FAILED in waiting and named.GIVES_UP in self.faults:
            return []
        if Status.QUEUED in waiting and not self.outage and named.KEPT in self.faults:
            self.wait(_DAY)
        return SickNoteDesk.send(self, at_once=at_once)

    def cancellable(self, document_id: str) -> Shipment:
        """Return a note this desk takes back; raises StornoRefused."""
        try:
            note = SickNoteDesk.cancellable(self, document_id)
        except StornoRefused as refused:
            if _ALLOWED[refused.bar] in self.faults:
                return self.shipment(document_id)
            raise
        age = self.member.clock.now() - (note.sent or self.member.clock.now())
        if age.days >= STORNO_WORKING_DAYS and named.CALENDAR_DAYS in self.faults:
            raise StornoRefused("Die Frist ist abgelaufen.", Bar.TOO_LATE)
        return note

    def rebuild(self, document_id: str, order: SickNoteOrder | None = None) -> Shipment:
        """Write a rejected note anew, or just send it once more."""
        if named.SAME_FILE in self.faults:
            return self.repeat(document_id)
        return SickNoteDesk.rebuild(self, document_id, order)

    def repeat(self, document_id: str) -> Shipment:
        """Queue the same file again, in the same mail."""
        before = self.shipment(document_id).message_id
        again = SickNoteDesk.repeat(self, document_id)
        if named.SAME_MAIL in self.faults:
            again = replace(again, message_id=before)
            self.store.put(again)
        return again
