"""How a client uses the directory, and what the directory answers."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from pruefstand.checks.check import Check, Exchanges, Judgement, check, factory, judge_all
from pruefstand.ldap.messages import Entry, read_answer
from pruefstand.ldap.problem import LdapProblem
from pruefstand.model.exchange import Exchange, Layer

BASE = "dc=data,dc=vzd"
CLOSED_AFTER = timedelta(seconds=5)
_OPERATIONS = frozenset({"Bind", "Unbind", "Search", "Abandon"})


@check("TIP1-A_5570")
def searches_are_answered(exchanges: Exchanges) -> Judgement:
    """Every search below the base ends with success."""
    return judge_all(
        _ldap(exchanges, "Search"),
        lambda e: e.request.start.startswith(BASE) and e.status == 0,
        expected=f"Suche unter {BASE}: 0 SUCCESS",
        show=lambda e: e.response.start if e.response else "keine Antwort",
    )


@check("VZD-PS-03")
def only_reading_operations(exchanges: Exchanges) -> Judgement:
    """Only Bind, Search, Abandon and Unbind occur."""
    return judge_all(
        _ldap(exchanges),
        lambda e: e.operation in _OPERATIONS,
        expected="Bind, Search, Abandon, Unbind",
        show=lambda e: e.operation,
    )


@check("A_27744", "A_27744/parallel")
def connections_serve_a_search(exchanges: Exchanges) -> Judgement:
    """Each connection carries a search and ends with Unbind before the next one begins."""
    expected = "je Verbindung Suche und Unbind, eine nach der anderen"
    order = [(e.parent, e.operation) for e in _ldap(exchanges)]
    carriers = list(dict.fromkeys(parent for parent, _ in order))
    for carrier in carriers:
        mine = [operation for parent, operation in order if parent == carrier]
        if "Search" not in mine or mine[-1] != "Unbind":
            return Judgement(False, expected, f"Verbindung mit {' '.join(mine)}")
    blocks = [parent for index, (parent, _) in enumerate(order) if order[index - 1][0] != parent]
    together = len(carriers) > 1 and len(blocks) != len(carriers)
    seen = f"{len(carriers)} Verbindungen{', gleichzeitig' if together else ''}"
    return Judgement(bool(carriers) and not together, expected, seen)


@check("A_27744/Schluss")
def connections_close_soon(exchanges: Exchanges) -> Judgement:
    """Unbind follows the last search of a connection within five seconds."""
    expected = "Unbind höchstens fünf Sekunden nach der Suche"
    last = {e.parent: e.started for e in _ldap(exchanges, "Search")}
    ends = {e.parent: e.started for e in _ldap(exchanges, "Unbind")}
    late = [c for c, at in last.items() if c not in ends or ends[c] - at > CLOSED_AFTER]
    return Judgement(
        bool(last) and not late, expected, f"{len(last)} Verbindungen, {len(late)} spät"
    )


@check("A_27744/Leerabfrage", "A_27751", "A_27753")
def searches_are_not_repeated(exchanges: Exchanges) -> Judgement:
    """No search is asked twice: a short time the answer is used again."""
    expected = "keine gleiche Suche zweimal"
    asked = Counter(e.request.start for e in _ldap(exchanges, "Search"))
    repeated = [text for text, count in asked.items() if count > 1]
    return Judgement(bool(asked) and not repeated, expected, f"{len(asked)} Suchen, {repeated}")


VZD_CHECKS: tuple[Check, ...] = (
    searches_are_answered,
    only_reading_operations,
    connections_serve_a_search,
    connections_close_soon,
    searches_are_not_repeated,
)


@factory
def found_entries(names: list[str], *requirements: str) -> Check:
    """Return the check that the last search found exactly these entries by displayName."""
    expected = ", ".join(sorted(names)) or "niemand"

    def judge(exchanges: Exchanges) -> Judgement:
        found = _ldap(exchanges, "Search")
        if not found:
            return Judgement(False, expected, "keine Suche aufgezeichnet")
        seen = {name for entry in entries_of(found[-1]) for name in entry.texts("displayName")}
        return Judgement(
            seen == set(names), expected, ", ".join(sorted(seen)) or "niemand", found[-1].id
        )

    return Check("found_entries", requirements, judge)


@factory
def version_assumed(offered: bool, *requirements: str) -> Check:
    """Return the check that a hit without stated version is not `offered` for large mail."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "ohne komLeData gilt 1.0: keine großen Nachrichten"
        hits = [entry for e in _ldap(exchanges, "Search") for entry in entries_of(e)]
        silent = [e for e in hits if e.texts("mail") and not e.texts("komLeData")]
        seen = f"{len(silent)} Treffer ohne Version, {'' if offered else 'nicht '}angeboten"
        return Judgement(bool(silent) and not offered, expected, seen)

    return Check("version_assumed", requirements, judge)


@factory
def searched_again(times: int, *requirements: str) -> Check:
    """Return the check that the same search was asked `times` times."""

    def judge(exchanges: Exchanges) -> Judgement:
        asked = Counter(e.request.start for e in _ldap(exchanges, "Search"))
        most = max(asked.values(), default=0)
        return Judgement(most == times, f"{times} Suchen", f"{most} gleiche Suchen")

    return Check("searched_again", requirements, judge)


def entries_of(search: Exchange) -> list[Entry]:
    """Return the hits in a recorded answer."""
    octets = search.response.body if search.response else b""
    found: list[Entry] = []
    while octets:
        size = _size(octets)
        try:
            _, answer = read_answer(octets[:size])
        except LdapProblem:
            break
        if isinstance(answer, Entry):
            found.append(answer)
        octets = octets[size:]
    return found


def _size(octets: bytes) -> int:
    if len(octets) < 2:
        return len(octets)
    count = octets[1]
    if count < 0x80:
        return 2 + count
    head = 2 + (count & 0x7F)
    return head + int.from_bytes(octets[2:head], "big")


def searches(exchanges: Exchanges) -> list[Exchange]:
    """Return the searches in the directory."""
    return _ldap(exchanges, "Search")


def _ldap(exchanges: Exchanges, operation: str = "") -> list[Exchange]:
    """Return the operations, or those of one kind; what went in clear is `uses_tls`'s to judge."""
    return [
        exchange
        for exchange in exchanges
        if exchange.layer is Layer.LDAP
        and exchange.parent
        and (not operation or exchange.operation == operation)
    ]
