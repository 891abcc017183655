"""eAU: write documents and sign them with the HBA, or with the SMC-B where no HBA is at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pruefstand.clients.konnektor import KonnektorClient, KonnektorFault
from pruefstand.clock import Clock
from pruefstand.errors import SutError
from pruefstand.fhir.sick_note import build_sick_note, new_document_id
from pruefstand.fhir.sick_note_storno import build_storno
from pruefstand.flows.anmelden import card_handle, unlocked_practice_card
from pruefstand.flows.komfortsignatur import STACK
from pruefstand.kim.eau import EauMessage
from pruefstand.rng import Rng
from pruefstand.testdata.practices import Practice, Practitioner
from pruefstand.testdata.sick_notes import SickNoteOrder

SHORT_TEXT = "eAU"


ProblemOf = Callable[[bytes], str]
"""Returns what keeps a document from conforming to its profile, empty when nothing does."""


class NotConforming(SutError):
    """The practice system signs nothing that its profile forbids; the message is for the user."""


class SignedWith(StrEnum):
    """The card that signed."""

    HBA = "HBA"
    SMC_B = "SMC-B"


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before its signature; `subject` says whom and which insurer it is about."""

    message: EauMessage
    document_id: str
    document: bytes
    patient: str
    kvnr: str
    iknrs: tuple[str, ...]
    """Where to look for the insurer, in this order."""
    cancels: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A document in its signature."""

    draft: Draft
    content: bytes
    card: SignedWith


def draft_note(order: SickNoteOrder, rng: Rng, clock: Clock, *, iknrs: Sequence[str] = ()) -> Draft:
    """Write a sick note as a new file with a new UUID.

    `iknrs` are those of the insurer's master data, for notes without eGK (Ersatzverfahren).
    """
    document_id = new_document_id(rng)
    return Draft(
        EauMessage.NOTE,
        document_id,
        build_sick_note(order, document_id=document_id, written=clock.now()),
        str(order.insured.name),
        order.insured.kvnr,
        tuple(iknrs) or (order.coverage.iknr,),
    )


def draft_storno(
    note: Draft, issuer: Practitioner, practice: Practice, rng: Rng, clock: Clock
) -> Draft:
    """Write the document that takes `note` back."""
    document_id = new_document_id(rng)
    document = build_storno(
        issuer,
        practice,
        cancelled=note.document_id,
        document_id=document_id,
        written=clock.now(),
    )
    return Draft(
        EauMessage.STORNO,
        document_id,
        document,
        note.patient,
        note.kvnr,
        note.iknrs,
        cancels=note.document_id,
    )


def check_profile(drafts: Sequence[Draft], problem_of: ProblemOf) -> None:
    """Raise NotConforming for the first document that does not conform (P6-01)."""
    for draft in drafts:
        problem = problem_of(draft.document)
        if problem:
            raise NotConforming(
                f"Das Dokument für {draft.patient} entspricht nicht seinem Profil: {problem}",
                hint="Angaben berichtigen; nichts wurde signiert.",
            )


def sign(konnektor: KonnektorClient, drafts: Sequence[Draft]) -> list[Signed]:
    """Sign all drafts, as stacks of the HBA; without HBA each is sealed by the SMC-B.

    Raises KonnektorFault or SutError when neither card signs.
    """
    documents = [draft.document for draft in drafts]
    try:
        contents, card = _by_physician(konnektor, documents), SignedWith.HBA
    except (KonnektorFault, SutError):
        contents, card = _by_practice(konnektor, documents), SignedWith.SMC_B
    pairs = zip(drafts, contents, strict=True)
    return [Signed(draft, content, card) for draft, content in pairs]


def _by_physician(konnektor: KonnektorClient, documents: list[bytes]) -> list[bytes]:
    hba = card_handle(konnektor, "HBA")
    signed: list[bytes] = []
    for start in range(0, len(documents), STACK):
        stack = documents[start : start + STACK]
        signed += konnektor.sign_document(hba, stack, short_text=SHORT_TEXT)
    return signed


def _by_practice(konnektor: KonnektorClient, documents: list[bytes]) -> list[bytes]:
    unlocked_practice_card(konnektor)
    handle = card_handle(konnektor, "SMC-B")
    return [
        konnektor.sign_document(handle, document, short_text=SHORT_TEXT)[0]
        for document in documents
    ]
