"""The syntax tree of FHIRPath."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant; `None` stands for the empty collection."""

    value: str | bool | int | Decimal | None


@dataclass(frozen=True, slots=True)
class This:
    """The focus, also where an expression begins with a member or a function."""


@dataclass(frozen=True, slots=True)
class Variable:
    """`%name`, `$index` or `$total`."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """`base.name`."""

    base: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """`base.name(arguments)`."""

    base: Expression
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Indexer:
    """`base[position]`."""

    base: Expression
    position: Expression


@dataclass(frozen=True, slots=True)
class TypeOperation:
    """`base is type` or `base as type`."""

    base: Expression
    operator: str
    type_name: str


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Negated:
    """`-base`."""

    base: Expression


Expression = Literal | This | Variable | Member | Call | Indexer | TypeOperation | Binary | Negated
