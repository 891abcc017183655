"""What an operation hands back to the dispatcher."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mocks.konnektor.errors import telematik_error
from mocks.konnektor.state import State
from pruefstand.soap.envelope import Element
from pruefstand.soap.fault import TelematikError, error_element, status_element


@dataclass(frozen=True, slots=True)
class Answer:
    """The response, built or serialised, and the seconds that the card worked for it."""

    body: Element | bytes
    delay: float = 0.0
    completes: Callable[[], bytes | None] | None = None
    """Called when the card is done; raises, or returns another response, if something came up."""


def error(state: State, trouble: TelematikError) -> Element:
    """Return `trouble` as `GERROR:Error`, dated now."""
    ctx = state.ctx
    return error_element(trouble, message_id=ctx.rng.uuid(), at=ctx.clock.now())


def status(state: State, warning: int = 0) -> Element:
    """Return `CONN:Status`: OK, or Warning with error `warning`."""
    if not warning:
        return status_element()
    ctx = state.ctx
    return status_element(telematik_error(warning), message_id=ctx.rng.uuid(), at=ctx.clock.now())
