"""Search filters: text form, wire form, and whether an entry matches.

Values compare without regard to case and outer blanks, as the directory's string syntaxes do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from pruefstand.crypto import der as asn1
from pruefstand.crypto.der import Element
from pruefstand.ldap.problem import LdapProblem

Lookup = Callable[[str], Sequence[bytes]]
"""The values of an attribute, by name without regard to case."""

MAX_DEPTH = 16
"""Nesting of a filter; a practice system needs three levels."""

_INITIAL, _ANY, _FINAL = 0x80, 0x81, 0x82
_AND, _OR, _NOT, _SUBSTRINGS, _PRESENT = 0xA0, 0xA1, 0xA2, 0xA4, 0x87
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9.;-]*")
_ESCAPE = re.compile(rb"\\([0-9a-fA-F]{2})")


class Relation(IntEnum):
    """Comparisons with one value, by their tag."""

    EQUAL = 0xA3
    AT_LEAST = 0xA5
    AT_MOST = 0xA6
    APPROXIMATE = 0xA8


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds (&); without parts, always."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds (|)."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold (!)."""

    part: Filter


@dataclass(frozen=True, slots=True)
class Compare:
    """One attribute against one value."""

    attribute: str
    relation: Relation
    value: bytes


@dataclass(frozen=True, slots=True)
class Substrings:
    """One attribute against pieces in their order."""

    attribute: str
    initial: bytes
    middle: tuple[bytes, ...]
    final: bytes


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute has a value."""

    attribute: str


Filter = All | AnyOf | Not | Compare | Substrings | Present


def attributes_of(wanted: Filter) -> frozenset[str]:
    """Return the attributes a filter names, in lower case."""
    if isinstance(wanted, All | AnyOf):
        return frozenset().union(*map(attributes_of, wanted.parts))
    if isinstance(wanted, Not):
        return attributes_of(wanted.part)
    return frozenset({wanted.attribute.lower()})


def matches(wanted: Filter, values: Lookup) -> bool:
    """Tell whether an entry with `values` is wanted."""
    match wanted:
        case All(parts):
            return all(matches(part, values) for part in parts)
        case AnyOf(parts):
            return any(matches(part, values) for part in parts)
        case Not(part):
            return not matches(part, values)
        case Present(attribute):
            return bool(values(attribute))
        case Compare(attribute, relation, value):
            return any(_related(_fold(held), relation, _fold(value)) for held in values(attribute))
        case Substrings(attribute):
            return any(_contains(_fold(held), wanted) for held in values(attribute))


def _fold(value: bytes) -> bytes:
    return (
        value.decode("utf-8", "surrogateescape")
        .strip()
        .casefold()
        .encode("utf-8", "surrogateescape")
    )


def _related(held: bytes, relation: Relation, value: bytes) -> bool:
    if relation is Relation.AT_LEAST:
        return held >= value
    if relation is Relation.AT_MOST:
        return held <= value
    return held == value


def _contains(held: bytes, wanted: Substrings) -> bool:
    first, last = _fold(wanted.initial), _fold(wanted.final)
    if len(held) < len(first) + len(last) or not held.startswith(first) or not held.endswith(last):
        return False
    position, end = len(first), len(held) - len(last)
    for piece in map(_fold, wanted.middle):
        found = held.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def encode(wanted: Filter) -> bytes:
    """Return the filter as BER."""
    match wanted:
        case All(parts):
            return asn1.tlv(_AND, b"".join(map(encode, parts)))
        case AnyOf(parts):
            return asn1.tlv(_OR, b"".join(map(encode, parts)))
        case Not(part):
            return asn1.tlv(_NOT, encode(part))
        case Present(attribute):
            return asn1.tlv(_PRESENT, attribute.encode())
        case Compare(attribute, relation, value):
            name = asn1.octet_string(attribute.encode())
            return asn1.tlv(relation, name + asn1.octet_string(value))
        case Substrings(attribute, initial, middle, final):
            pieces = [(_INITIAL, initial), *((_ANY, piece) for piece in middle), (_FINAL, final)]
            body = b"".join(asn1.tlv(tag, piece) for tag, piece in pieces if piece)
            name = asn1.octet_string(attribute.encode())
            return asn1.tlv(_SUBSTRINGS, name + asn1.sequence(body))


def decode(data: bytes, element: Element, depth: int = 0) -> Filter:
    """Return the filter at `element`; raises LdapProblem or DerProblem."""
    if depth > MAX_DEPTH:
        raise LdapProblem("filter nested too deeply")
    tag = element.tag
    if tag == _PRESENT:
        return Present(_text(data, element))
    if tag in (_AND, _OR):
        parts = tuple(decode(data, part, depth + 1) for part in asn1.children(data, element))
        return All(parts) if tag == _AND else AnyOf(parts)
    if tag == _NOT:
        return Not(decode(data, asn1.fields(data, element, 1, "not")[0], depth + 1))
    if tag == _SUBSTRINGS:
        return _substrings(data, element)
    if tag in list(Relation):
        name, value = asn1.fields(data, element, 2, "comparison")
        return Compare(_text(data, name), Relation(tag), data[value.start : value.stop])
    raise LdapProblem(f"filter of unknown kind 0x{tag:02x}")


def _substrings(data: bytes, element: Element) -> Substrings:
    name, pieces = asn1.fields(data, element, 2, "substrings")
    found: dict[int, list[bytes]] = {_INITIAL: [], _ANY: [], _FINAL: []}
    for piece in asn1.children(data, pieces):
        if piece.tag not in found:
            raise LdapProblem("substring of unknown kind")
        found[piece.tag].append(data[piece.start : piece.stop])
    if len(found[_INITIAL]) > 1 or len(found[_FINAL]) > 1:
        raise LdapProblem("more than one beginning or end")
    first, last = (b"".join(found[tag]) for tag in (_INITIAL, _FINAL))
    return Substrings(_text(data, name), first, tuple(found[_ANY]), last)


def _text(data: bytes, element: Element) -> str:
    text = data[element.start : element.stop].decode("utf-8", "replace")
    if not _ATTRIBUTE.fullmatch(text):
        raise LdapProblem(f"{text!r} is no attribute name")
    return text


def escape(value: str) -> str:
    """Return `value` for use inside a filter text: nothing in it acts as a filter."""
    special = {ord(char): f"\\{ord(char):02x}" for char in "\\*()\0"}
    return value.translate(special)


def parse_filter(text: str) -> Filter:
    """Read the text form, such as `(&(domainID=1)(entryType=5))`; raises LdapProblem."""
    found, rest = _parse(text.strip().encode(), 0)
    if rest:
        raise LdapProblem(f"after the filter stands {rest[:20]!r}")
    return found


def _parse(text: bytes, depth: int) -> tuple[Filter, bytes]:
    if not text.startswith(b"(") or depth > MAX_DEPTH:
        raise LdapProblem(f"no filter: {text[:40]!r}")
    kind, rest = text[1:2], text[2:]
    if kind in (b"&", b"|"):
        parts = []
        while rest.startswith(b"("):
            part, rest = _parse(rest, depth + 1)
            parts.append(part)
        return (All if kind == b"&" else AnyOf)(tuple(parts)), _closed(rest)
    if kind == b"!":
        part, rest = _parse(rest, depth + 1)
        return Not(part), _closed(rest)
    item, close, rest = text[1:].partition(b")")
    if not close:
        raise LdapProblem(f"the filter is not closed: {text[:40]!r}")
    return _item(item), rest


def _closed(rest: bytes) -> bytes:
    if not rest.startswith(b")"):
        raise LdapProblem("the filter is not closed")
    return rest[1:]


_RELATIONS = (
    (b">=", Relation.AT_LEAST),
    (b"<=", Relation.AT_MOST),
    (b"~=", Relation.APPROXIMATE),
    (b"=", Relation.EQUAL),
)


def _item(item: bytes) -> Filter:
    for sign, relation in _RELATIONS:
        name, found, value = item.partition(sign)
        attribute = name.decode("utf-8", "replace")
        if not found or not _ATTRIBUTE.fullmatch(attribute):
            continue
        if relation is not Relation.EQUAL or b"*" not in value:
            return Compare(attribute, relation, _unescape(value))
        if value == b"*":
            return Present(attribute)
        first, *middle, last = map(_unescape, value.split(b"*"))
        return Substrings(attribute, first, tuple(filter(None, middle)), last)
    raise LdapProblem(f"no comparison: {item[:40]!r}")


def _unescape(value: bytes) -> bytes:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), value)
