"""BER with indefinite lengths, the form in which many Konnektoren write a signature."""

from __future__ import annotations

from collections.abc import Container

from pruefstand.crypto import der


def indefinite(data: bytes, keep: Container[bytes | None] = ()) -> bytes:
    """Rewrite all constructed elements of `data` (DER) with indefinite lengths.

    Elements whose encoding is in `keep` stay as they are: a certificate or an OCSP answer is
    signed in its DER. Raises der.DerProblem for what is no DER.
    """
    return _rewritten(data, der.read(data, 0, len(data)), keep)


def _rewritten(data: bytes, element: der.Element, keep: Container[bytes | None]) -> bytes:
    encoded = der.raw(data, element)
    if not element.tag & der.CONSTRUCTED or encoded in keep:
        return encoded
    inner = b"".join(_rewritten(data, child, keep) for child in der.children(data, element))
    return bytes([element.tag, 0x80]) + inner + b"\x00\x00"
