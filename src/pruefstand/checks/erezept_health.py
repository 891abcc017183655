"""How a client probes the Fachdienst: the root when idle, metadata on occasion, nothing else."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlsplit

from pruefstand.checks.check import Check, Exchanges, Judgement, check, judge_all
from pruefstand.checks.select import by_actor, carried_by_vau, outer_http
from pruefstand.model.exchange import Exchange

ACTOR = "pvs"
IDLE = 600.0
"""Seconds without a call before a simple probe is allowed."""
SAME_EXTRA = 0.1
"""Seconds within which the random extras of several probes count as none."""
CERTIFICATE_PATHS = ("/VAUCertificate", "/PKICertificates", "/OCSPResponse")
REGULAR = 1.25
"""Intervals that differ by less than this factor are a timer's."""


def _outer(exchanges: Exchanges) -> list[Exchange]:
    return by_actor(outer_http(exchanges, "erezept"), ACTOR)


def _inner(exchanges: Exchanges) -> list[Exchange]:
    return by_actor(carried_by_vau(exchanges), ACTOR)


def _path(exchange: Exchange) -> str:
    return urlsplit(exchange.request.start.partition(" ")[2]).path or "/"


def _is_get(exchange: Exchange) -> bool:
    return exchange.request.start.startswith("GET ")


def _probes(exchanges: Exchanges) -> list[Exchange]:
    return [item for item in _outer(exchanges) if _is_get(item) and _path(item) == "/"]


@check("A_23214")
def probes_are_rare(exchanges: Exchanges) -> Judgement:
    """There are no more probes of the root than idle times of ten minutes could ask for."""
    expected = "höchstens eine Prüfung je zehn Minuten"
    probes, calls = _probes(exchanges), _outer(exchanges)
    if not probes:
        return Judgement(False, expected, "keine Prüfung aufgezeichnet")
    span = (calls[-1].started - calls[0].started).total_seconds()
    actual = f"{len(probes)} Prüfungen in {span / 60:.0f} Minuten"
    return Judgement(len(probes) <= span / IDLE, expected, actual, probes[-1].id)


@check("A_23219")
def probes_follow_idle_time(exchanges: Exchanges) -> Judgement:
    """Before each probe nothing was called for ten minutes; a random extra spreads the probes."""
    expected = "GET / erst nach 600 Sekunden ohne Aufruf plus Zufallszuschlag"
    extras = []
    for before, call in pairwise(_outer(exchanges)):
        if not _is_get(call) or _path(call) != "/":
            continue
        idle = (call.started - before.started).total_seconds() - before.duration
        if idle < IDLE:
            return Judgement(False, expected, f"nach {idle:.0f} s", call.id)
        extras.append(idle - IDLE)
    if not extras:
        return Judgement(False, expected, "keine Prüfung nach einem Aufruf aufgezeichnet")
    if len(extras) > 2 and max(extras) - min(extras) < SAME_EXTRA:
        return Judgement(False, expected, "immer derselbe Zuschlag")
    shown = ", ".join(f"{extra:.1f}" for extra in extras)
    return Judgement(True, expected, f"Zuschläge {shown} s")


@check("A_23218")
def only_the_root_is_probed(exchanges: Exchanges) -> Judgement:
    """Outside the VAU only the root is asked, besides certificates."""
    return judge_all(
        [item for item in _outer(exchanges) if _is_get(item)],
        lambda item: _path(item) == "/" or _path(item) in CERTIFICATE_PATHS,
        expected="außerhalb der VAU nur GET / und Zertifikate",
        show=lambda item: item.request.start,
    )


@check("A_23215")
def probes_expect_success(exchanges: Exchanges) -> Judgement:
    """No call counts on being refused."""
    return judge_all(
        [*_outer(exchanges), *_inner(exchanges)],
        lambda item: item.status is not None and item.status < 400,
        expected="jede Antwort ein Erfolg",
        show=lambda item: f"{item.request.start}: {item.status}",
    )


@check("A_23216", "A_23223")
def only_metadata_is_probed(exchanges: Exchanges) -> Judgement:
    """A probe through the VAU asks for the capabilities; the scenario has no other business."""
    return judge_all(
        _inner(exchanges),
        lambda item: item.request.start == "GET /metadata",
        expected="durch die VAU nur GET /metadata",
        show=lambda item: item.request.start,
    )


@check("A_23217")
def metadata_is_not_asked_by_a_timer(exchanges: Exchanges) -> Judgement:
    """Over most of an hour there is no regular GET /metadata."""
    expected = "über eine Stunde kein regelmäßiges GET /metadata"
    calls = _outer(exchanges)
    span = (calls[-1].started - calls[0].started).total_seconds() if calls else 0.0
    if span < 5 * IDLE:
        return Judgement(False, expected, f"nur {span:.0f} s beobachtet")
    asked = [item for item in _inner(exchanges) if item.request.start == "GET /metadata"]
    gaps = [(later.started - item.started).total_seconds() for item, later in pairwise(asked)]
    periodic = len(gaps) > 1 and max(gaps) < REGULAR * min(gaps)
    actual = f"{len(asked)} Abfragen in {span / 60:.0f} Minuten"
    return Judgement(not periodic, expected, actual, asked[-1].id if asked else calls[-1].id)


IDLE_CHECKS: tuple[Check, ...] = (
    probes_are_rare,
    probes_follow_idle_time,
    only_the_root_is_probed,
    probes_expect_success,
    metadata_is_not_asked_by_a_timer,
)
EXTENDED_CHECKS: tuple[Check, ...] = (only_metadata_is_probed, probes_expect_success)
