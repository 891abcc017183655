"""What binary content tells: text islands in it, private keys, holders of certificates, gzip."""

from __future__ import annotations

import re
import zlib

MAX_UNPACKED = 16 * 1024 * 1024
"""Bytes; what unpacks to more is not looked into and counts as a secret."""
_ISLAND = re.compile(
    rb"(?:[\x20-\x7e\t\r\n]++|[\xc2-\xdf][\x80-\xbf]"
    rb"|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3})++"
)
_SHORTEST = 3
"""Bytes of the shortest island that may be a name."""
_SPEECH = re.compile(rb"[\x20-\x7e\t\r\n]{12}")
_LARGE = 2048
"""Bytes; content of this size without a single run of 12 ASCII characters is taken as cipher."""
_WIDE = re.compile(rb"(?:[\x20-\xff]\x00){4,}|(?:\x00[\x20-\xff]){4,}")
_SOME_WIDE = re.compile(rb"\x00[\x20-\xff]\x00[\x20-\xff]\x00[\x20-\xff]\x00")
_PRIVATE_KEY = re.compile(
    # PKCS#8 version 0 with the OID of EC or RSA, SEC 1 version 1 with a scalar, PKCS#1 version 0.
    rb"\x02\x01\x00\x30[\x09-\x40]\x06(?:\x07\x2a\x86\x48\xce\x3d\x02\x01|\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01)"
    rb"|\x02\x01\x01\x04[\x18-\x42]"
    rb"|\x30\x82..\x02\x01\x00\x02\x82",
    re.DOTALL,
)
_HOLDER = re.compile(
    # surname or givenName as UTF8String, PrintableString, TeletexString
    rb"\x06\x03\x55\x04[\x04\x2a][\x0c\x13\x14]([\x01-\x7f])",
    re.DOTALL,
)


class TooLarge(ValueError):
    """Packed content that unpacks to more than `MAX_UNPACKED`."""


def islands(data: bytes) -> str:
    """Return the readable parts of `data`, one a line; UTF-16 is read as well."""
    wide = _SOME_WIDE.search(data)
    if len(data) > _LARGE and not wide and not _SPEECH.search(data):
        return ""
    parts = [part for part in _ISLAND.findall(data) if len(part) >= _SHORTEST]
    if wide:
        parts += [piece.replace(b"\0", b"") for piece in _WIDE.findall(data)]
        return "\n".join(_decoded(part) for part in parts)
    return b"\n".join(parts).decode("utf-8", "replace")


def _decoded(part: bytes) -> str:
    try:
        return part.decode("utf-8")
    except UnicodeDecodeError:
        return part.decode("latin-1")


def holders(data: bytes) -> list[str]:
    """Return surnames and given names of certificate holders; those of X.509 persons only."""
    return [
        _decoded(data[match.end() : match.end() + match[1][0]]) for match in _HOLDER.finditer(data)
    ]


def has_private_key(data: bytes) -> bool:
    """Tell whether `data` holds the DER of a private key (PKCS#8, SEC 1, PKCS#1)."""
    return data[:1] == b"\x30" and _PRIVATE_KEY.search(data[:200]) is not None


def holds_pdf(data: bytes) -> bool:
    """Tell whether a PDF is in `data`: its text stands in glyph numbers and packed streams."""
    return b"%PDF-" in data


def unpacked(data: bytes) -> bytes | None:
    """Return what a gzip or zlib stream holds, None when `data` is none; raises TooLarge."""
    if data[:2] != b"\x1f\x8b" and data[:2] not in {b"\x78\x01", b"\x78\x9c", b"\x78\xda"}:
        return None
    stream = zlib.decompressobj(wbits=47)
    try:
        content = stream.decompress(data, MAX_UNPACKED)
    except zlib.error:
        return None
    if stream.unconsumed_tail:
        raise TooLarge
    return content
