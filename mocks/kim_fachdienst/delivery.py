"""Delivery into mailboxes, and what the recipient's side writes back: receipts, absence notes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime

from mocks.kim_fachdienst.faults import RECEIPT_MISSING, RECEIPT_OTHER_MESSAGE, RECEIPT_TWICE
from mocks.kim_fachdienst.state import Account, MailService
from pruefstand.clock import BERLIN
from pruefstand.kim.receipt import Action, Fate, ReceiptDraft
from pruefstand.model.mail import RawMail, header_field

HOST = "mail.pruefstand.kim.telematik-test"
POSTMASTER = "Mail Delivery Subsystem <mds@pruefstand.kim.telematik-test>"


def deliver(
    service: MailService, mail: RawMail, sender: str, recipients: Mapping[str, str], seen: str
) -> None:
    """Put `mail` into each mailbox; `recipients` are addresses with their NOTIFY parameter.

    `seen` says how the mail came in.
    """
    now = service.ctx.clock.now()
    fates = []
    for address, notify in recipients.items():
        account = service.account(address)
        if account is None:
            continue
        service.put(account, _traced(mail, sender, address, seen, service).to_bytes())
        if "SUCCESS" in notify.split(","):
            fates.append(Fate(address, Action.DELIVERED))
        _tell_absence(service, account, mail, sender)
    if fates:
        _write_receipt(service, mail, sender, fates, now)


def _traced(mail: RawMail, sender: str, address: str, seen: str, service: MailService) -> RawMail:
    mark = service.ctx.rng.token_hex(6)
    stamp = format_datetime(service.ctx.clock.now().astimezone(BERLIN))
    trace = f"from clientmodul ({seen}) by {HOST} with ESMTPSA id {mark} for <{address}>; {stamp}"
    return mail.without("Return-Path").with_fields(
        [
            header_field("Return-Path", f"<{sender}>"),
            header_field("Received", trace),
        ],
        first=True,
    )


def _write_receipt(
    service: MailService, mail: RawMail, sender: str, fates: list[Fate], now: datetime
) -> None:
    """Confirm the delivery to the sender (KOM-LE-A_2147); it is neither signed nor encrypted."""
    faults = service.ctx.faults
    account = service.account(sender)
    if account is None or RECEIPT_MISSING in faults:
        return
    about = (mail.get("Message-ID") or "").strip("<> ")
    if RECEIPT_OTHER_MESSAGE in faults:
        about = f"{service.ctx.rng.uuid()}@pruefstand.kim.telematik-test"
    for _ in range(2 if RECEIPT_TWICE in faults else 1):
        draft = ReceiptDraft(
            message_id=f"{service.ctx.rng.uuid()}@{HOST}",
            sender=POSTMASTER,
            to=sender,
            subject="Zustellbestaetigung",
            text="Die Nachricht wurde zugestellt.\n" + "\n".join(fate.address for fate in fates),
            about=about,
            arrival=now,
            written=now,
            reporting_server=HOST,
            fates=fates,
        )
        service.put(account, draft.to_bytes())


def _tell_absence(service: MailService, absent: Account, mail: RawMail, sender: str) -> None:
    """Send the absence note once to each sender; never as an answer to an automatic mail."""
    note, reader = absent.absence, service.account(sender)
    now = service.ctx.clock.now()
    if note is None or reader is None or not note.covers(now) or sender in note.told:
        return
    if (mail.get("Auto-Submitted") or "no").lower() != "no" or reader is absent:
        return
    note.told.add(sender)
    about = mail.get("Message-ID") or ""
    fields = [
        ("Date", format_datetime(now.astimezone(BERLIN))),
        ("From", absent.address),
        ("To", sender),
        ("Subject", "Abwesenheitsnotiz"),
        ("Message-ID", f"<{service.ctx.rng.uuid()}@{HOST}>"),
        ("In-Reply-To", about),
        ("Auto-Submitted", "auto-replied"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Transfer-Encoding", "8bit"),
    ]
    head = tuple(header_field(name, value) for name, value in fields if value)
    text = "\r\n".join(note.message.splitlines()).encode() + b"\r\n"
    service.put(reader, RawMail(head, text).to_bytes())
