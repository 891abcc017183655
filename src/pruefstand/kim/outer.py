"""The outer mail: what everybody on the way may read of a KIM message (handbook: L5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

from pruefstand.clock import BERLIN
from pruefstand.kim.dienstkennung import DEFAULT, HEADER
from pruefstand.kim.mail import base64_lines
from pruefstand.model.mail import Field, RawMail, header_field

SUBJECT = "KOM-LE-Nachricht"
VERSION_HEADER = "X-KOM-LE-Version"
COPIED = ("Date", "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Message-ID")
"""Fields that are the same outside as inside; so is every X-KIM field."""

COMPARED = ("From", "Sender", "Reply-To", "To", "Cc")
"""Fields the receiving client module compares."""


@dataclass(frozen=True, slots=True)
class ModuleStamp:
    """What the sending client module says about itself."""

    module_version: str
    product_version: str
    konnektor_version: str


def outer_mail(
    inner: RawMail,
    sealed: bytes,
    stamp: ModuleStamp,
    *,
    at: datetime,
    days_to_live: int,
    kas_size: int | None = None,
) -> RawMail:
    """Return the mail that carries `sealed`; `kas_size` is given when the store holds the mail."""
    named = [
        (VERSION_HEADER, "1.5" if kas_size is not None else "1.0"),
        ("X-KIM-CMVersion", stamp.module_version),
        ("X-KIM-PTVersion", stamp.product_version),
        ("X-KIM-KONVersion", stamp.konnektor_version),
        ("Expires", format_datetime((at + timedelta(days=days_to_live)).astimezone(BERLIN))),
    ]
    if inner.get(HEADER) is None:
        named.append((HEADER, str(DEFAULT)))
    if kas_size is not None:
        named.append(("X-KIM-KAS-Size", str(kas_size)))
    mime = [
        ("Subject", SUBJECT),
        ("MIME-Version", "1.0"),
        (
            "Content-Type",
            "application/pkcs7-mime; smime-type=authenticated-enveloped-data; name=smime.p7m",
        ),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", "attachment; filename=smime.p7m"),
    ]
    own = (header_field(name, value) for name, value in (*named, *mime))
    own_names = {name.lower() for name, _ in named}
    kept = [item for item in copied_fields(inner) if item.name.lower() not in own_names]
    return RawMail((*kept, *own), base64_lines(sealed))


def copied_fields(inner: RawMail) -> Iterable[Field]:
    """Return the fields of the inner mail that stand outside too, in their order."""
    wanted = {name.lower() for name in COPIED}
    for item in inner.fields:
        name = item.name.lower()
        if name in wanted or name.startswith("x-kim-"):
            yield item


def differing_fields(outer: RawMail, inner: RawMail) -> list[str]:
    """Return the compared fields whose addresses differ outside and inside."""
    return [name for name in COMPARED if outer.addresses(name) != inner.addresses(name)]
