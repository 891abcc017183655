"""The two MIME wrappings around the signature (handbook: L1 and L3)."""

from __future__ import annotations

import base64
import binascii

from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

_MESSAGE_HEAD = b"Content-Type: message/rfc822\r\n\r\n"
_SIGNED_HEAD = (
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    b"Content-Transfer-Encoding: binary\r\n"
    b"Content-Disposition: attachment; filename=smime.p7m\r\n\r\n"
)


def wrap_message(mail: bytes) -> bytes:
    """Return the part that is signed: the whole mail as message/rfc822."""
    return _MESSAGE_HEAD + mail


def unwrap_message(part: bytes) -> bytes:
    """Return the mail in a message/rfc822 part; raises MalformedMail."""
    return _content(parse_mail(part), "message/rfc822")


def wrap_signed(signed: bytes) -> bytes:
    """Return the part that is encrypted: the signature, binary, as pkcs7-mime signed-data."""
    return _SIGNED_HEAD + signed


def unwrap_signed(part: bytes) -> bytes:
    """Return the signature in a pkcs7-mime part; raises MalformedMail."""
    return _content(parse_mail(part), "application/pkcs7-mime")


def unwrap_sealed(mail: RawMail) -> bytes:
    """Return the encrypted message in an outer mail; raises MalformedMail."""
    return _content(mail, "application/pkcs7-mime")


def _content(part: RawMail, media_type: str) -> bytes:
    stated = (part.get("Content-Type") or "").partition(";")[0].strip().lower()
    if stated != media_type:
        raise MalformedMail(f"content type {stated or 'missing'}, expected {media_type}")
    if (part.get("Content-Transfer-Encoding") or "").strip().lower() != "base64":
        return part.body
    try:
        return base64.b64decode(part.body)
    except binascii.Error as problem:
        raise MalformedMail(f"broken base64: {problem}") from problem
