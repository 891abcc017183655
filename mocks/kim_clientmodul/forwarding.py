"""A mail that could not be decrypted and is passed on as it is."""

from __future__ import annotations

from pruefstand.kim.mail import split_parts
from pruefstand.kim.outer import VERSION_HEADER
from pruefstand.model.mail import RawMail, header_field, parse_mail

_TRACE = ("Return-Path", "Received")


def undecrypted_forward(mail: RawMail) -> RawMail | None:
    """Return the enclosed KIM message with the new sender, or None when there is none."""
    for part in [mail, *split_parts(mail)]:
        stated = (part.get("Content-Type") or "").partition(";")[0].strip().lower()
        if stated != "message/rfc822":
            continue
        enclosed = parse_mail(part.body)
        kind = (enclosed.get("Content-Type") or "").lower()
        if enclosed.get(VERSION_HEADER) and kind.startswith("application/pkcs7-mime"):
            sender = header_field("From", mail.get("From") or "")
            bare = enclosed.without(*_TRACE, "From", "Sender", "Reply-To")
            return bare.with_fields([sender], first=True)
    return None
