"""Base64url without padding (RFC 7515 section 2), the text form of everything in JOSE."""

from __future__ import annotations

import base64
import binascii

_TO_STANDARD = str.maketrans("-_+/", "+/!!")


def b64u(data: bytes) -> str:
    """Encode `data` without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def unb64u(text: str) -> bytes:
    """Decode `text`; raises ValueError for padding, foreign characters and unused bits set.

    One value has one spelling: otherwise a flipped last character could leave a signature valid.
    """
    standard = text.translate(_TO_STANDARD)
    try:
        data = binascii.a2b_base64(standard + "=" * (-len(standard) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"no base64url without padding: {error}") from error
    if "=" in text or b64u(data) != text:
        raise ValueError("no base64url without padding: not the canonical spelling")
    return data
