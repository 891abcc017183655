"""Whether a practice reaches the directory as it should, and asks no more than it needs."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.ldap.filters import (
    All,
    AnyOf,
    Compare,
    Filter,
    Relation,
    Substrings,
    parse_filter,
)
from pruefstand.ldap.problem import LdapProblem
from pruefstand.model.exchange import Exchange, Layer

PROXY, DIRECTORY = "konnektor", "vzd"
SHORTEST_WAIT = timedelta(seconds=5)
LETTERS = 3
"""Known characters a search for part of a name has at least."""

MOST_PER_MINUTE = 10
_KINDS = frozenset({"entrytype", "objectclass", "active", "professionoid"})
"""Attributes that hold for whole groups."""


@check("VZD-PS-01")
def asked_through_the_konnektor(exchanges: Exchanges) -> Judgement:
    """Every LDAP conversation runs over a connection to the Konnektor."""
    peers = {e.id: e.peer for e in exchanges if e.layer is Layer.TLS}
    return judge_all(
        _searches(exchanges),
        lambda e: peers.get(e.parent or "") == PROXY,
        expected="LDAP über den Konnektor",
        show=lambda e: f"{e.operation} an {peers.get(e.parent or '') or 'unbekannt'}",
    )


@check("A_27744/Wartezeit")
def waits_after_failures(exchanges: Exchanges) -> Judgement:
    """Attempts that fail are five seconds apart at least, and further apart each time."""
    expected = "wachsende Abstände, anfangs mindestens fünf Sekunden"
    tried = [
        e.started
        for e in exchanges
        if e.layer is Layer.TLS and e.error and e.peer in (PROXY, DIRECTORY)
    ]
    gaps = [later - earlier for earlier, later in pairwise(tried)]
    shown = ", ".join(f"{gap.total_seconds():.0f} s" for gap in gaps)
    seen = f"{len(tried)} Versuche, Abstände {shown}"
    grows = all(later > earlier for earlier, later in pairwise(gaps))
    return Judgement(len(gaps) > 1 and gaps[0] >= SHORTEST_WAIT and grows, expected, seen)


@check("A_27752")
def searches_are_targeted(exchanges: Exchanges) -> Judgement:
    """Each search knows what it wants, and there are few of them."""
    expected = f"gezielte Suchen, höchstens {MOST_PER_MINUTE} in der Minute"
    found = _searches(exchanges)
    for one in found:
        near = [e for e in found if timedelta() <= e.started - one.started < timedelta(minutes=1)]
        if len(near) > MOST_PER_MINUTE:
            return Judgement(False, expected, f"{len(near)} Suchen in der Minute", one.id)
    return judge_all(
        found,
        lambda e: _is_targeted(e.request.start.rpartition("?")[2]),
        expected=expected,
        show=lambda e: e.request.start,
    )


USE_CHECKS: tuple[Check, ...] = (asked_through_the_konnektor, searches_are_targeted)


def _is_targeted(text: str) -> bool:
    try:
        return _narrows(parse_filter(text))
    except LdapProblem:
        return False


def _narrows(wanted: Filter) -> bool:
    """Tell whether a filter names somebody, and not a kind or an initial."""
    match wanted:
        case All(parts):
            return any(map(_narrows, parts))
        case AnyOf(parts):
            return bool(parts) and all(map(_narrows, parts))
        case Compare(attribute, Relation.EQUAL | Relation.APPROXIMATE, value):
            return attribute.lower() not in _KINDS and bool(value)
        case Substrings(_, initial, middle, final):
            known = b"".join((initial, *middle, final)).decode("utf-8", "replace")
            return len(known.strip()) >= LETTERS
        case _:
            return False


def _searches(exchanges: Exchanges) -> list[Exchange]:
    return [e for e in exchanges if e.layer is Layer.LDAP and e.operation == "Search"]
