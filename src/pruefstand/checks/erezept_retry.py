"""What a client does after a refusal of the Fachdienst: when it tries again, and how often.

The change of site that 502 and 506 ask for is not judged: one address shows only one site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory
from pruefstand.checks.select import carried_by_vau
from pruefstand.model.exchange import Exchange

MOST_TRIES = 10
HOUR = 3600.0
RETRIED_4XX = frozenset({408, 429})
OVERLOAD = frozenset({429, *range(500, 600)})
GROWTH = 1.5
"""A pause must be longer than the one before by this factor; jitter keeps it below two."""


@dataclass(frozen=True, slots=True)
class _Tries:
    """The same call again and again, with the status of each answer, inner or outer."""

    calls: list[Exchange]
    statuses: list[int | None]

    @property
    def pauses(self) -> list[float]:
        """Seconds from one answer to the next try."""
        return [
            (later.started - earlier.started).total_seconds() - earlier.duration
            for earlier, later in pairwise(self.calls)
        ]


def _tries(exchanges: Exchanges) -> Iterator[_Tries]:
    """Yield each call that was refused at least once, with its repetitions."""
    by_id = {exchange.id: exchange for exchange in exchanges}

    def status(inner: Exchange) -> int | None:
        if inner.status is not None:
            return inner.status
        channel = by_id.get(inner.parent or "")
        carrier = by_id.get(channel.parent or "") if channel else None
        return carrier.status if carrier else None

    def same(call: Exchange) -> tuple[str, str, bytes]:
        return call.actor, call.request.start, call.request.body

    unfinished: dict[tuple[str, str, bytes], _Tries] = {}
    for call in carried_by_vau(exchanges):
        tries = unfinished.setdefault(same(call), _Tries([], []))
        tries.calls.append(call)
        tries.statuses.append(status(call))
        if (status(call) or 0) < 400:
            del unfinished[same(call)]
            if len(tries.calls) > 1:
                yield tries
    yield from (tries for tries in unfinished.values() if (tries.statuses[-1] or 0) >= 400)


@check("A_25460")
def retries_follow_the_table(exchanges: Exchanges) -> Judgement:
    """No second try after 4xx but 408 and 429, after 429 none within the hour, never an 11th."""
    expected = (
        "kein zweiter Versuch nach 4xx außer 408 und 429 (dann nach einer Stunde), höchstens 10"
    )
    refused = list(_tries(exchanges))
    for one in refused:
        if len(one.calls) > MOST_TRIES:
            return Judgement(False, expected, f"{len(one.calls)} Versuche", one.calls[-1].id)
        for status, pause, again in zip(one.statuses, one.pauses, one.calls[1:], strict=False):
            if status is not None and 400 <= status < 500 and status not in RETRIED_4XX:
                return Judgement(False, expected, f"erneut nach {status}", again.id)
            if status == 429 and pause < HOUR:
                return Judgement(False, expected, f"nach 429 schon nach {pause:.0f} s", again.id)
    if not refused:
        return Judgement(False, expected, "keine Ablehnung aufgezeichnet")
    counts = ", ".join(str(len(one.calls)) for one in refused)
    return Judgement(True, expected, f"Versuche: {counts}", refused[-1].calls[-1].id)


def _grows(exchanges: Exchanges) -> Judgement:
    expected = f"nach 5xx und 429 jede Pause mindestens das {GROWTH}-fache der vorigen"
    seen = [one for one in _tries(exchanges) if OVERLOAD & set(one.statuses)]
    for one in seen:
        for (before, after), again in zip(pairwise(one.pauses), one.calls[2:], strict=False):
            if after < GROWTH * before:
                actual = f"nach {before:.1f} s eine Pause von {after:.1f} s"
                return Judgement(False, expected, actual, again.id)
    if not any(len(one.pauses) > 1 for one in seen):
        return Judgement(False, expected, "keine zwei Pausen aufgezeichnet")
    pauses = "; ".join(" ".join(f"{pause:.0f}" for pause in one.pauses) for one in seen)
    return Judgement(True, expected, f"Pausen in Sekunden: {pauses}", seen[-1].calls[-1].id)


@factory
def pauses_grow(*requirements: str) -> Check:
    """Return the check that pauses after signs of overload grow exponentially (a SOLL)."""
    return Check("pauses_grow", requirements, _grows, should=True)
