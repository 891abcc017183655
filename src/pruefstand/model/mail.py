"""A mail as octets: header fields and body, taken apart and joined without refolding anything.

A signature covers the octets, so the `email` package, which folds anew, is of no use here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from email.header import decode_header, make_header
from email.utils import getaddresses

MAX_FIELDS = 1000
"""Header fields of one mail; a real one has some thirty."""

MAX_HEADER = 256 * 1024
"""Octets of the header section."""

_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)")
"""A name, a colon, and everything to the end of the last folded line."""

_EMPTY_LINE = re.compile(rb"\r?\n")
_BARE = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9.-]+")
_FOLD = re.compile(r"\r?\n(?=[ \t])")


class MalformedMail(ValueError):
    """The octets are no mail that a mail server would take."""


@dataclass(frozen=True, slots=True)
class Field:
    """One header field; `raw` is all of it, folds and line end included."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """The value, unfolded, without the blanks around it."""
        text = self.raw.partition(b":")[2].decode("utf-8", "surrogateescape")
        return _FOLD.sub("", text).strip()


def header_field(name: str, value: str) -> Field:
    """Return a field on one line; raises MalformedMail when `value` would start another one."""
    if "\r" in value or "\n" in value or "\0" in value:
        raise MalformedMail(f"the value of {name} holds a line end")
    return Field(name, f"{name}: {value}\r\n".encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, slots=True)
class RawMail:
    """Header fields in their order, and the body after the empty line."""

    fields: tuple[Field, ...]
    body: bytes
    _index: dict[str, list[Field]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @property
    def index(self) -> dict[str, list[Field]]:
        """The fields by lower-case name; made when first asked for, most mails are only written."""
        if not self._index:
            made: dict[str, list[Field]] = {}
            for item in self.fields:
                made.setdefault(item.name.lower(), []).append(item)
            self._index.update(made)
        return self._index

    def get(self, name: str) -> str | None:
        """Return the first value of `name`, without regard to case."""
        found = self.index.get(name.lower())
        return found[0].value if found else None

    def all(self, name: str) -> list[str]:
        """Return every value of `name`."""
        return [item.value for item in self.index.get(name.lower(), ())]

    def addresses(self, *names: str) -> tuple[str, ...]:
        """Return the bare addresses in the fields `names`, in lower case."""
        values = [value for name in names for value in self.all(name)]
        if all(map(_BARE.fullmatch, values)):
            # The usual case; the email package takes fifty times as long for it.
            return tuple(value.lower() for value in values)
        pairs = getaddresses(values)
        return tuple(address.lower() for _, address in pairs if address)

    def text(self, name: str) -> str | None:
        """Return the first value of `name` with encoded words (RFC 2047) decoded."""
        value = self.get(name)
        if value is None:
            return None
        try:
            return str(make_header(decode_header(value)))
        except (LookupError, ValueError):
            return value

    def without(self, *names: str) -> RawMail:
        """Return the mail without the fields `names`."""
        unwanted = {name.lower() for name in names}
        kept = tuple(item for item in self.fields if item.name.lower() not in unwanted)
        return replace(self, fields=kept)

    def with_fields(self, fields: Iterable[Field], *, first: bool = False) -> RawMail:
        """Return the mail with `fields` after (or before) its own."""
        added = tuple(fields)
        joined = added + self.fields if first else self.fields + added
        return replace(self, fields=joined)

    def set(self, name: str, value: str) -> RawMail:
        """Return the mail with exactly one field `name`."""
        return self.without(name).with_fields([header_field(name, value)])

    def to_bytes(self) -> bytes:
        """Return the octets; what was read and not changed comes back as it was."""
        return b"".join(item.raw for item in self.fields) + b"\r\n" + self.body


def parse_mail(data: bytes) -> RawMail:
    """Take a mail (or a MIME part) apart; raises MalformedMail."""
    fields: list[Field] = []
    position = 0
    while position < len(data):
        empty = _EMPTY_LINE.match(data, position)
        if empty is not None:
            return RawMail(tuple(fields), data[empty.end() :])
        found = _FIELD.match(data, position)
        if found is None:
            raise MalformedMail(f"no header field: {data[position : position + 40]!r}")
        position = found.end()
        if position > MAX_HEADER or len(fields) > MAX_FIELDS:
            raise MalformedMail(f"more than {MAX_FIELDS} header fields or {MAX_HEADER} octets")
        raw = found[0] if found[0].endswith(b"\n") else found[0] + b"\r\n"
        fields.append(Field(found[1].decode("ascii"), raw))
    return RawMail(tuple(fields), b"")
