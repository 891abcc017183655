"""What the receiver has of a mail: attachments and text."""

from __future__ import annotations

import base64
import binascii
import hashlib

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.kim_select import is_opened, mail_of, received
from pruefstand.kim.mail import split_parts
from pruefstand.model.mail import MalformedMail, RawMail


@factory
def attachment_arrived(digest: str, *requirements: str) -> Check:
    """Return the check that the last mail received has an attachment of this SHA-256 in hex."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"Anhang mit SHA-256 {digest[:16]}…"
        found = received(exchanges)
        if not found:
            return Judgement(False, expected, "keine Mail abgerufen")
        mail = mail_of(found[-1])
        if not is_opened(mail):
            return Judgement(None, expected, "die Mail kam nicht lesbar an", found[-1].id)
        held = attachments_of(mail)
        digests = [hashlib.sha256(octets).hexdigest() for octets in held]
        actual = ", ".join(text[:16] for text in digests) or "kein Anhang"
        return Judgement(digest in digests, expected, actual, found[-1].id)

    return Check("attachment_arrived", requirements, judge)


def attachments_of(mail: RawMail) -> list[bytes]:
    """Return the decoded contents of the attachments."""
    try:
        return [
            base64.b64decode(part.body)
            for part in split_parts(mail)
            if (part.get("Content-Disposition") or "").lower().startswith("attachment")
        ]
    except (MalformedMail, binascii.Error):
        return []
