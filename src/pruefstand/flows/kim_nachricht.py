"""KIM: send a message, fetch what came, and put receipts to what was sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pruefstand.clients.kim import FetchedMail, KimClient, SentMail
from pruefstand.clients.kim.outbox import NOTIFY
from pruefstand.kim.mail import KimMail
from pruefstand.kim.receipt import Receipt, is_receipt, read_receipt
from pruefstand.model.mail import MalformedMail


@dataclass(frozen=True, slots=True)
class Collected:
    """What one look into the mailbox brought: messages and receipts, each in order."""

    messages: tuple[FetchedMail, ...]
    receipts: tuple[Receipt, ...]
    uids: frozenset[str]
    """Every UID seen, for the next look."""


def send(client: KimClient, mail: KimMail, *, notify: str = NOTIFY) -> SentMail:
    """Send one mail in a session of its own; raises KimRefusal, TransportFailure."""
    return send_octets(client, mail.to_bytes(), mail.recipients, notify=notify)


def send_octets(
    client: KimClient,
    mail: bytes,
    recipients: Collection[str],
    *,
    notify: str = NOTIFY,
) -> SentMail:
    """Send a finished mail in a session of its own; raises KimRefusal, TransportFailure."""
    with client.outbox() as outbox:
        outbox.log_in()
        return outbox.send(mail, list(recipients), notify=notify)


def collect(
    client: KimClient,
    known: Collection[str] = (),
    *,
    dienstkennung: str | None = None,
) -> Collected:
    """Fetch what is not `known` yet and tell receipts from messages; raises KimRefusal."""
    with client.mailbox() as mailbox:
        mailbox.log_in()
        fetched = mailbox.fetch_new(known, dienstkennung=dienstkennung)
    return sort(fetched, known)


def sort(fetched: Iterable[FetchedMail], known: Collection[str] = ()) -> Collected:
    """Tell receipts from messages."""
    messages: list[FetchedMail] = []
    receipts: list[Receipt] = []
    uids = set(known)
    for mail in fetched:
        uids.add(mail.uid)
        try:
            parsed = mail.parsed()
            if is_receipt(parsed):
                receipts.append(read_receipt(parsed))
                continue
        except MalformedMail:
            pass
        messages.append(mail)
    return Collected(tuple(messages), tuple(receipts), frozenset(uids))


def receipts_for(collected: Collected, sent: SentMail) -> tuple[Receipt, ...]:
    """Return the receipts about a sent mail."""
    return tuple(receipt for receipt in collected.receipts if receipt.about == sent.message_id)


def receipts_of(collected: Collected) -> frozenset[str]:
    """Return the Message-IDs whose delivery was confirmed."""
    return frozenset(receipt.about for receipt in collected.receipts if receipt.delivered)
