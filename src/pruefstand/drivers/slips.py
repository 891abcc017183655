"""A slip: how a careless actor spoils one call, and the table look-up shared by all layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Generic, TypeVar

from pruefstand.model.fault import FaultSet

T = TypeVar("T")


class Placing(Enum):
    """What becomes of the spoiled call: it goes in place of the right one, before it, or after it.

    UNASKED: no call is made, the slip says what is taken for the answer. ANSWER: the call is made,
    and the slip reads its answer wrongly.
    """

    INSTEAD = auto()
    AHEAD = auto()
    AGAIN = auto()
    UNASKED = auto()
    ANSWER = auto()


@dataclass(frozen=True, slots=True)
class Slip(Generic[T]):
    """What the carelessness `fault` makes of a call of `operation` (empty: of any)."""

    fault: str
    operation: str
    placing: Placing
    spoil: Callable[[T], T | None]
    """Returns the spoiled call, or None when there is nothing to spoil in this one.

    The right one stays as it is: whether it is sent is decided afterwards.
    """


def spoiled(
    slips: Iterable[Slip[T]], faults: FaultSet, operation: str, placing: Placing, call: T
) -> Iterator[T]:
    """Yield what the switched-on carelessnesses make of `call`.

    A carelessness that finds nothing to spoil is not even asked about: it cannot matter here. What
    is off is worked out only for somebody who watches. Only AGAIN may leave the call as it was, for
    to repeat it is the mistake.
    """
    repeats = placing is Placing.AGAIN
    for slip in slips:
        if slip.placing is not placing or slip.operation not in ("", operation):
            continue
        if faults.matters(slip.fault):
            wrong = slip.spoil(call)
            if wrong is not None and (repeats or wrong != call) and slip.fault in faults:
                yield wrong


def replaced(slips: Iterable[Slip[T]], faults: FaultSet, operation: str, call: T) -> T:
    """Return what is sent in place of `call`; each slip spoils what the one before left."""
    for slip in slips:
        for wrong in spoiled((slip,), faults, operation, Placing.INSTEAD, call):
            call = wrong
    return call


def carried_out(
    slips: Iterable[Slip[T]],
    faults: FaultSet,
    operation: str,
    call: T,
    send: Callable[[T], object],
) -> T:
    """Send what goes ahead of `call` and return what is sent in its place."""
    for wrong in spoiled(slips, faults, operation, Placing.AHEAD, call):
        send(wrong)
    return replaced(slips, faults, operation, call)
