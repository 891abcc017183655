"""One run as every report sees it: judged once, drawn many times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pruefstand.errors import OperatorError
from pruefstand.evidence.run_folder import Run
from pruefstand.model.verdict import Verdict, roll_up
from pruefstand.report.architecture import Architecture
from pruefstand.report.enclosures import (
    Attestation,
    Deviation,
    attestations_of,
    deviations_of,
)
from pruefstand.report.survey import CaseViews, Survey, survey
from pruefstand.report.texts import Language, Texts, texts
from pruefstand.report.untested import SILENT, Gap, gaps, spoken
from pruefstand.requirements.catalogue import Catalogue
from pruefstand.requirements.coverage import Coverage, Entry, cover

OPENED = 20
"""More failed scenarios than this stay closed: a reader looks at them one by one."""


@dataclass(frozen=True)
class Dossier:
    """A run, its coverage and what was added to it, for one language."""

    run: Run
    coverage: Coverage
    texts: Texts
    attestations: Sequence[Attestation] = ()
    deviations: Sequence[Deviation] = ()

    @property
    def id(self) -> str:
        """Return the run's id."""
        return str(self.run.info.get("id", self.run.folder.name))

    @cached_property
    def overall(self) -> Verdict:
        """Return the gravest verdict of the run."""
        return roll_up(case.verdict for case in self.run.cases)

    @cached_property
    def counts(self) -> dict[Verdict, int]:
        """Return the number of cases of each verdict that occurs."""
        counted = Counter(case.verdict for case in self.run.cases)
        return {verdict: counted[verdict] for verdict in Verdict if counted[verdict]}

    @property
    def views(self) -> CaseViews:
        """Return the cases with their traffic, one at a time."""
        return CaseViews(self.run.cases, self.body)

    @cached_property
    def survey(self) -> Survey:
        """Return what one walk through all traffic found."""
        return survey(self.views)

    @property
    def architecture(self) -> Architecture:
        """Return the verdict of every link."""
        return self.survey.architecture

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Return what was not tested."""
        return gaps(self.coverage)

    @cached_property
    def spoken(self) -> tuple[Entry, ...]:
        """Return the requirements the run says something about."""
        return spoken(self.coverage)

    @cached_property
    def features(self) -> dict[str, int]:
        """Return the number of cases of each feature file."""
        return dict(Counter(case.feature for case in self.run.cases))

    @cached_property
    def silent(self) -> int:
        """Return the number of requirements the run says nothing about."""
        return sum(count for state, count in self.coverage.summary.items() if state in SILENT)

    @cached_property
    def opened(self) -> frozenset[str]:
        """Return the anchors of the scenarios a reader finds open."""
        red = (Verdict.FAILED, Verdict.HARNESS_ERROR)
        found = [row.anchor for row in self.survey.rows if row.record.verdict in red]
        return frozenset(found) if len(found) <= OPENED else frozenset()

    @cached_property
    def sut(self) -> str:
        """Return name and version of the system under test."""
        sut = self.run.info.get("sut", {})
        name = str(sut.get("name") or self.texts("cover.nameless"))
        return f"{name} {sut.get('version', '')}".strip()

    @cached_property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Return what the cover says about the run, as pairs of text key and value."""
        info, t = self.run.info, self.texts
        commit = f" · {t('result.commit')} {info['commit']}" if info.get("commit") else ""
        return (
            ("result.sut", self.sut),
            ("result.run", self.id),
            ("result.started", t.moment(info.get("started"))),
            ("result.finished", t.moment(info.get("finished"))),
            ("result.as_of", str(info.get("as_of") or t("result.as_of_start"))),
            ("result.profile", str(info.get("profile", "–"))),
            ("result.seed", str(info.get("seed", "–"))),
            ("result.driver", str(info.get("sut", {}).get("driver", "–"))),
            ("result.harness", f"{info.get('harness') or '–'}{commit}"),
            ("result.exit_code", str(info.get("exit_code", "–"))),
            ("result.events", self.events),
        )

    @cached_property
    def events(self) -> str:
        """Return number and head of the event chain."""
        chain = self.run.info.get("events", {})
        return f"{chain.get('count', 0)} · {self.texts('result.head')} {chain.get('head', '–')}"

    def body(self, digest: str) -> bytes:
        """Return a message body, empty when the run folder has lost it."""
        try:
            return self.run.blob(digest)
        except OperatorError:
            return b""


def compile_dossier(
    run: Run, catalogue: Catalogue, language: Language = Language.GERMAN
) -> Dossier:
    """Return the dossier of `run` judged against `catalogue`."""
    return Dossier(
        run,
        cover(catalogue, run.cases),
        texts(language),
        attestations_of(run.info),
        deviations_of(run.info),
    )
