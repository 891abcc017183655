"""The note a client module appends to the text of a mail it has opened."""

from __future__ import annotations

import base64
import binascii
import quopri
from email.message import Message

from pruefstand.kim.mail import base64_lines, boundary_of
from pruefstand.model.mail import MalformedMail, RawMail, parse_mail

VERIFIED = "Die Signatur wurde erfolgreich geprüft."
DECRYPTED = "Die Nachricht wurde entschlüsselt."
_RULE = "-" * 40
_MAX_DEPTH = 8


def with_note(mail: RawMail, sentences: list[str], depth: int = 0) -> RawMail:
    """Return the mail with the sentences below the first plain text; without one, unchanged."""
    boundary = boundary_of(mail)
    if boundary is None:
        return _noted(mail, sentences) if _is_plain_text(mail) else mail
    if depth > _MAX_DEPTH:
        return mail
    mark = b"\r\n--" + boundary
    pieces = (b"\r\n" + mail.body).split(mark)
    for index, piece in enumerate(pieces[1:], 1):
        head, _, octets = piece.partition(b"\n")
        try:
            part = parse_mail(octets)
        except MalformedMail:
            continue
        changed = with_note(part, sentences, depth + 1)
        if changed is not part:
            pieces[index] = head + b"\n" + changed.to_bytes().removesuffix(b"\r\n")
            return RawMail(mail.fields, mark.join(pieces)[2:])
    return mail


def _is_plain_text(part: RawMail) -> bool:
    stated = (part.get("Content-Type") or "text/plain").partition(";")[0].strip().lower()
    disposition = (part.get("Content-Disposition") or "").strip().lower()
    return stated == "text/plain" and not disposition.startswith("attachment")


def _noted(part: RawMail, sentences: list[str]) -> RawMail:
    text = plain_text(part).rstrip("\r\n")
    noted = "\r\n".join([*text.splitlines(), _RULE, *sentences, ""])
    changed = part.set("Content-Type", "text/plain; charset=utf-8")
    changed = changed.set("Content-Transfer-Encoding", "base64")
    return RawMail(changed.fields, base64_lines(noted.encode()))


def plain_text(part: RawMail) -> str:
    """Return the text of a text part; what cannot be decoded is replaced."""
    encoding = (part.get("Content-Transfer-Encoding") or "").strip().lower()
    octets = part.body
    if encoding == "base64":
        try:
            octets = base64.b64decode(octets)
        except binascii.Error:
            octets = part.body
    elif encoding == "quoted-printable":
        octets = quopri.decodestring(octets)
    stated = Message()
    stated["Content-Type"] = part.get("Content-Type") or "text/plain"
    charset = stated.get_content_charset("utf-8")
    try:
        return octets.decode(charset, "replace")
    except LookupError:
        return octets.decode("utf-8", "replace")
