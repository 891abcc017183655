"""A check: a pure function over exchanges, tied to the requirement ids it proves."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, ParamSpec

from pruefstand.model.exchange import Exchange
from pruefstand.model.verdict import Finding, Verdict

Exchanges = Sequence[Exchange]
PACKAGE = "pruefstand.checks"
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check saw: `exchange` is where.

    `holds` is None where the traffic decides nothing, because another's failure stood in the way;
    `actual` says which. That nothing was seen is no such reason: it speaks against who was to act.
    """

    holds: bool | None
    expected: str
    actual: str
    exchange: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a check is found again: `module:function` below `PACKAGE`, and its JSON arguments."""

    name: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; `should` marks SOLL requirements, which yield a *Hinweis*."""

    name: str
    requirements: tuple[str, ...]
    judge: Callable[[Exchanges], Judgement]
    should: bool = False
    reference: Reference = Reference("")

    def __post_init__(self) -> None:
        # Without an id a check would leave no finding, and so could never fail a step.
        if not self.requirements:
            raise ValueError(f"check {self.name!r} names no requirement")

    def findings(self, exchanges: Exchanges) -> list[Finding]:
        """Judge `exchanges` and return one finding per requirement."""
        judgement = self.judge(exchanges)
        missed = Verdict.HINT if self.should else Verdict.FAILED
        verdict = Verdict.PASSED if judgement.holds else missed
        if judgement.holds is None:
            verdict = Verdict.UNDECIDED
        return [
            Finding(
                requirement,
                self.name,
                verdict,
                judgement.expected,
                judgement.actual,
                judgement.exchange,
                self.reference.name,
                self.reference.arguments,
                len(exchanges),
            )
            for requirement in self.requirements
        ]


def check(*requirements: str) -> Callable[[Callable[[Exchanges], Judgement]], Check]:
    """Turn a judging function into a check of `requirements`."""

    def build(judge: Callable[[Exchanges], Judgement]) -> Check:
        return Check(judge.__name__, requirements, judge, reference=Reference(_name_of(judge)))

    return build


@dataclass(frozen=True, slots=True)
class Factory(Generic[P]):
    """Makes checks from parameters that have a JSON form, and notes them in the reference."""

    make: Callable[P, Check]

    @property
    def name(self) -> str:
        """The name in references."""
        return _name_of(self.make)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Check:
        """Return the check for these parameters, all by position."""
        if kwargs:
            raise TypeError(f"{self.name}: parameters go by position")
        # What was recorded and what is read again must be equal: tuples become lists here.
        arguments = tuple(json.loads(json.dumps(args)))
        made = self.make(*args, **kwargs)
        return replace(made, reference=Reference(self.name, arguments))


def factory(make: Callable[P, Check]) -> Factory[P]:
    """Turn a function with JSON parameters into a maker of checks that can be found again."""
    return Factory(make)


def _name_of(function: Callable[..., object]) -> str:
    return f"{function.__module__.removeprefix(PACKAGE + '.')}:{function.__name__}"


def judge_all(
    exchanges: Exchanges,
    good: Callable[[Exchange], bool],
    *,
    expected: str,
    show: Callable[[Exchange], str],
) -> Judgement:
    """Judge that `good` holds for each exchange, and that there is at least one."""
    for exchange in exchanges:
        if not good(exchange):
            return Judgement(False, expected, show(exchange), exchange.id)
    if not exchanges:
        return Judgement(False, expected, "kein passender Nachrichtenaustausch aufgezeichnet")
    return Judgement(True, expected, f"{len(exchanges)} Nachrichten entsprechen", exchanges[-1].id)
