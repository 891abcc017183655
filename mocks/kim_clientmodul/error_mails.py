"""Mails the client module writes itself: failed recipients, warnings, unreadable messages."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import format_datetime

from mocks.kim_clientmodul.recipients import REASONS, Judged
from mocks.kim_clientmodul.state import ClientModule
from pruefstand.clock import BERLIN
from pruefstand.crypto.smime_kim import KimError
from pruefstand.kim.mail import join_parts, subject_field
from pruefstand.kim.receipt import ERROR_HEADER, Action, Fate, ReceiptDraft
from pruefstand.model.mail import Field, RawMail, header_field

HOST = "clientmodul.pruefstand.kim.telematik-test"
AUTHOR = f"KIM-Clientmodul <clientmodul@{HOST}>"

NOT_DECRYPTED = "Die Nachricht konnte nicht entschlüsselt werden"
VERSION_UNKNOWN = "Die KIM-Version der empfangenen Nachricht wird nicht unterstützt"
LARGE_NOT_ENABLED = (
    "Die KIM-Nachricht kann nicht empfangen werden, weil der Empfang großer Nachrichten"
    " nicht aktiviert wurde"
)
NOT_FETCHED = "Die E-Mail-Daten konnten nicht abgerufen werden"
NOT_INTACT = "Sicherheitshinweis: Die Integrität der Nachricht ist verletzt"
PARTLY_SENT = "Die Nachricht konnte nicht an alle Empfänger gesendet werden"
NOT_RENEWED = "Das Zertifikat des KIM-Clientmoduls konnte nicht erneuert werden"
OUTDATED = "Das KIM-Clientmodul ist älter als die im Verzeichnis eingetragene KIM-Version"

_COPIED = ("From", "Sender", "To", "Cc", "Reply-To", "Date", "Return-Path", "Received")


def about_recipients(
    module: ClientModule, mail: RawMail, sender: str, failed: Sequence[Judged]
) -> bytes:
    """Return the unsigned notice to the sender about recipients left out (KOM-LE-A_2024-01)."""
    now = module.ctx.clock.now()
    codes = sorted({str(int(one.error)) for one in failed if one.error})
    lines = [
        f"{one.address}: {REASONS[one.error]} ({int(one.error)})" for one in failed if one.error
    ]
    draft = ReceiptDraft(
        message_id=f"{module.ctx.rng.uuid()}@{HOST}",
        sender=AUTHOR,
        to=sender,
        subject=PARTLY_SENT,
        text="\n".join([f"{PARTLY_SENT}:", *lines]),
        about=(mail.get("Message-ID") or "").strip("<> "),
        arrival=now,
        written=now,
        reporting_server=HOST,
        fates=[
            Fate(one.address, Action.FAILED, "5.7.5", f"x-kim; {int(one.error)}")
            for one in failed
            if one.error
        ],
        errors=codes,
    )
    return draft.to_bytes()


def about_version(module: ClientModule, sender: str, listed: str) -> bytes:
    """Return the warning that the directory expects a newer module (A_21387-01)."""
    code = KimError.MODULE_OLDER_THAN_DIRECTORY
    return _warning(module, sender, code, OUTDATED, f"{OUTDATED} ({listed}).")


def about_certificate(module: ClientModule, sender: str) -> bytes:
    """Return the warning that the module's own certificate could not be renewed (4016)."""
    text = f"{NOT_RENEWED}. Bitte wenden Sie sich an den Betreuer des Clientmoduls."
    return _warning(module, sender, KimError.PKCS12_RENEWAL_FAILED, NOT_RENEWED, text)


def _warning(module: ClientModule, sender: str, code: KimError, subject: str, text: str) -> bytes:
    now = module.ctx.clock.now()
    fields = [
        ("Date", format_datetime(now.astimezone(BERLIN))),
        ("From", AUTHOR),
        ("To", sender),
        ("Message-ID", _message_id(module)),
        (ERROR_HEADER, str(int(code))),
        ("MIME-Version", "1.0"),
        *_TEXT,
    ]
    head = tuple(header_field(name, value) for name, value in fields)
    return RawMail((*head, subject_field(subject)), text.encode() + b"\r\n").to_bytes()


def around_original(
    module: ClientModule, original: RawMail, subject: str, text: str, results: Sequence[Field]
) -> RawMail:
    """Return a new mail with the reason as text and the mail as it came as attachment."""
    wanted = {name.lower() for name in _COPIED}
    copied = tuple(
        item
        for item in original.fields
        if item.name.lower() in wanted or item.name.lower().startswith("x-kim-")
    )
    own = (
        subject_field(subject),
        header_field(
            "Message-ID", original.get("Message-ID") or f"<{module.ctx.rng.uuid()}@{HOST}>"
        ),
        header_field("MIME-Version", "1.0"),
        *results,
    )
    reason = RawMail(tuple(header_field(*pair) for pair in _TEXT), f"{text}\r\n".encode())
    head = (header_field("Content-Type", "message/rfc822"),)
    enclosed = RawMail(head, original.to_bytes())
    parts = [reason.to_bytes(), enclosed.to_bytes()]
    body = join_parts("multipart/mixed", f"kim-{module.ctx.rng.token_hex(16)}", parts)
    return RawMail(copied + own + body.fields, body.body)


def _message_id(module: ClientModule) -> str:
    return f"<{module.ctx.rng.uuid()}@{HOST}>"


_TEXT = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Content-Transfer-Encoding", "8bit"),
)
