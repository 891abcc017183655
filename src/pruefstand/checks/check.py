"""A check: a pure function over exchanges, tied to the requirement ids it proves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pruefstand.model.exchange import Exchange
from pruefstand.model.verdict import Finding, Verdict

Exchanges = Sequence[Exchange]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a check saw: `exchange` is where."""

    holds: bool
    expected: str
    actual: str
    exchange: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A named check; `should` marks SOLL requirements, which yield a *Hinweis*."""

    name: str
    requirements: tuple[str, ...]
    judge: Callable[[Exchanges], Judgement]
    should: bool = False

    def __post_init__(self) -> None:
        # Without an id a check would leave no finding, and so could never fail a step.
        if not self.requirements:
            raise ValueError(f"check {self.name!r} names no requirement")

    def findings(self, exchanges: Exchanges) -> list[Finding]:
        """Judge `exchanges` and return one finding per requirement."""
        judgement = self.judge(exchanges)
        missed = Verdict.HINT if self.should else Verdict.FAILED
        verdict = Verdict.PASSED if judgement.holds else missed
        return [
            Finding(
                requirement,
                self.name,
                verdict,
                judgement.expected,
                judgement.actual,
                judgement.exchange,
            )
            for requirement in self.requirements
        ]


def check(*requirements: str) -> Callable[[Callable[[Exchanges], Judgement]], Check]:
    """Turn a judging function into a check of `requirements`."""

    def build(judge: Callable[[Exchanges], Judgement]) -> Check:
        return Check(judge.__name__, requirements, judge)

    return build


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
