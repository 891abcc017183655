"""A rule beyond profiles, and what breaking it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Breach:
    """A broken rule: `key` names the case among several, `values` fill its text."""

    key: str
    detail: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule(Generic[Subject]):
    """A rule over a document: `judge` returns the breach, or None when the rule is kept.

    A breach of a `tolerated` rule is a warning: the receiver accepts the document all the same.
    """

    name: str
    requirement: str
    title: str
    judge: Callable[[Subject], Breach | None]
    tolerated: bool = False


def breaches(
    rules: Iterable[Rule[Subject]], subject: Subject
) -> Iterator[tuple[Rule[Subject], Breach]]:
    """Yield every broken rule with its breach."""
    for rule in rules:
        breach = rule.judge(subject)
        if breach is not None:
            yield rule, breach
