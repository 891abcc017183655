"""The exchanges of a recorded scenario: originals where they can be had, else as the pack has them.

A pack may hold commitments `⟨kind:hex⟩` where secrets and personal data stood. A check that reads
such a place cannot decide anything; the watch notices that it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_from_json
from pruefstand.evidence.run_folder import Run
from pruefstand.model.case import CaseRecord
from pruefstand.model.exchange import Exchange, Message
from pruefstand.model.http import header

COMMITMENT = re.compile(r"⟨[\w.-]+:[0-9a-f]{8,128}⟩")
_IN_BYTES = re.compile(COMMITMENT.pattern.replace(r"[\w.-]+", r"[\w.-]{1,64}").encode())

Restore = Callable[[Run, CaseRecord], tuple[Exchange, ...] | None]
"""Returns a scenario's original exchanges from the operator's vault, None when it has none."""


def is_redacted(value: object) -> bool:
    """Tell whether a commitment stands anywhere in `value`: text, bytes, pairs, lists."""
    if isinstance(value, bytes):
        return bool(_IN_BYTES.search(value))
    if isinstance(value, str):
        return bool(COMMITMENT.search(value))
    if isinstance(value, Mapping):
        return any(is_redacted(part) for pair in value.items() for part in pair)
    if isinstance(value, tuple | list):
        return any(is_redacted(part) for part in value)
    return False


@dataclass(slots=True)
class Watch:
    """Notices that a check read something redacted."""

    touched: bool = False

    def seen(self, value: object) -> None:
        """Take note of what is being read."""
        self.touched = self.touched or is_redacted(value)


@dataclass(frozen=True, slots=True)
class Traffic:
    """The exchanges of one scenario in their order, and what watches over redacted places."""

    exchanges: tuple[Exchange, ...]
    watch: Watch = field(default_factory=Watch)


def recorded_exchanges(run: Run, case: CaseRecord, restore: Restore | None = None) -> Traffic:
    """Return what `case` recorded; raises OperatorError when the pack is damaged.

    This is the one place where old traffic comes from: `restore` may bring the originals back.
    """
    originals = restore(run, case) if restore else None
    if originals is not None:
        return Traffic(originals)
    try:
        exchanges = [exchange_from_json(data, run.blob) for data in case.exchanges]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise OperatorError(
            f"{run.folder}: eine Nachricht von {case.id} ist nicht lesbar ({error!r})",
            hint="pruefstand evidence verify prüft den Laufordner",
        ) from error
    watch = Watch()
    return Traffic(tuple(_watched(exchange, watch) for exchange in exchanges), watch)


def _watched(exchange: Exchange, watch: Watch) -> Exchange:
    """Return `exchange`, observed where a commitment stands and as it is where none does."""
    if not is_redacted(exchange.facts):
        facts: Mapping[str, str] = exchange.facts
    else:
        facts = _WatchedFacts(exchange.facts, watch)
    return replace(
        exchange,
        facts=facts,
        request=_watched_message(exchange.request, watch),
        response=exchange.response and _watched_message(exchange.response, watch),
    )


def _watched_message(message: Message, watch: Watch) -> Message:
    if not is_redacted((message.start, message.headers, message.body)):
        return message
    return _WatchedMessage(message, watch)


class _WatchedMessage(Message):
    """A message that tells its watch when a redacted part is read."""

    __slots__ = ("_watch",)
    _watch: Watch

    def __init__(self, message: Message, watch: Watch) -> None:
        super().__init__(message.start, message.headers, message.body, message.status)
        object.__setattr__(self, "_watch", watch)

    def __getattribute__(self, name: str) -> Any:
        value = super().__getattribute__(name)
        if name in {"start", "headers", "body"}:
            super().__getattribute__("_watch").seen(value)
        return value

    def header(self, name: str) -> str | None:
        """Return the first value of header `name`; only this value counts as read."""
        get = super().__getattribute__
        value = header(get("headers"), name)
        get("_watch").seen(value)
        return value


class _WatchedFacts(dict[str, str]):
    """Facts that tell their watch when a redacted one is read."""

    def __init__(self, facts: Mapping[str, str], watch: Watch) -> None:
        super().__init__(facts)
        self._watch = watch

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        self._watch.seen(value)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """Return the fact `name`."""
        value = super().get(name, default)
        self._watch.seen(value)
        return value
