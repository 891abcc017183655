"""FHIRPath tokens to a syntax tree, by operator precedence."""

from __future__ import annotations

from decimal import Decimal

from pruefstand.fhir.path.lexer import END, FhirPathProblem, Token, tokens, unquoted
from pruefstand.fhir.path.syntax import (
    Binary,
    Call,
    Expression,
    Indexer,
    Literal,
    Member,
    Negated,
    This,
    TypeOperation,
    Variable,
)

_LEVELS = (
    ("implies",),
    ("or", "xor"),
    ("and",),
    ("in", "contains"),
    ("=", "~", "!=", "!~"),
    ("<", ">", "<=", ">="),
    ("|",),
    ("is", "as"),
    ("+", "-", "&"),
    ("*", "/", "div", "mod"),
)
_STRENGTH = {sign: level for level, signs in enumerate(_LEVELS, 1) for sign in signs}
_UNITS = frozenset(
    f"{unit}{plural}"
    for unit in ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
    for plural in ("", "s")
)
_DEEPEST = 100


def parse(text: str) -> Expression:
    """Return the syntax tree of `text`; raises FhirPathProblem."""
    parser = _Parser(tokens(text))
    tree = parser.expression(0)
    if parser.ahead is not END:
        raise FhirPathProblem(f"unexpected {parser.ahead.text!r} after the expression")
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._rest = iter(found)
        self._depth = 0
        self.ahead = next(self._rest)

    def _take(self) -> Token:
        token = self.ahead
        self.ahead = next(self._rest, END)
        return token

    def _expect(self, text: str) -> None:
        token = self._take()
        if token.text != text:
            raise FhirPathProblem(f"expected {text!r}, found {token.text!r}")

    def expression(self, strength: int) -> Expression:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise FhirPathProblem("nested too deeply")
        left = self._signed()
        while self.ahead.kind in ("sign", "name"):
            level = _STRENGTH.get(self.ahead.text, 0)
            if level <= strength:
                break
            operator = self._take().text
            if operator in ("is", "as"):
                left = TypeOperation(left, operator, self._type_name())
            else:
                left = Binary(operator, left, self.expression(level))
        self._depth -= 1
        return left

    def _signed(self) -> Expression:
        if self.ahead.kind == "sign" and self.ahead.text in "+-":
            minus = self._take().text == "-"
            operand = self.expression(len(_LEVELS))
            return Negated(operand) if minus else operand
        return self._followed(self._term())

    def _type_name(self) -> str:
        name = self._take().text.strip("`")
        while self.ahead.text == ".":
            self._take()
            name = self._take().text.strip("`")
        return name

    def _term(self) -> Expression:
        token = self._take()
        if token.text == "(":
            inside = self.expression(0)
            self._expect(")")
            return inside
        if token.text == "{":
            self._expect("}")
            return Literal(None)
        if token.kind in ("name", "quoted"):
            return self._named(token)
        return self._constant(token)

    def _named(self, token: Token) -> Expression:
        if token.text in ("true", "false"):
            return Literal(token.text == "true")
        if token.text == "$this":
            return This()
        if token.text.startswith("$"):
            return Variable(token.text)
        return self._invocation(This(), token)

    def _constant(self, token: Token) -> Expression:
        if token.kind == "number":
            # The unit of a quantity literal does not take part in our comparisons.
            if self.ahead.kind == "string" or self.ahead.text in _UNITS:
                self._take()
            return Literal(Decimal(token.text) if "." in token.text else int(token.text))
        if token.kind == "string":
            return Literal(unquoted(token.text))
        if token.kind == "moment":
            return Literal(token.text[1:].removeprefix("T"))
        if token.kind == "variable":
            return Variable("%" + token.text[1:].strip("`'"))
        raise FhirPathProblem(f"unexpected {token.text!r}")

    def _invocation(self, base: Expression, token: Token) -> Expression:
        if token.kind != "name" or self.ahead.text != "(":
            return Member(base, token.text.strip("`"))
        self._take()
        arguments: list[Expression] = []
        if self.ahead.text != ")":
            arguments.append(self.expression(0))
            while self.ahead.text == ",":
                self._take()
                arguments.append(self.expression(0))
        self._expect(")")
        return Call(base, token.text, tuple(arguments))

    def _followed(self, base: Expression) -> Expression:
        while True:
            if self.ahead.text == ".":
                self._take()
                token = self._take()
                if token.kind not in ("name", "quoted"):
                    raise FhirPathProblem(f"no member: {token.text!r}")
                base = self._invocation(base, token)
            elif self.ahead.text == "[":
                self._take()
                base = Indexer(base, self.expression(0))
                self._expect("]")
            else:
                return base
