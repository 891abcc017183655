"""`report.pdf`: the report for the file, as PDF/A-2b and PDF/UA-1 set by Typst.

The same run gives the same octets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.resources import files

import typst

from pruefstand.clock import BERLIN
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Verdict
from pruefstand.pdf.typesetting import ARCHIVE, set_pdf
from pruefstand.report.architecture import LinkState
from pruefstand.report.architecture_map import draw_map, tone, word
from pruefstand.report.dossier import Dossier
from pruefstand.report.files import Writer
from pruefstand.report.printable import printable, spell
from pruefstand.report.sequence import draw
from pruefstand.report.survey import CaseView
from pruefstand.report.texts import Texts
from pruefstand.requirements.catalogue import Requirement

REMARKS = 400
"""Findings listed at most; the text names the rest."""
DIAGRAMS = 40
"""Scenarios drawn at most because they are not green; each flow has one more."""
PAIRS = 20
"""Message pairs on one page."""
PAGES = 3
"""Pages of one diagram at most."""
_WIDTH = 760
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
_DRAWN = frozenset({Verdict.FAILED, Verdict.HARNESS_ERROR, Verdict.UNDECIDED, Verdict.HINT})


def render(dossier: Dossier, *, standards: tuple[typst.PDFStandard, ...] = ARCHIVE) -> bytes:
    """Return the PDF; raises HarnessError when Typst refuses the document."""
    return set_pdf(
        _asset("report.typ").encode(),
        content(dossier),
        what="report.pdf",
        at=_moment(dossier),
        standards=standards,
        hint="die anderen Formate mit pruefstand report --format … schreiben",
    )


def content(dossier: Dossier) -> Json:
    """Return everything the template shows, every text ready for the page."""
    page = _Page(dossier)
    drawings = {"map": spell(draw_map(dossier.architecture, dossier.texts, style=_style()))}
    shown = {**_cover(dossier), **_scope(dossier), **_judgement(dossier), **_enclosed(dossier)}
    return {**page.printed(shown), **drawings, **page.diagrams()}


class _Page:
    """Prepares texts and drawings for paper."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        self._texts = dossier.texts

    def printed(self, value: Json) -> Json:
        """Return `value` with every text printable."""
        return {name: self._printed(item) for name, item in value.items()}

    def _printed(self, value: object) -> object:
        if isinstance(value, str):
            return printable(value, self._texts)
        if isinstance(value, dict):
            return {name: self._printed(item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._printed(item) for item in value]
        return value

    def diagrams(self) -> Json:
        """Return the chosen diagrams, and the sentence that says which they are."""
        rows = self._dossier.survey.rows
        recorded = [place for place, row in enumerate(rows) if row.messages]
        chosen = chosen_cases([row.record for row in rows], recorded)
        key = "diagrams.all" if len(chosen) == len(recorded) else "diagrams.some"
        said = self._texts(key, shown=len(chosen), all=len(recorded), limit=DIAGRAMS)
        return {
            "diagrams_said": said if recorded else self._texts("diagrams.none"),
            "diagrams": [
                self._diagram(view) for view in self._dossier.views.chosen(chosen.__contains__)
            ],
        }

    def _diagram(self, view: CaseView) -> Json:
        pairs = view.shown[: PAIRS * PAGES]
        cut = len(pairs) < len(view.shown)
        note = self._texts("diagrams.cut", shown=len(pairs), all=len(view.shown)) if cut else ""
        head = self.printed(
            {
                # PDF/UA refuses a heading without a word.
                "title": " ".join(view.record.title.split()) or "–",
                "id": view.record.id,
                "feature": view.record.feature,
                "verdict": self._texts.verdict(view.record.verdict),
                "tone": tone(view.record.verdict),
                "alt": self._texts("cases.diagram", count=len(pairs)),
                "note": note,
            }
        )
        parts = (pairs[start : start + PAIRS] for start in range(0, len(pairs), PAIRS))
        style = _style()
        drawn = (
            draw(part, self._texts, steps=view.steps, style=style, page=_WIDTH) for part in parts
        )
        return {**head, "parts": [spell(svg) for svg in drawn]}


def chosen_cases(cases: Sequence[CaseRecord], recorded: Iterable[int]) -> frozenset[int]:
    """Return the places of what is drawn: `DIAGRAMS` cases that are not green, one a flow."""
    recorded = list(recorded)
    red = sorted(
        (place for place in recorded if cases[place].verdict in _DRAWN),
        key=lambda place: -cases[place].verdict.rank,
    )[:DIAGRAMS]
    # A feature file begins with the scenario that shows its flow as a whole.
    first = {cases[place].feature: place for place in reversed(recorded)}
    return frozenset((*red, *first.values()))


def _cover(dossier: Dossier) -> Json:
    t, info = dossier.texts, dossier.run.info
    return {
        "lang": t.language.value,
        "t": t.table,
        "id": dossier.id,
        "date": list(_moment(dossier).astimezone(BERLIN).timetuple()[:3]),
        "sut": dossier.sut,
        "verdict": t.verdict(dossier.overall),
        "tone": tone(dossier.overall),
        "started": t.moment(info.get("started")),
        "selftest": bool(info.get("selftest")),
        "finished": dossier.run.finished,
        "counts": [[t.verdict(v), tone(v), count] for v, count in dossier.counts.items()],
        "facts": [[t(key), value] for key, value in dossier.facts if key != "result.sut"],
        "cases": len(dossier.run.cases),
    }


def _scope(dossier: Dossier) -> Json:
    t, total = dossier.texts, len(dossier.coverage.entries)
    return {
        "scope": t(
            "scope.text",
            scenarios=len(dossier.run.cases),
            features=len(dossier.features),
            touched=len(dossier.spoken),
            all=total,
        ),
        "features": [[name, count] for name, count in dossier.features.items()],
        "silent": t("untested.about", all=total, silent=dossier.silent)
        if dossier.silent
        else t("untested.everything"),
        "gaps": [
            {
                "title": t(f"untested.{gap.kind}"),
                "count": gap.count,
                "groups": [
                    [group.source, group.reason, len(group.requirements), _ids(group.requirements)]
                    for group in gap.groups
                ],
            }
            for gap in dossier.gaps
        ],
        "unknown": ", ".join(dossier.coverage.unknown),
        "map_alt": t(
            "map.alt", tested=dossier.architecture.tested, all=len(dossier.architecture.links)
        ),
        "links": [_link(t, state) for state in dossier.architecture.links],
        "elsewhere": [_link(t, state) for state in dossier.architecture.elsewhere],
    }


def _judgement(dossier: Dossier) -> Json:
    t = dossier.texts
    hidden = len(dossier.survey.remarks) - REMARKS
    return {
        "remarks": list(_remarks(dossier)),
        "more": t("findings.more", count=hidden) if hidden > 0 else "",
        "matrix": [
            {
                "id": entry.requirement.id,
                "index": not entry.requirement.was_read,
                "title": entry.requirement.title,
                "source": f"{entry.requirement.source} {entry.requirement.source_version}",
                "state": t.state(entry.state),
                "tone": entry.state.name.lower(),
                "cases": len(entry.cases),
                "reason": "" if entry.state.name == "PROVEN" else entry.reason,
            }
            for entry in dossier.spoken
        ],
        "checklist": [
            [
                entry.item.id,
                f"{entry.item.list}: {entry.item.title}",
                t.state(entry.state),
                entry.state.name.lower(),
                entry.reason,
            ]
            for entry in dossier.coverage.items
        ],
    }


def _remarks(dossier: Dossier) -> Iterator[Json]:
    t = dossier.texts
    for remark in dossier.survey.remarks[:REMARKS]:
        case = remark.record
        number = f", {t('findings.message')} {remark.message}" if remark.message else ""
        yield {
            "verdict": t.verdict(remark.verdict),
            "tone": tone(remark.verdict),
            "what": remark.check or case.title,
            "requirement": remark.requirement,
            "where": f"{case.id} {case.title}{number}",
            "expected": remark.expected,
            "actual": remark.actual,
            "blame": t.find("blame", case.blame) if case.blame else "",
            "next": remark.next_step(t),
        }


def _enclosed(dossier: Dossier) -> Json:
    t = dossier.texts
    return {
        "attestations": [
            [
                item.item,
                item.title,
                item.state,
                "\n".join(filter(None, (item.person, item.role, item.second))),
                t.moment(item.at),
                item.until,
                "\n".join(filter(None, (item.note, item.file))),
            ]
            for item in dossier.attestations
        ],
        "deviations": [
            [item.requirement, item.case, item.owner, item.reason, item.expires, item.state]
            for item in dossier.deviations
        ],
    }


def _link(t: Texts, state: LinkState) -> list[str | int]:
    name = f"{t.role(state.link.left)} – {t.role(state.link.right)}"
    said, kind = word(state.verdict, t), tone(state.verdict)
    return [name, state.link.item, said, kind, state.exchanges, len(state.cases)]


def _ids(requirements: Iterable[Requirement]) -> str:
    return " · ".join(row.id for row in requirements)


def _moment(dossier: Dossier) -> datetime:
    for name in ("finished", "started"):
        try:
            found = datetime.fromisoformat(str(dossier.run.info.get(name)))
        except ValueError:
            continue
        if found.tzinfo:
            return found
    return _EPOCH


def _style() -> str:
    return _asset("print.css")


def _asset(name: str) -> str:
    return files("pruefstand.report").joinpath("templates", name).read_text(encoding="utf-8")


WRITER = Writer(
    "report.pdf",
    "Bericht für Akte und Prüfstelle, PDF/A-2b und barrierefrei",
    lambda dossier: [render(dossier)],
)
