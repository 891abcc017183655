"""What a scenario leaves while it runs: steps, findings, and in the end its verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pruefstand.checks.check import Check
from pruefstand.clock import stopwatch
from pruefstand.errors import Blame, PruefstandError
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.exchange import Exchange
from pruefstand.model.verdict import BY_BLAME, Finding, Verdict, roll_up
from pruefstand.pytest_plugin.ruling import Ruling


class ChecksFailed(AssertionError):
    """At least one check of a step did not hold; the message lists all of them."""


@dataclass(slots=True)
class RunningStep:
    """A step between its begin and its end; `status` stays `running` when the end never comes."""

    keyword: str
    text: str
    status: str = "running"
    started: float = field(default_factory=stopwatch)
    duration: float = 0.0
    error: str = ""

    def close(self, status: str, error: str = "") -> None:
        """Set the end of the step."""
        self.status, self.error = status, error
        self.duration = stopwatch() - self.started


@dataclass(slots=True)
class CaseLog:
    """Filled by the hooks of pytest-bdd, read once at the end of the test."""

    id: str
    title: str
    feature: str
    tags: tuple[str, ...]
    planned: tuple[tuple[str, str], ...]
    exchanges: Callable[[], Sequence[Exchange]] = tuple
    steps: list[RunningStep] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    started: float = field(default_factory=stopwatch)
    error: BaseException | None = None
    skip_reason: str = ""
    subject: str = ""
    """What the scenario is about, a file for instance; every message names it."""
    read: list[bytes] = field(default_factory=list)
    """Contents of the operator's files; nobody they name may stand in the run folder."""
    ruling: Ruling | None = None
    """Set when the scenario is not executed."""
    excluded: Mapping[str, str] = field(default_factory=dict)
    """Requirements the profile leaves out, with the reason; findings about them do not count."""
    _open: list[Finding] = field(default_factory=list)

    def __call__(self, *checks: Check) -> None:
        """Judge what was recorded so far; all failures of a step are reported together."""
        recorded = self.exchanges()
        for check in checks:
            found = [self._applicable(finding) for finding in check.findings(recorded)]
            self.findings += found
            self._open += [finding for finding in found if finding.verdict is Verdict.FAILED]

    def _applicable(self, finding: Finding) -> Finding:
        reason = self.excluded.get(finding.requirement)
        if reason is None:
            return finding
        return replace(finding, verdict=Verdict.NOT_APPLICABLE, actual=f"ausgenommen: {reason}")

    def hint(self, check: str, expected: str, actual: str) -> None:
        """Record an observation that is no failure."""
        self.findings.append(Finding("", check, Verdict.HINT, expected, actual))

    def raise_failures(self) -> None:
        """End the step; raises ChecksFailed when one of its checks did not hold."""
        failed, self._open = self._open, []
        if failed:
            raise ChecksFailed("\n".join(dict.fromkeys(finding.line for finding in failed)))

    def begin_step(self, keyword: str, text: str) -> None:
        """Open the next step."""
        self.steps.append(RunningStep(keyword, text))

    def end_step(self, status: str, error: BaseException | None = None) -> None:
        """Close the open step."""
        if self.steps and self.steps[-1].status == "running":
            self.steps[-1].close(status, str(error) if error else "")
        self.error = error or self.error

    def record(self, outcome: str, error: BaseException | None) -> CaseRecord:
        """Return the finished record without its exchanges; `outcome` is pytest's word."""
        error = error or self.error
        self.end_step("skipped" if outcome == "skipped" else "failed", error)
        known = error if isinstance(error, PruefstandError) else None
        return CaseRecord(
            id=self.id,
            title=self.title,
            feature=self.feature,
            tags=self.tags,
            verdict=self._verdict(outcome, error),
            steps=self._step_records(),
            findings=tuple(self.findings),
            duration=stopwatch() - self.started,
            message=self._message(known.message if known else str(error or self.skip_reason)),
            hint=known.hint if known else self.ruling.hint if self.ruling else "",
            blame=_blame(error),
        )

    def _message(self, text: str) -> str:
        missing = text and self.subject and self.subject not in text
        return f"{self.subject}: {text}" if missing else text

    def _verdict(self, outcome: str, error: BaseException | None) -> Verdict:
        seen = [finding.verdict for finding in self.findings]
        if error is not None:
            # What was proved wrong before stays wrong, whatever happened afterwards.
            failed = [verdict for verdict in seen if verdict is Verdict.FAILED]
            return roll_up([BY_BLAME[_blame(error)], *failed])
        if outcome == "failed":
            return Verdict.HARNESS_ERROR
        if self.ruling is not None:
            return self.ruling.verdict
        # Skipped, or without a single executed check, a scenario has proved nothing.
        checked = any(finding.requirement for finding in self.findings)
        undecided = [] if checked and outcome != "skipped" else [Verdict.UNDECIDED]
        return roll_up(seen + undecided)

    def _step_records(self) -> tuple[StepRecord, ...]:
        done = [StepRecord(s.keyword, s.text, s.status, s.duration, s.error) for s in self.steps]
        rest = [StepRecord(keyword, text, "skipped") for keyword, text in self.planned[len(done) :]]
        return (*done, *rest)


def _blame(error: BaseException | None) -> str:
    if error is None:
        return ""
    if isinstance(error, PruefstandError):
        return error.blame.value
    return (Blame.SUT if isinstance(error, AssertionError) else Blame.HARNESS).value
