"""The exchanges of one scenario in two runs, aligned by the order of their operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from pruefstand.diff.bodies import compared
from pruefstand.diff.difference import NOTHING
from pruefstand.diff.volatile import steady
from pruefstand.model.exchange import Exchange, Layer, Message

Row = tuple[str, str, str]
_OPAQUE = frozenset({Layer.TLS})
"""Layers whose facts (ports, sessions) are new with every connection."""
IGNORED_HEADERS = frozenset({"date", "content-length", "server", "x-request-id", "userpseudonym"})


def message_rows(old: Sequence[Exchange], new: Sequence[Exchange]) -> Iterator[Row]:
    """Yield (place, old, new) for all exchanges of a scenario; a missing one is a place too."""
    before, after = _comparable(old), _comparable(new)
    names = [[_kind(exchange) for exchange in side] for side in (before, after)]
    matcher = SequenceMatcher(a=names[0], b=names[1], autojunk=False)
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            for left, right in zip(before[i1:i2], after[j1:j2], strict=True):
                yield from _pair(left, right)
            continue
        yield from ((_place(gone), _kind(gone), NOTHING) for gone in before[i1:i2])
        yield from ((_place(added), NOTHING, _kind(added)) for added in after[j1:j2])


def _comparable(exchanges: Sequence[Exchange]) -> list[Exchange]:
    return [exchange for exchange in exchanges if exchange.layer not in _OPAQUE]


def _kind(exchange: Exchange) -> str:
    return f"{exchange.layer} {exchange.actor} → {exchange.peer} {exchange.operation}"


def _place(exchange: Exchange) -> str:
    return f"{exchange.id} {_kind(exchange)}"


def _pair(left: Exchange, right: Exchange) -> Iterator[Row]:
    place = _place(left)
    yield f"{place}, Status", str(left.status or NOTHING), str(right.status or NOTHING)
    yield f"{place}, Fehler", steady(left.error or NOTHING), steady(right.error or NOTHING)
    yield from _message(f"{place}, Anfrage", left.request, right.request)
    yield from _message(
        f"{place}, Antwort", left.response or Message(), right.response or Message()
    )


def _message(place: str, left: Message, right: Message) -> Iterator[Row]:
    yield f"{place}, erste Zeile", steady(left.start), steady(right.start)
    before, after = _headers(left), _headers(right)
    for name in dict.fromkeys([*before, *after]):
        yield f"{place}, {name}", before.get(name, NOTHING), after.get(name, NOTHING)
    for inner, old, new in compared(left.body, right.body):
        yield f"{place}, {inner}", old, new


def _headers(message: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in message.headers:
        if name.lower() not in IGNORED_HEADERS:
            found[name.lower()] = ", ".join(filter(None, [found.get(name.lower()), steady(value)]))
    return found
