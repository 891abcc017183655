"""LDAP messages between octets and values: Bind, Search, Abandon, Unbind and their answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from pruefstand.crypto import der as asn1
from pruefstand.crypto.der import DerProblem, Element
from pruefstand.ldap import filters
from pruefstand.ldap.filters import Filter
from pruefstand.ldap.problem import LdapProblem

START_TLS = "1.3.6.1.4.1.1466.20037"
DISCONNECTION = "1.3.6.1.4.1.1466.20036"
"""Notice of Disconnection (RFC 4511 section 4.4.1)."""

_BIND, _BIND_DONE, _UNBIND, _SEARCH = 0x60, 0x61, 0x42, 0x63
_ENTRY, _SEARCH_DONE, _REFERENCE, _ABANDON = 0x64, 0x65, 0x73, 0x50
_EXTENDED, _EXTENDED_DONE = 0x77, 0x78
_SIMPLE, _REQUEST_NAME, _RESPONSE_NAME = 0x80, 0x80, 0x8A


class ResultCode(IntEnum):
    """Result codes that occur here (RFC 4511 appendix A)."""

    SUCCESS = 0
    OPERATIONS_ERROR = 1
    PROTOCOL_ERROR = 2
    TIME_LIMIT_EXCEEDED = 3
    SIZE_LIMIT_EXCEEDED = 4
    AUTH_METHOD_NOT_SUPPORTED = 7
    CONFIDENTIALITY_REQUIRED = 13
    NO_SUCH_OBJECT = 32
    INVALID_CREDENTIALS = 49
    INSUFFICIENT_ACCESS_RIGHTS = 50
    BUSY = 51
    UNAVAILABLE = 52
    UNWILLING_TO_PERFORM = 53


class Scope(IntEnum):
    """How deep a search goes."""

    BASE = 0
    ONE_LEVEL = 1
    SUBTREE = 2


@dataclass(frozen=True, slots=True)
class Bind:
    """A simple bind; empty name and password are anonymous. `simple` is False for SASL."""

    name: str = ""
    password: bytes = b""
    version: int = 3
    simple: bool = True


@dataclass(frozen=True, slots=True)
class Search:
    """A search; no attributes means all."""

    base: str
    filter: Filter
    scope: Scope = Scope.SUBTREE
    attributes: tuple[str, ...] = ()
    size_limit: int = 0
    types_only: bool = False


@dataclass(frozen=True, slots=True)
class Unbind:
    """The end of the connection."""


@dataclass(frozen=True, slots=True)
class Abandon:
    """An earlier request is no longer wanted."""

    message_id: int


@dataclass(frozen=True, slots=True)
class Extended:
    """An extended operation by its OID."""

    oid: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """An operation a directory that is only read does not have, by its tag; asked without body."""

    tag: int


Operation = Bind | Search | Unbind | Abandon | Extended | Unknown


@dataclass(frozen=True, slots=True)
class Entry:
    """One hit."""

    dn: str
    attributes: Mapping[str, tuple[bytes, ...]]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the values of an attribute as texts, by name without regard to case."""
        wanted = name.lower()
        found = (values for key, values in self.attributes.items() if key.lower() == wanted)
        return tuple(value.decode("utf-8", "replace") for value in next(found, ()))


@dataclass(frozen=True, slots=True)
class Result:
    """How an operation ended."""

    code: ResultCode
    text: str = ""
    oid: str = ""


def read_request(data: bytes) -> tuple[int, Operation]:
    """Return message id and operation of a request; raises LdapProblem."""
    try:
        number, operation = _message(data)
        return number, _operation(data, operation)
    except (DerProblem, ValueError) as problem:
        raise LdapProblem(f"no LDAP request: {problem}") from problem


def _message(data: bytes) -> tuple[int, Element]:
    whole = asn1.expect(data, 0, len(data), asn1.SEQUENCE, "LDAPMessage")
    parts = list(asn1.children(data, whole))
    if len(parts) < 2 or parts[0].tag != asn1.INTEGER:
        raise DerProblem("message id missing")
    return _integer(data, parts[0]), parts[1]


def _operation(data: bytes, element: Element) -> Operation:
    if element.tag == _BIND:
        version, name, login = asn1.fields(data, element, 3, "BindRequest")
        password = data[login.start : login.stop]
        simple = login.tag == _SIMPLE
        return Bind(_text(data, name), password, _integer(data, version), simple)
    if element.tag == _SEARCH:
        return _search(data, element)
    if element.tag == _UNBIND:
        return Unbind()
    if element.tag == _ABANDON:
        return Abandon(_integer(data, element))
    if element.tag == _EXTENDED:
        name = asn1.expect(data, element.start, element.stop, _REQUEST_NAME, "requestName")
        return Extended(_text(data, name))
    return Unknown(element.tag)


