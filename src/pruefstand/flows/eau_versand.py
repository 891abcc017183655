"""eAU: send what waits, in its order and once; when KIM fails, again every four hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Protocol

from pruefstand.clients.kim import KimRefusal, SentMail
from pruefstand.clients.vzd import DirectoryRefusal, KimContact
from pruefstand.clock import Clock
from pruefstand.errors import EnvironmentProblem
from pruefstand.flows.eau_postausgang import Shipment, Status, Store
from pruefstand.kim.eau_deadlines import (
    RETRY_EVERY,
    RETRY_WORKING_DAYS,
    end_of_working_day,
)
from pruefstand.kim.mail import KimMail
from pruefstand.ldap.problem import LdapProblem
from pruefstand.rng import Rng

TEXT = "Der Anhang enthält eine elektronische Arbeitsunfähigkeitsbescheinigung oder ihren Storno."
_WAITING = (Status.QUEUED, Status.FAILED)
_OUT_OF_REACH = (EnvironmentProblem, LdapProblem, DirectoryRefusal, OSError)
_WAY_DOWN = frozenset({421, 454})
"""Replies that speak of the way, not of this mail."""
_PERMANENT = 500


class Directory(Protocol):
    """Finds insurers."""

    def insurer(self, iknr: str) -> tuple[KimContact, ...]:
        """Return the entries for an IK."""
        ...


Send = Callable[[KimMail], SentMail]


@dataclass(frozen=True, slots=True)
class PostRoom:
    """What sending needs; `test` marks files for an insurer's test system."""

    store: Store
    sending: Callable[[], AbstractContextManager[Send]]
    """Opens a session whose sending asks for receipts; raises KimRefusal, TransportFailure."""
    directory: Directory
    address: str
    clock: Clock
    rng: Rng
    reply_to: str = ""
    test: bool = True


def send_waiting(room: PostRoom, *, at_once: bool = False) -> list[Shipment]:
    """Send everything due, oldest first; return what was sent.

    When the way itself fails the round ends, and nothing overtakes until its next attempt is due.
    `at_once` is the user who does not wait for it.
    """
    with ExitStack() as stack:
        # One session for the whole round, opened when the first mail is ready.
        session = cache(lambda: stack.enter_context(room.sending()))
        return _round(room, lambda mail: session()(mail), at_once=at_once)


def _round(room: PostRoom, send: Send, *, at_once: bool) -> list[Shipment]:
    sent: list[Shipment] = []
    for shipment in room.store.all():
        if shipment.status not in _WAITING:
            continue
        if not at_once and not _is_due(shipment, room.clock.now()):
            if shipment.way_down:
                break
            continue
        try:
            done = _send(room, shipment, send)
        except _OUT_OF_REACH as problem:
            _postpone(room, shipment, str(problem), way_down=True)
            break
        if done.way_down:
            break
        if done.status is Status.SENT:
            sent.append(done)
    return sent


def recipient_of(directory: Directory, iknrs: Sequence[str]) -> str | None:
    """Return the first KIM address of the first IK that has one (P5-02/AK4b)."""
    for iknr in iknrs:
        try:
            found = directory.insurer(iknr)
        except DirectoryRefusal:
            continue
        for contact in found:
            if contact.addresses:
                return contact.addresses[0]
    return None


def no_address_text(shipment: Shipment) -> str:
    """Return what the user is told when no insurer is found (P5-02/AK4c), in our own words."""
    return (
        f"Für {shipment.patient} ist zur Krankenkasse {', '.join(shipment.iknrs)} keine"
        " KIM-Adresse verzeichnet. Bitte die Ausfertigung für die Krankenkasse drucken und"
        " mit der Post senden."
    )


def mail_for(room: PostRoom, shipment: Shipment) -> KimMail:
    """Return the mail: one attachment, To only, Reply-To set."""
    message = shipment.message
    return KimMail(
        room.address,
        (shipment.recipient,),
        message.stem(shipment.document_id, test=room.test),
        TEXT,
        shipment.message_id,
        room.clock.now(),
        message.dienstkennung,
        reply_to=room.reply_to or room.address,
        attachments=(message.attachment(shipment.document_id, shipment.content, test=room.test),),
    )


def resolve_interrupted(store: Store, confirmed: Iterable[str]) -> None:
    """After a restart: decide about mails whose sending nobody saw the end of.

    `confirmed` are the Message-IDs receipts have come for. What has none waits again with the
    same Message-ID and the same file, which an insurer takes for a duplicate, not for an error.
    """
    known = set(confirmed)
    for shipment in store.all():
        if shipment.status is Status.SENDING:
            delivered = shipment.message_id in known
            store.put(shipment.with_status(Status.DELIVERED if delivered else Status.QUEUED))


def _is_due(shipment: Shipment, now: datetime) -> bool:
    return shipment.next_attempt is None or shipment.next_attempt <= now


def _send(room: PostRoom, shipment: Shipment, send: Send) -> Shipment:
    recipient = shipment.recipient or recipient_of(room.directory, shipment.iknrs)
    if recipient is None:
        lost = shipment.with_status(Status.NO_ADDRESS, no_address_text(shipment))
        room.store.put(lost)
        return lost
    now = room.clock.now()
    going = replace(
        shipment,
        status=Status.SENDING,
        recipient=recipient,
        message_id=shipment.message_id or f"{room.rng.uuid()}@pvs",
        attempts=(*shipment.attempts, now),
        way_down=False,
    )
    # Written before the first octet leaves: after a crash it is known that it may be out.
    room.store.put(going)
    try:
        send(mail_for(room, going))
    except KimRefusal as refusal:
        if refusal.status < _PERMANENT:
            down = refusal.status in _WAY_DOWN
            return _postpone(room, going, str(refusal), way_down=down)
        lost = going.with_status(Status.GIVEN_UP, str(refusal))
        room.store.put(lost)
        return lost
    done = replace(going, status=Status.SENT, sent=now, next_attempt=None)
    room.store.put(done)
    return done


def _postpone(
    room: PostRoom, shipment: Shipment, reason: str, *, way_down: bool = False
) -> Shipment:
    """Plan the next attempt, or give up when the third working day has ended."""
    now = room.clock.now()
    latest = next(one for one in room.store.all() if one.number == shipment.number)
    attempts = latest.attempts if latest.status is Status.SENDING else (*latest.attempts, now)
    following = now + RETRY_EVERY
    over = following >= end_of_working_day(attempts[0], RETRY_WORKING_DAYS)
    planned = replace(
        latest,
        status=Status.GIVEN_UP if over else Status.FAILED,
        attempts=attempts,
        next_attempt=None if over else following,
        explanation=reason,
        way_down=way_down,
    )
    room.store.put(planned)
    return planned
