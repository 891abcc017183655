"""The syntax tree of FHIRPath; named tuples, since thousands are made before a first verdict."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple


class Literal(NamedTuple):
    """A constant; `None` stands for the empty collection."""

    value: str | bool | int | Decimal | None


class This(NamedTuple):
    """The focus, also where an expression begins with a member or a function."""


class Variable(NamedTuple):
    """`%name`, `$index` or `$total`."""

    name: str


class Member(NamedTuple):
    """`base.name`."""

    base: Expression
    name: str


class Call(NamedTuple):
    """`base.name(arguments)`."""

    base: Expression
    name: str
    arguments: tuple[Expression, ...]


class Indexer(NamedTuple):
    """`base[position]`."""

    base: Expression
    position: Expression


class TypeOperation(NamedTuple):
    """`base is type` or `base as type`."""

    base: Expression
    operator: str
    type_name: str


class Binary(NamedTuple):
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression


class Negated(NamedTuple):
    """`-base`."""

    base: Expression


Expression = Literal | This | Variable | Member | Call | Indexer | TypeOperation | Binary | Negated
