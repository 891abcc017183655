"""Large mail: the whole mail lies encrypted in the attachment store (KAS), a reference travels."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pruefstand.kim.mail import split_parts
from pruefstand.model.mail import MalformedMail, RawMail, header_field, parse_mail

THRESHOLD = 15 * 1024 * 1024
"""Decoded octets up to which a mail travels by itself."""

_NONCE, _TAG = 12, 16
_MAX_DEPTH = 8


class KasProblem(ValueError):
    """Data from the store do not open under the reference; `hash_differs` says how."""

    def __init__(self, text: str, *, hash_differs: bool = False) -> None:
        super().__init__(text)
        self.hash_differs = hash_differs


@dataclass(frozen=True, slots=True)
class KasReference:
    """Where the mail lies, and what opens and proves it."""

    link: str
    key: bytes
    hash: bytes
    """SHA-256 of the mail in clear."""
    size: int
    """Octets in the store."""

    def to_json(self) -> bytes:
        """Return the content of the x-kas part."""
        fields = {
            "link": self.link,
            "k": base64.b64encode(self.key).decode(),
            "hash": base64.b64encode(self.hash).decode(),
            "size": self.size,
        }
        return json.dumps(fields).encode()

    @classmethod
    def from_json(cls, data: bytes) -> KasReference:
        """Read what `to_json` wrote; raises MalformedMail."""
        try:
            fields = json.loads(data)
            return cls(
                str(fields["link"]),
                base64.b64decode(fields["k"], validate=True),
                base64.b64decode(fields["hash"], validate=True),
                int(fields["size"]),
            )
        except (ValueError, KeyError, TypeError) as problem:
            raise MalformedMail(f"no reference to the attachment store: {problem}") from problem


def seal_large(mail: bytes) -> tuple[bytes, bytes]:
    """Return a fresh key and the octets for the store: nonce, ciphertext, tag."""
    key, nonce = os.urandom(32), os.urandom(_NONCE)
    return key, nonce + AESGCM(key).encrypt(nonce, mail, None)


def open_large(stored: bytes, reference: KasReference) -> bytes:
    """Return the mail in clear; raises KasProblem."""
    if len(stored) < _NONCE + _TAG or len(reference.key) != 32:
        raise KasProblem("data or key are too short")
    try:
        mail = AESGCM(reference.key).decrypt(stored[:_NONCE], stored[_NONCE:], None)
    except InvalidTag:
        raise KasProblem("the data do not open under the key") from None
    if hashlib.sha256(mail).digest() != reference.hash:
        raise KasProblem("the mail has another hash than announced", hash_differs=True)
    return mail


def with_reference(mail: RawMail, reference: KasReference) -> RawMail:
    """Return the mail with its body replaced by the reference."""
    bare = mail.without(
        "Content-Type",
        "Content-Transfer-Encoding",
        "Content-Disposition",
        "Content-Description",
        "MIME-Version",
    )
    added = (
        header_field("MIME-Version", "1.0"),
        header_field("Content-Type", "text/plain; charset=utf-8"),
        header_field("Content-Disposition", "x-kas"),
    )
    return RawMail(bare.fields + added, reference.to_json() + b"\r\n")


def references_in(mail: RawMail, depth: int = 0) -> list[RawMail]:
    """Return the x-kas parts of a mail, however deep; deeper than eight levels is MalformedMail."""
    if depth > _MAX_DEPTH:
        raise MalformedMail(f"parts nested more than {_MAX_DEPTH} levels deep")
    disposition = (mail.get("Content-Disposition") or "").partition(";")[0].strip().lower()
    found = [mail] if disposition == "x-kas" else []
    for part in _inner(mail):
        found += references_in(part, depth + 1)
    return found


def decoded_size(mail: RawMail, depth: int = 0) -> int:
    """Return the octets of all parts after decoding base64."""
    if depth > _MAX_DEPTH:
        raise MalformedMail(f"parts nested more than {_MAX_DEPTH} levels deep")
    parts = _inner(mail)
    if parts:
        return sum(decoded_size(part, depth + 1) for part in parts)
    if (mail.get("Content-Transfer-Encoding") or "").strip().lower() == "base64":
        text = mail.body.translate(None, b"\r\n\t ")
        return len(text) * 3 // 4 - text[-2:].count(b"=")
    return len(mail.body)


def _inner(mail: RawMail) -> list[RawMail]:
    stated = (mail.get("Content-Type") or "").partition(";")[0].strip().lower()
    if stated == "message/rfc822":
        return [parse_mail(mail.body)]
    return split_parts(mail)
