"""FHIR JSON: a parser that keeps places and digits and refuses what JSON leaves open; a writer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NoReturn

from pruefstand.fhir.syntax import FhirSyntaxProblem, position

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None}
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOM = b"\xef\xbb\xbf"
_DEEPEST = 100


class Number(str):
    """A number as it is written."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Located:
    """A value with the place it begins at; `line` and `column` count from 1.

    `value` is a text, a Number, a boolean, None, or a mapping or list of Located.
    """

    value: Any
    line: int
    column: int


def parse(data: bytes) -> Located:
    """Return the value of a JSON text in UTF-8; raises FhirSyntaxProblem."""
    body = data.removeprefix(_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = position(body, error.start)
        raise FhirSyntaxProblem("kein gültiges UTF-8", line=line, column=column) from None
    reader = _Reader(text)
    value = reader.value(0)
    reader.end()
    return value


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._line_start = 0
        self._counted = 0

    def _place(self, at: int) -> tuple[int, int]:
        # Places are asked for in the order of the text, so lines are counted once.
        breaks = self._text.count("\n", self._counted, at)
        if breaks:
            self._line += breaks
            self._line_start = self._text.rfind("\n", 0, at) + 1
        self._counted = at
        return self._line, at - self._line_start + 1

    def _fail(self, text: str) -> NoReturn:
        line, column = self._place(max(self._at, self._counted))
        raise FhirSyntaxProblem(text, line=line, column=column)

    def _ahead(self) -> str:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._text[self._at : self._at + 1]

    def _take(self, sign: str) -> bool:
        if self._ahead() != sign:
            return False
        self._at += 1
        return True

    def end(self) -> None:
        """Raise FhirSyntaxProblem unless the text is used up."""
        if self._ahead():
            self._fail("Text nach dem Ende des Dokuments")

    def value(self, depth: int) -> Located:
        """Return the value that begins here; raises FhirSyntaxProblem."""
        if depth > _DEEPEST:
            self._fail(f"mehr als {_DEEPEST} Ebenen")
        sign = self._ahead()
        line, column = self._place(self._at)
        if sign == "{":
            return Located(self._object(depth), line, column)
        if sign == "[":
            return Located(self._list(depth), line, column)
        return Located(self._string() if sign == '"' else self._plain(), line, column)

    def _object(self, depth: int) -> dict[str, Located]:
        self._at += 1
        members: dict[str, Located] = {}
        while not self._take("}"):
            if members and not self._take(","):
                self._fail("Komma oder } erwartet")
            if self._ahead() != '"':
                self._fail("Name in Anführungszeichen erwartet")
            start, name = self._at, self._string()
            if name in members:
                self._at = start
                self._fail(f"{name} steht zweimal in einem Objekt")
            if not self._take(":"):
                self._fail("Doppelpunkt erwartet")
            members[name] = self.value(depth + 1)
        return members

    def _list(self, depth: int) -> list[Located]:
        self._at += 1
        items: list[Located] = []
        while not self._take("]"):
            if items and not self._take(","):
                self._fail("Komma oder ] erwartet")
            items.append(self.value(depth + 1))
        return items

    def _string(self) -> str:
        found = _STRING.match(self._text, self._at)
        if found is None:
            self._fail("Zeichenkette ohne Ende oder mit unerlaubtem Zeichen")
        raw = found.group()
        text: str = json.loads(raw) if "\\" in raw else raw[1:-1]
        if _SURROGATE.search(text):
            self._fail("einzelnes Surrogat, kein Unicode-Zeichen")
        self._at = found.end()
        return text

    def _plain(self) -> Any:
        for word, value in _WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        found = _NUMBER.match(self._text, self._at)
        if found is None:
            self._fail("kein JSON-Wert")
        self._at = found.end()
        return Number(found.group())


def to_json(resource: Mapping[str, Any]) -> bytes:
    """Return `resource` as FHIR JSON in UTF-8; decimals keep their digits, `resourceType` leads."""
    return _written(resource).encode("utf-8")


def _written(value: Any) -> str:
    if isinstance(value, Mapping):
        # The kind of a resource stands first, wherever the mapping has it.
        names = sorted(value, key=lambda name: name != "resourceType")
        return "{" + ",".join(f"{json.dumps(name)}:{_written(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, (Number, Decimal)):
        return str(value)
    return json.dumps(value, ensure_ascii=False)
