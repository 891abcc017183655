"""Receipts: delivery status notifications (RFC 3464), written and read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum

from pruefstand.clock import BERLIN
from pruefstand.kim.mail import join_parts, split_parts, subject_field
from pruefstand.model.mail import MalformedMail, RawMail, header_field, parse_mail

ERROR_HEADER = "X-KIM-Fehlermeldung"
_ADDRESS = re.compile(r"^rfc822;\s*(\S+)$", re.IGNORECASE)


class Action(StrEnum):
    """What became of a message."""

    DELIVERED = "delivered"
    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a message for one recipient; `status` is the code of RFC 3463."""

    address: str
    action: Action
    status: str = "2.0.0"
    diagnostic: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A notification about the message `about` (its Message-ID without brackets)."""

    about: str
    fates: tuple[Fate, ...]
    errors: tuple[str, ...] = ()
    """Values of X-KIM-Fehlermeldung."""
    subject: str = ""
    text: str = ""

    @property
    def delivered(self) -> bool:
        """Whether every recipient named has the message."""
        return bool(self.fates) and all(fate.action is Action.DELIVERED for fate in self.fates)


@dataclass(frozen=True, slots=True)
class ReceiptDraft:
    """What a server knows when it writes a notification; it is neither signed nor encrypted."""

    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    about: str
    arrival: datetime
    written: datetime
    reporting_server: str
    fates: Sequence[Fate]
    errors: Sequence[str] = ()

    def to_bytes(self) -> bytes:
        """Return the notification as multipart/report."""
        boundary = "dsn-" + "".join(char for char in self.message_id if char.isalnum())[:40]
        parts = [self._explanation(), self._status()]
        report = join_parts("multipart/report; report-type=delivery-status", boundary, parts)
        named = [
            ("Date", format_datetime(self.written.astimezone(BERLIN))),
            ("From", self.sender),
            ("To", self.to),
            ("Message-ID", f"<{self.message_id}>"),
            ("In-Reply-To", f"<{self.about}>" if self.about else ""),
            ("Auto-Submitted", "auto-replied"),
            *((ERROR_HEADER, code) for code in self.errors),
            ("MIME-Version", "1.0"),
        ]
        head = tuple(header_field(name, value) for name, value in named if value)
        fields = (*head, subject_field(self.subject), *report.fields)
        return RawMail(fields, report.body).to_bytes()

    def _explanation(self) -> bytes:
        head = (
            header_field("Content-Type", "text/plain; charset=utf-8"),
            header_field("Content-Transfer-Encoding", "8bit"),
        )
        text = "\r\n".join(self.text.splitlines()).encode()
        return RawMail(head, text + b"\r\n").to_bytes()

    def _status(self) -> bytes:
        lines = [
            f"Reporting-MTA: dns; {self.reporting_server}",
            f"Arrival-Date: {format_datetime(self.arrival.astimezone(BERLIN))}",
        ]
        for fate in self.fates:
            lines += [
                "",
                f"Final-Recipient: rfc822; {fate.address}",
                f"Action: {fate.action}",
                f"Status: {fate.status}",
            ]
            lines += [f"Diagnostic-Code: {fate.diagnostic}"] if fate.diagnostic else []
        head = (header_field("Content-Type", "message/delivery-status"),)
        return RawMail(head, "\r\n".join([*lines, ""]).encode()).to_bytes()


def is_receipt(mail: RawMail) -> bool:
    """Tell whether `mail` is a delivery status notification."""
    stated = (mail.get("Content-Type") or "").lower()
    return stated.startswith("multipart/report") and "delivery-status" in stated


def read_receipt(mail: RawMail) -> Receipt:
    """Return what a notification says; raises MalformedMail."""
    parts = split_parts(mail)
    status = [part for part in parts if _media_type(part) == "message/delivery-status"]
    if not is_receipt(mail) or not status:
        raise MalformedMail("no delivery status notification")
    blocks = [parse_mail(block + b"\r\n\r\n") for block in _blocks(status[0].body)]
    about = (mail.get("In-Reply-To") or "").strip("<> ")
    text = next((part.body for part in parts if _media_type(part) == "text/plain"), b"")
    return Receipt(
        about,
        tuple(_fate(block) for block in blocks if block.get("Final-Recipient")),
        tuple(mail.all(ERROR_HEADER)),
        mail.text("Subject") or "",
        text.decode("utf-8", "replace").strip(),
    )


def _blocks(body: bytes) -> list[bytes]:
    return [block.strip(b"\r\n") for block in re.split(rb"\r?\n\r?\n", body) if block.strip()]


def _fate(block: RawMail) -> Fate:
    named = _ADDRESS.match(block.get("Final-Recipient") or "")
    try:
        action = Action((block.get("Action") or "").lower())
    except ValueError as problem:
        raise MalformedMail(f"action {block.get('Action')!r} in a notification") from problem
    if named is None:
        raise MalformedMail("a notification without recipient")
    return Fate(
        named[1].lower(), action, block.get("Status") or "", block.get("Diagnostic-Code") or ""
    )


def _media_type(part: RawMail) -> str:
    return (part.get("Content-Type") or "").partition(";")[0].strip().lower()
