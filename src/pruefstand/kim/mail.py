"""The mail a practice system hands to its client module, written octet by octet."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.header import Header
from email.utils import encode_rfc2231, format_datetime

from pruefstand.clock import BERLIN
from pruefstand.kim.dienstkennung import DEFAULT, HEADER, Dienstkennung
from pruefstand.model.mail import Field, MalformedMail, RawMail, header_field, parse_mail

MAX_PARTS = 1000
"""Parts of one multipart entity; more are no mail but an attack."""

_LINE = re.compile(rb".{1,76}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file; `description` becomes Content-Description."""

    name: str
    content: bytes
    media_type: str = "application/octet-stream"
    description: str = ""


@dataclass(frozen=True, slots=True)
class KimMail:
    """What the user wrote, and what the product adds. `message_id` stands without brackets."""

    sender: str
    to: Sequence[str]
    subject: str
    text: str
    message_id: str
    date: datetime
    dienstkennung: Dienstkennung | None = DEFAULT
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    attachments: Sequence[Attachment] = ()
    sender_system: str = "Pruefstand;0.1.0"
    support: str = "support@pruefstand.kim.telematik-test"
    further: Sequence[tuple[str, str]] = ()
    """More header fields, such as X-KIM-Encounter-Id."""
    recipients: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recipients", (*self.to, *self.cc, *self.bcc))

    def to_bytes(self) -> bytes:
        """Return the mail (L0); raises MalformedMail for a value with a line end."""
        body = _multipart(self) if self.attachments else _text_part(self.text)
        return RawMail((*self._fields(), *body.fields), body.body).to_bytes()

    def _fields(self) -> list[Field]:
        lists = [("To", self.to), ("Cc", self.cc), ("Bcc", self.bcc)]
        fields = [
            ("Date", format_datetime(self.date.astimezone(BERLIN))),
            ("From", self.sender),
            *((name, ", ".join(addresses)) for name, addresses in lists if addresses),
            ("Reply-To", self.reply_to),
            ("Message-ID", f"<{self.message_id}>"),
            ("In-Reply-To", f"<{self.in_reply_to}>" if self.in_reply_to else ""),
            (HEADER, str(self.dienstkennung or "")),
            ("X-KIM-Sendersystem", self.sender_system),
            ("X-KIM-Support", self.support),
            *self.further,
            ("MIME-Version", "1.0"),
        ]
        written = [header_field(name, value) for name, value in fields if value]
        written.insert(2, subject_field(self.subject))
        return written


def subject_field(text: str) -> Field:
    """Return the Subject, encoded (RFC 2047) where it leaves ASCII."""
    if text.isascii():
        return header_field("Subject", text)
    folded = Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")
    return Field("Subject", b"Subject: " + folded.encode("ascii") + b"\r\n")


def _text_part(text: str) -> RawMail:
    lines = text.replace("\r\n", "\n").split("\n")
    body = "\r\n".join(lines).encode()
    fields = [header_field("Content-Type", "text/plain; charset=utf-8")]
    if body.isascii() and all(len(line) <= 998 for line in lines):
        fields.append(header_field("Content-Transfer-Encoding", "7bit"))
        return RawMail(tuple(fields), body + b"\r\n")
    fields.append(header_field("Content-Transfer-Encoding", "base64"))
    return RawMail(tuple(fields), base64_lines(body + b"\r\n"))


def _multipart(mail: KimMail) -> RawMail:
    parts = [_text_part(mail.text).to_bytes(), *map(_attachment, mail.attachments)]
    boundary = _boundary(mail.message_id, parts)
    return join_parts("multipart/mixed", boundary, parts)


def join_parts(media_type: str, boundary: str, parts: Sequence[bytes]) -> RawMail:
    """Return a multipart entity of complete `parts`."""
    mark = f"--{boundary}".encode("ascii")
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return RawMail((header_field("Content-Type", f'{media_type}; boundary="{boundary}"'),), body)


def _boundary(seed: str, parts: Sequence[bytes]) -> str:
    base = "kim-" + "".join(char for char in seed if char.isalnum())[:40]
    number = 0
    while any(f"--{base}-{number}".encode("ascii") in part for part in parts):
        number += 1
    return f"{base}-{number}"


def _attachment(item: Attachment) -> bytes:
    fields = [
        header_field("Content-Type", f"{item.media_type}; {_named('name', item.name)}"),
        header_field("Content-Transfer-Encoding", "base64"),
        header_field("Content-Disposition", f"attachment; {_named('filename', item.name)}"),
    ]
    if item.description:
        fields.append(header_field("Content-Description", item.description))
    return RawMail(tuple(fields), base64_lines(item.content)).to_bytes()


def _named(parameter: str, name: str) -> str:
    if name.isascii() and name.isprintable() and '"' not in name and "\\" not in name:
        return f'{parameter}="{name}"' if " " in name or ";" in name else f"{parameter}={name}"
    return f"{parameter}*={encode_rfc2231(name, 'utf-8')}"


def base64_lines(content: bytes) -> bytes:
    """Return base64 in lines of 76 characters."""
    lines = _LINE.findall(base64.b64encode(content))
    return b"\r\n".join([*lines, b""])


def split_parts(mail: RawMail) -> list[RawMail]:
    """Return the parts of a multipart mail, one level deep; a simple mail has none.

    Raises MalformedMail for a multipart without boundary or with a broken part.
    """
    boundary = boundary_of(mail)
    if boundary is None:
        return []
    pieces = (b"\r\n" + mail.body).split(b"\r\n--" + boundary)
    inner = [piece for piece in pieces[1:] if not piece.startswith(b"--")]
    if len(inner) > MAX_PARTS:
        raise MalformedMail(f"more than {MAX_PARTS} parts")
    return [parse_mail(piece.partition(b"\n")[2]) for piece in inner]


def content_of(part: RawMail) -> bytes:
    """Return the octets of a simple part, base64 undone; raises MalformedMail."""
    if (part.get("Content-Transfer-Encoding") or "").strip().lower() != "base64":
        return part.body
    try:
        return base64.b64decode(part.body)
    except binascii.Error as problem:
        raise MalformedMail(f"broken base64: {problem}") from problem


def boundary_of(mail: RawMail) -> bytes | None:
    """Return the boundary of a multipart mail."""
    stated = mail.get("Content-Type") or ""
    if not stated.lower().startswith("multipart/"):
        return None
    for parameter in stated.split(";")[1:]:
        name, _, value = parameter.strip().partition("=")
        if name.lower() == "boundary":
            return value.strip().strip('"').encode("utf-8", "surrogateescape") or None
    return None
