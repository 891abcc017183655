"""ASN.1 by hand: fast DER writers, and a bounded reader that takes BER as well as DER.

Some Konnektors emit indefinite-length BER, so the reader follows it; what is signed is always
the DER form, which `canonical` restores.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, UTF8_STRING, UTC_TIME, GENERALIZED_TIME = 0x0A, 0x0C, 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31
CONSTRUCTED = 0x20

# Deepest element of a real QES lies 12 levels down; a bound stops hostile nesting.
MAX_DEPTH = 24
_UNIVERSAL_STRINGS = frozenset({BIT_STRING, OCTET_STRING, UTF8_STRING})


class DerProblem(ValueError):
    """Octets that are not the BER or DER they claim to be."""


class Element(NamedTuple):
    """Where one TLV lies in its octets: `[begin, end)` whole, `[start, stop)` content."""

    tag: int
    begin: int
    start: int
    stop: int
    end: int


def tlv(tag: int, content: bytes) -> bytes:
    """Return one DER element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded `parts`."""
    return tlv(SEQUENCE, b"".join(parts))


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF encoded `parts`, in DER order."""
    return tlv(SET, b"".join(sorted(parts)))


def context(number: int, *parts: bytes) -> bytes:
    """Return the constructed context-specific element `[number]`."""
    return tlv(0xA0 | number, b"".join(parts))


def octet_string(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(OCTET_STRING, value)


def bit_string(value: bytes) -> bytes:
    """Return a BIT STRING without unused bits."""
    return tlv(BIT_STRING, b"\x00" + value)


def integer(value: int) -> bytes:
    """Return a non-negative INTEGER."""
    return tlv(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def utf8(text: str) -> bytes:
    """Return a UTF8String."""
    return tlv(UTF8_STRING, text.encode())


def utc_time(instant: datetime) -> bytes:
    """Return a UTCTime, whole seconds, UTC; years 1950 to 2049."""
    moment = instant.astimezone(UTC)
    if not 1950 <= moment.year <= 2049:
        raise DerProblem(f"UTCTime cannot hold the year {moment.year}")
    return b"\x17\x0d" + moment.strftime("%y%m%d%H%M%SZ").encode()


def generalized_time(instant: datetime) -> bytes:
    """Return a GeneralizedTime, whole seconds, UTC."""
    moment = instant.astimezone(UTC)
    return b"\x18\x0f" + f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode()


@lru_cache(maxsize=512)
def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    content = bytearray()
    for arc in (first * 40 + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(OID, bytes(content))


@lru_cache(maxsize=512)
def dotted_oid(content: bytes) -> str:
    """Return the dotted text of an OBJECT IDENTIFIER's content octets."""
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise DerProblem("broken object identifier")
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - first * 40, *arcs[1:])))


def read(data: bytes, begin: int, limit: int) -> Element:
    """Locate the element that starts at `begin` and must end at or before `limit`."""
    if begin + 2 > limit:
        raise DerProblem("truncated: an element is missing")
    tag, size, start = data[begin], data[begin + 1], begin + 2
    if tag & 0x1F == 0x1F:
        raise DerProblem("tag numbers above 30 do not occur here")
    if size == 0x80:
        if not tag & CONSTRUCTED:
            raise DerProblem("indefinite length on a primitive element")
        stop = _end_of_contents(data, start, limit)
        return Element(tag, begin, start, stop, stop + 2)
    if size > 0x80:
        start, size = _long_length(data, start, size & 0x7F)
    stop = start + size
    if stop > limit:
        raise DerProblem("truncated: an element is longer than its frame")
    return Element(tag, begin, start, stop, stop)


def _long_length(data: bytes, pos: int, count: int) -> tuple[int, int]:
    if count > 4:
        raise DerProblem("length field of more than four octets")
    return pos + count, int.from_bytes(data[pos : pos + count], "big")


def _end_of_contents(data: bytes, pos: int, limit: int) -> int:
    """Return where the end-of-contents octets of the open element begin; one linear pass."""
    depth = 1
    while pos + 2 <= limit:
        tag, size = data[pos], data[pos + 1]
        pos += 2
        if not tag and not size:
            depth -= 1
            if not depth:
                return pos - 2
        elif size == 0x80:
            depth += 1
            if depth > MAX_DEPTH:
                raise DerProblem("nested too deeply")
        else:
            if size > 0x80:
                pos, size = _long_length(data, pos, size & 0x7F)
            pos += size
    raise DerProblem("truncated: end-of-contents octets are missing")


def expect(data: bytes, begin: int, limit: int, tag: int, what: str) -> Element:
    """Locate the element at `begin`, which must carry `tag`; `what` names it in the error."""
    element = read(data, begin, limit)
    if element.tag != tag:
        raise DerProblem(f"{what} expected, found tag 0x{element.tag:02x}")
    return element


def children(data: bytes, parent: Element) -> Iterator[Element]:
    """Yield the elements inside a constructed element, in order."""
    pos = parent.start
    while pos < parent.stop:
        child = read(data, pos, parent.stop)
        yield child
        pos = child.end


def fields(data: bytes, parent: Element, count: int, what: str) -> list[Element]:
    """Return the exactly `count` elements inside `parent`; `what` names it in the error."""
    found = list(children(data, parent)) if parent.tag & CONSTRUCTED else []
    if len(found) != count:
        raise DerProblem(f"{what} holds {len(found)} fields, expected {count}")
    return found


def raw(data: bytes, element: Element) -> bytes:
    """Return the element's octets as they stand."""
    return data[element.begin : element.end]


def octets(data: bytes, element: Element, depth: int = 0) -> bytes:
    """Return the content of an OCTET STRING, primitive or in BER chunks."""
    if not element.tag & CONSTRUCTED:
        return data[element.start : element.stop]
    if depth > MAX_DEPTH:
        raise DerProblem("nested too deeply")
    return b"".join(octets(data, part, depth + 1) for part in children(data, element))


def canonical(data: bytes, element: Element, depth: int = 0) -> bytes:
    """Return the element in DER: definite lengths, whole strings, sorted sets."""
    if depth > MAX_DEPTH:
        raise DerProblem("nested too deeply")
    tag = element.tag
    if not tag & CONSTRUCTED:
        return tlv(tag, data[element.start : element.stop])
    if tag & ~CONSTRUCTED in _UNIVERSAL_STRINGS:
        return tlv(tag & ~CONSTRUCTED, octets(data, element, depth))
    parts = [canonical(data, part, depth + 1) for part in children(data, element)]
    return tlv(tag, b"".join(sorted(parts) if tag == SET else parts))
