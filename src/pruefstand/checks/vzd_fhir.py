"""Whether a client of the directory's FHIR search asks for little, and for all of it at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from pruefstand.checks.check import Exchanges, Judgement, check
from pruefstand.model.exchange import Exchange, Layer

DIRECTORY, SEARCH = "vzd", "/search/"
LETTERS = 3
"""Characters a value has at least to name somebody."""

_GROUPS = ("active", "status", "type", "characteristic", "specialty", "code")
"""Last parts of parameters that hold for whole groups."""


@check("A_27754")
def fhir_searches_are_terse(exchanges: Exchanges) -> Judgement:
    """Each FHIR search names whom it wants, and nothing it refers to is fetched afterwards.

    What a hit refers to comes along by `_include`. A read by `_id`, by path or by the owner of what
    an earlier answer named is a follow-up.
    """
    expected = "gezielte Parameter, Abhängiges per _include statt in Folgeabfragen"
    named: set[str] = set()
    found = [e for e in exchanges if _is_search(e)]
    for one in found:
        kind, parameters = _asked(one)
        listed = (item for _, value in parameters for item in value.split(","))
        values = {item.rpartition("|")[2].rpartition("/")[2] for item in listed}
        followed = {name for name in named if name.partition("/")[2] in values}
        if kind in named or followed:
            return Judgement(False, expected, f"Folgeabfrage {one.request.start}", one.id)
        if not any(_names_somebody(*pair) for pair in parameters):
            return Judgement(False, expected, f"ungezielt: {one.request.start}", one.id)
        named |= set(_references(_answer(one)))
    seen = f"{len(found)} FHIR-Suchen" if found else "keine FHIR-Suche aufgezeichnet"
    return Judgement(bool(found), expected, seen, found[-1].id if found else None)


def _is_search(exchange: Exchange) -> bool:
    return (
        exchange.layer is Layer.HTTP
        and exchange.peer == DIRECTORY
        and SEARCH in urlsplit(exchange.request.start.partition(" ")[2]).path
    )


def _asked(exchange: Exchange) -> tuple[str, list[tuple[str, str]]]:
    """Return what stands behind `/search/`, and the parameters."""
    target = urlsplit(exchange.request.start.partition(" ")[2])
    return target.path.partition(SEARCH)[2], parse_qsl(target.query, keep_blank_values=True)


def _names_somebody(name: str, value: str) -> bool:
    last = name.partition(":")[0].rpartition(".")[2]
    known = value.rpartition("|")[2].strip()
    is_control = name.startswith("_") and name not in ("_id", "_text")
    return not is_control and last not in _GROUPS and len(known) >= LETTERS


def _answer(exchange: Exchange) -> object:
    try:
        return json.loads(exchange.response.body) if exchange.response else None
    except ValueError:
        return None


def _references(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, dict):
        stated = value.get("reference")
        if isinstance(stated, str):
            yield "/".join(stated.split("/")[-2:])
        for item in value.values():
            yield from _references(item)