def _search(data: bytes, element: Element) -> Search:
    base, scope, _, size, _, types, wanted, attributes = asn1.fields(
        data, element, 8, "SearchRequest"
    )
    return Search(
        _text(data, base),
        filters.decode(data, wanted),
        Scope(_integer(data, scope)),
        tuple(_text(data, name) for name in asn1.children(data, attributes)),
        _integer(data, size),
        data[types.start : types.stop] != b"\0",
    )


def write_request(number: int, operation: Operation) -> bytes:
    """Return the octets of a request; raises LdapProblem for what cannot be asked."""
    match operation:
        case Bind(name, password, version):
            body = (
                asn1.integer(version)
                + asn1.octet_string(name.encode())
                + asn1.tlv(_SIMPLE, password)
            )
            return _write(number, asn1.tlv(_BIND, body))
        case Search():
            return _write(number, asn1.tlv(_SEARCH, _search_body(operation)))
        case Unbind():
            return _write(number, asn1.tlv(_UNBIND, b""))
        case Abandon(message_id):
            return _write(number, asn1.tlv(_ABANDON, asn1.integer(message_id)[2:]))
        case Extended(oid):
            return _write(number, asn1.tlv(_EXTENDED, asn1.tlv(_REQUEST_NAME, oid.encode())))
        case Unknown(tag):
            return _write(number, asn1.tlv(tag, b""))


def _search_body(search: Search) -> bytes:
    names = b"".join(asn1.octet_string(name.encode()) for name in search.attributes)
    return b"".join(
        (
            asn1.octet_string(search.base.encode()),
            asn1.tlv(asn1.ENUMERATED, bytes([search.scope])),
            asn1.tlv(asn1.ENUMERATED, b"\0"),
            asn1.integer(search.size_limit),
            asn1.integer(0),
            asn1.tlv(asn1.BOOLEAN, b"\xff" if search.types_only else b"\0"),
            filters.encode(search.filter),
            asn1.sequence(names),
        )
    )


def write_entry(number: int, entry: Entry) -> bytes:
    """Return the octets of one hit."""
    attributes = b"".join(
        asn1.sequence(
            asn1.octet_string(name.encode()),
            asn1.tlv(asn1.SET, b"".join(map(asn1.octet_string, values))),
        )
        for name, values in entry.attributes.items()
    )
    body = asn1.octet_string(entry.dn.encode()) + asn1.sequence(attributes)
    return _write(number, asn1.tlv(_ENTRY, body))


def disconnection(code: ResultCode, text: str) -> bytes:
    """Return what a server says that ends a connection of its own accord (RFC 4511, 4.4.1)."""
    return write_result(0, Extended(""), Result(code, text, DISCONNECTION))


def write_result(number: int, asked: Operation, result: Result) -> bytes:
    """Return the octets of the answer that ends `asked`."""
    tag = {Bind: _BIND_DONE, Search: _SEARCH_DONE}.get(type(asked), _EXTENDED_DONE)
    if isinstance(asked, Unknown):
        # Each answer has the tag after its request's.
        tag = (asked.tag | 0x20) + 1
    body = asn1.tlv(asn1.ENUMERATED, bytes([result.code]))
    body += asn1.octet_string(b"") + asn1.octet_string(result.text.encode())
    if result.oid:
        body += asn1.tlv(_RESPONSE_NAME, result.oid.encode())
    return _write(number, asn1.tlv(tag, body))


def _write(number: int, operation: bytes) -> bytes:
    return asn1.sequence(asn1.integer(number), operation)


def read_answer(data: bytes) -> tuple[int, Entry | Result]:
    """Return message id and content of an answer; raises LdapProblem."""
    try:
        number, element = _message(data)
        if element.tag == _ENTRY:
            return number, _entry(data, element)
        if element.tag == _REFERENCE:
            return number, Entry("", {})
        code, _, text, *_ = asn1.children(data, element)
        return number, Result(ResultCode(_integer(data, code)), _text(data, text))
    except (DerProblem, ValueError) as problem:
        raise LdapProblem(f"no LDAP answer: {problem}") from problem


def _entry(data: bytes, element: Element) -> Entry:
    name, attributes = asn1.fields(data, element, 2, "SearchResultEntry")
    found: dict[str, tuple[bytes, ...]] = {}
    for attribute in asn1.children(data, attributes):
        kind, values = asn1.fields(data, attribute, 2, "PartialAttribute")
        held = tuple(data[value.start : value.stop] for value in asn1.children(data, values))
        found[_text(data, kind)] = held
    return Entry(_text(data, name), found)


def _integer(data: bytes, element: Element) -> int:
    return int.from_bytes(data[element.start : element.stop], "big", signed=True)


def _text(data: bytes, element: Element) -> str:
    return data[element.start : element.stop].decode("utf-8", "replace")
