"""FHIRPath text to tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)
    |(?P<sign><=|>=|!=|!~|[=~<>+\-*/&|.,()\[\]{}])
    |(?P<moment>@T?[0-9][0-9T:\-.+Z]*)
    |(?P<number>[0-9]+(?:\.[0-9]+)?)
    |(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<quoted>`[^`]*`)
    |(?P<variable>%(?:[A-Za-z_][\w\-]*|`[^`]*`|'[^']*'))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}


class FhirPathProblem(ValueError):
    """An expression cannot be read, or cannot be evaluated on these items."""


class Token(NamedTuple):
    """A piece of an expression; `kind` names the group of the grammar."""

    kind: str
    text: str


END = Token("end", "")


def tokens(text: str) -> list[Token]:
    """Return the tokens of `text`, closed by END; raises FhirPathProblem."""
    found: list[Token] = []
    position = 0
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if start != position:
            break
        position = end
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup or "", match[0]))
    if position < len(text):
        raise FhirPathProblem(f"unexpected {text[position : position + 10]!r}")
    return [*found, END]


def unquoted(literal: str) -> str:
    """Return the content of a string literal; an unknown escape keeps its backslash."""
    return _ESCAPE.sub(_replacement, literal[1:-1])


def _replacement(match: re.Match[str]) -> str:
    code = match[1]
    if len(code) == 5:
        return chr(int(code[1:], 16))
    if code in "'\"\\/`":
        return code
    return _ESCAPED.get(code, match[0])
