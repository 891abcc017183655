"""One walk through the traffic of a run: what the reports need of every case at once.

A run's messages do not fit into memory; each case is looked at and let go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.report.architecture import Architecture, Links
from pruefstand.report.flow import BodyReader, Shown, shown_exchanges
from pruefstand.report.texts import Texts

GREEN = frozenset({Verdict.PASSED, Verdict.ATTESTED, Verdict.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with what a reader sees of its traffic."""

    anchor: str
    record: CaseRecord
    shown: tuple[Shown, ...]

    @property
    def places(self) -> dict[str, int]:
        """Return the number of the message in which an exchange, also a folded one, is found."""
        return {str(layer["id"]): item.number for item in self.shown for layer in item.layers}

    @property
    def steps(self) -> dict[int, str]:
        """Return the text of each step by its index."""
        return {place: f"{s.keyword} {s.text}" for place, s in enumerate(self.record.steps)}


@dataclass(frozen=True, slots=True)
class Row:
    """A case without its traffic: `messages` are those a reader sees, `exchanges` all recorded."""

    anchor: str
    record: CaseRecord
    messages: int
    exchanges: int
    places: tuple[int | None, ...]
    """The number of the message each finding names."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that is not green: what, where, expected, seen, next step."""

    anchor: str
    record: CaseRecord
    verdict: Verdict
    requirement: str
    check: str
    expected: str
    actual: str
    message: int | None
    """Number of the message in its scenario."""

    def next_step(self, texts: Texts) -> str:
        """Return the scenario's own hint, else what the verdict asks for."""
        if self.record.hint:
            return self.record.hint
        name = self.verdict.name.lower()
        key = f"next.{name}" if f"next.{name}" in texts.keys else "next.other"
        return texts(key).format(case=self.record.id)


@dataclass(frozen=True, slots=True)
class Survey:
    """What one walk found: a row for each case, the remarks with the gravest first, the links."""

    rows: tuple[Row, ...]
    remarks: tuple[Remark, ...]
    architecture: Architecture


class CaseViews:
    """The cases of a run, prepared one after the other each time they are walked through."""

    def __init__(self, cases: Iterable[CaseRecord], read_body: BodyReader) -> None:
        self._cases = tuple(cases)
        self._read_body = read_body

    def __iter__(self) -> Iterator[CaseView]:
        for number, case in enumerate(self._cases, 1):
            yield CaseView(f"f{number}", case, shown_exchanges(case.exchanges, self._read_body))

    def chosen(self, wanted: Callable[[int], bool]) -> Iterator[CaseView]:
        """Yield the cases whose place, counted from 0, is `wanted`."""
        for place, case in enumerate(self._cases):
            if wanted(place):
                shown = shown_exchanges(case.exchanges, self._read_body)
                yield CaseView(f"f{place + 1}", case, shown)


def survey(views: Iterable[CaseView]) -> Survey:
    """Walk through `views` once."""
    links, rows, remarks = Links(), [], []
    for view in views:
        exchanges = links.add(view.record)
        places = view.places
        numbers = tuple(places.get(finding.exchange or "") for finding in view.record.findings)
        rows.append(Row(view.anchor, view.record, len(view.shown), exchanges, numbers))
        remarks += _remarks(view, places)
    remarks.sort(key=lambda remark: -remark.verdict.rank)
    return Survey(tuple(rows), tuple(remarks), links.architecture())


def _remarks(view: CaseView, places: dict[str, int]) -> list[Remark]:
    case = view.record
    found = [_remark(view, f, places) for f in case.findings if f.verdict not in GREEN]
    # A scenario may end before any check: its own message is then the only finding.
    if case.verdict not in GREEN and case.verdict not in {remark.verdict for remark in found}:
        found.append(Remark(view.anchor, case, case.verdict, "", "", "", case.message, None))
    return found


def _remark(view: CaseView, finding: Finding, places: dict[str, int]) -> Remark:
    return Remark(
        view.anchor,
        view.record,
        finding.verdict,
        finding.requirement,
        finding.check,
        finding.expected,
        finding.actual,
        places.get(finding.exchange or ""),
    )
