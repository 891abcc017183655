"""The customer's picture: roles in three zones, links, and what a run says about each link.

`PLACES` and `LINKS` are the picture; exchanges are mapped to it by their actor and peer. What is
recorded between other roles is listed beside the map, never dropped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Verdict, roll_up

Ends = frozenset[str]


class Zone(StrEnum):
    """Where a role stands."""

    INTERNET = "internet"
    PRACTICE = "practice"
    TI = "ti"


@dataclass(frozen=True, slots=True)
class Place:
    """A role's box on the map, in pixels; x and y name its upper left corner."""

    role: str
    zone: Zone
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Link:
    """A line of the picture; `item` is the interface in the checklist, empty when it has none."""

    left: str
    right: str
    item: str = ""

    @property
    def ends(self) -> Ends:
        """Return both roles, whoever speaks first."""
        return frozenset({self.left, self.right})


PLACES = (
    Place("doctolib", Zone.INTERNET, 30, 70, 150, 46),
    Place("patient", Zone.INTERNET, 30, 200, 150, 46),
    Place("video", Zone.INTERNET, 30, 330, 150, 46),
    Place("arbeitgeber", Zone.INTERNET, 30, 550, 150, 46),
    Place("pvs", Zone.PRACTICE, 385, 60, 130, 360),
    Place("konnektor", Zone.PRACTICE, 360, 482, 180, 46),
    Place("idp", Zone.TI, 715, 70, 170, 46),
    Place("erezept", Zone.TI, 715, 145, 170, 46),
    Place("epa", Zone.TI, 715, 220, 170, 46),
    Place("vzd", Zone.TI, 715, 295, 170, 46),
    Place("kim", Zone.TI, 715, 370, 170, 46),
    Place("apotheke", Zone.TI, 1030, 60, 120, 141),
    Place("kasse", Zone.TI, 1030, 360, 120, 246),
)
LINKS = (
    Link("patient", "doctolib", "CL-SST-01"),
    Link("doctolib", "pvs", "CL-SST-02"),
    Link("patient", "pvs", "CL-SST-12"),
    Link("patient", "video"),
    Link("video", "pvs"),
    Link("pvs", "konnektor", "CL-SST-03"),
    Link("pvs", "idp", "CL-SST-04"),
    Link("pvs", "erezept", "CL-SST-05"),
    Link("pvs", "epa", "CL-SST-09"),
    Link("pvs", "vzd", "CL-SST-10"),
    Link("pvs", "kim", "CL-SST-07"),
    Link("idp", "apotheke"),
    Link("erezept", "apotheke", "CL-SST-06"),
    Link("kim", "kasse", "CL-SST-07"),
    Link("arbeitgeber", "kasse", "CL-SST-08"),
)
ALIASES = {
    "apotheke2": "apotheke",
    "praxis": "pvs",
    "egk": "konnektor",
    "smcb": "konnektor",
    "hba": "konnektor",
    "epa2": "epa",
}
"""A recorded role → the box of the map it belongs to."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """What a run says about one link; `verdict` is None when no message used it."""

    link: Link
    verdict: Verdict | None
    exchanges: int
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Architecture:
    """Every link of the picture, then what was recorded between other roles."""

    links: tuple[LinkState, ...]
    elsewhere: tuple[LinkState, ...]

    @property
    def tested(self) -> int:
        """Return the number of the picture's links that carried a message."""
        return sum(state.verdict is not None for state in self.links)


class Links:
    """Gathers what cases say about the links between roles.

    A finding speaks for the link its message used. A scenario that is not green speaks for all of
    its links, unless the findings that made it so name their links.
    """

    def __init__(self) -> None:
        self._pairs: dict[Ends, tuple[str, str]] = {}
        self._counts: Counter[Ends] = Counter()
        self._said: defaultdict[Ends, set[Verdict]] = defaultdict(set)
        self._cases: defaultdict[Ends, dict[str, None]] = defaultdict(dict)

    def add(self, case: CaseRecord) -> int:
        """Take in `case`, return the number of its exchanges."""
        place: dict[str, Ends] = {}
        for exchange in case.exchanges:
            pair = _box(exchange["actor"]), _box(exchange["peer"])
            ends = place[str(exchange["id"])] = frozenset(pair)
            self._pairs.setdefault(ends, pair)
            # A message counts once, however many layers carried it.
            self._counts[ends] += exchange.get("parent") is None
            self._cases[ends][case.id] = None
        for ends, verdict in _signs(case, place):
            self._said[ends].add(verdict)
        return len(place)

    def architecture(self) -> Architecture:
        """Return the verdict of every link."""
        states = {
            ends: LinkState(
                Link(*pair),
                roll_up(self._said[ends]),
                self._counts[ends],
                tuple(sorted(self._cases[ends])),
            )
            for ends, pair in self._pairs.items()
        }
        drawn = {link.ends for link in LINKS}
        links = tuple(_of(link, states.get(link.ends)) for link in LINKS)
        return Architecture(links, tuple(s for ends, s in states.items() if ends not in drawn))


def _of(link: Link, found: LinkState | None) -> LinkState:
    if found is None:
        return LinkState(link, None, 0, ())
    return LinkState(link, found.verdict, found.exchanges, found.cases)


def _box(role: object) -> str:
    name = str(role).lower()
    return ALIASES.get(name, name)


def _signs(case: CaseRecord, place: dict[str, Ends]) -> Iterable[tuple[Ends, Verdict]]:
    located = [
        (place[finding.exchange], finding.verdict)
        for finding in case.findings
        if finding.exchange in place
    ]
    blamed = [ends for ends, verdict in located if verdict is case.verdict]
    green = case.verdict in (Verdict.PASSED, Verdict.HINT)
    yield from located
    for ends in dict.fromkeys(place.values()):
        if green or not blamed:
            yield ends, case.verdict
