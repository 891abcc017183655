"""The kill matrix: which requirements turn red under which fault, and whether exactly those.

A scenario is observed once with nothing switched on, then under each fault that its traffic could
be touched by. Only a finding that was green before and is not green under the fault is a kill; a
scenario that dies without such a finding proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pruefstand.model.case import CaseRecord
from pruefstand.model.fault import Fault
from pruefstand.model.verdict import Finding, Verdict

GREEN = frozenset({Verdict.PASSED, Verdict.HINT, Verdict.NOT_APPLICABLE, Verdict.ATTESTED})
BESIDE = 2
"""Scenarios of a lean choice that only show whether a fault breaks others."""
COSTLY = 1.0
"""Seconds of processor time."""
_MISSED = frozenset({Verdict.FAILED, Verdict.HINT})


class Judgement(StrEnum):
    """What a row of the matrix says; the value is what tables print."""

    EXACT = "genau"
    NOTHING = "bricht nichts"
    INCOMPLETE = "nicht alle"
    OTHERS = "auch andere"
    LURE = "Köder"


@dataclass(frozen=True, slots=True)
class Observation:
    """One scenario without a fault; `asked` are the faults its traffic could be touched by."""

    case: CaseRecord
    asked: frozenset[str]
    seconds: float = 0.0
    """Processor time it took."""

    @property
    def held(self) -> tuple[Finding, ...]:
        """Return what held."""
        return tuple(
            finding
            for finding in self.case.findings
            if finding.requirement and finding.verdict is Verdict.PASSED
        )

    @property
    def ids(self) -> frozenset[str]:
        """Return the requirements that held."""
        return frozenset(finding.requirement for finding in self.held)

    @property
    def checks(self) -> frozenset[str]:
        """Return the reference names of the checks that held."""
        return frozenset(finding.judged_by for finding in self.held)

    def questions(self, ids: Collection[str]) -> frozenset[str]:
        """Return what was asked of each of `ids`: its check with the arguments."""
        return frozenset(
            f"{finding.requirement} {finding.judged_by} {finding.arguments}"
            for finding in self.held
            if finding.requirement in ids
        )


@dataclass(frozen=True, slots=True)
class Row:
    """A fault against the requirements: expected red, really red, and by which checks."""

    address: str
    fault: Fault
    red: frozenset[str]
    killed: frozenset[str]
    """Reference names of the checks that turned red."""
    cases: frozenset[str]
    """Scenarios in which that happened."""
    scenarios: int
    died: int
    """Scenarios that ended red without a check of theirs turning red."""

    @property
    def judgement(self) -> Judgement:
        """Compare expected and real."""
        expected = set(self.fault.breaks)
        if self.fault.is_lure:
            return Judgement.LURE
        if not self.red:
            return Judgement.NOTHING
        if self.red == expected:
            return Judgement.EXACT
        return Judgement.OTHERS if self.red - expected else Judgement.INCOMPLETE

    @property
    def holds(self) -> bool:
        """Whether the row needs nobody's attention."""
        return self.judgement in {Judgement.EXACT, Judgement.LURE}


@dataclass(frozen=True, slots=True)
class Matrix:
    """All rows, and what is wrong beyond them; `problems` are German sentences."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every fault breaks exactly what it names, and nothing else is wrong."""
        return not self.problems and all(row.holds for row in self.rows)


def relevant(fault: Fault, address: str, observations: Sequence[Observation]) -> list[Observation]:
    """Return the scenarios a fault can touch: those in which some code asked about it.

    What cannot be decided here, without the official packages for instance, tells nothing.
    """
    decided = [seen for seen in observations if seen.case.verdict in GREEN]
    return [] if fault.is_lure else [seen for seen in decided if address in seen.asked]


def lean_choice(fault: Fault, touched: Sequence[Observation]) -> list[Observation]:
    """Return few of the touched scenarios that still show whether the fault breaks others.

    One is kept for each question about the ids that must break; beside these, `BESIDE` with the
    most other checks. `COSTLY` ones and what is rarer is left to the whole matrix.
    """
    kept = _cover(touched, lambda seen: seen.questions(fault.breaks), len(touched))
    done = frozenset().union(*(seen.checks for seen in kept))
    cheap = [seen for seen in touched if seen.seconds < COSTLY]
    kept += _cover(cheap, lambda seen: seen.checks - done, BESIDE)
    return list({seen.case.id: seen for seen in kept}.values())


def _cover(
    observations: Sequence[Observation],
    content: Callable[[Observation], frozenset[str]],
    most: int,
) -> list[Observation]:
    """Return few observations, `most` at most, that hold all the content; the richest first."""
    missing = set[str]().union(*map(content, observations))
    kept: list[Observation] = []
    while missing and len(kept) < most:
        best = max(observations, key=lambda seen: len(missing & content(seen)))
        kept.append(best)
        missing -= content(best)
    return kept


def row(
    address: str, fault: Fault, before: Sequence[Observation], after: Sequence[CaseRecord]
) -> Row:
    """Compare the scenarios `after` a fault was switched on with what held `before`."""
    held = {seen.case.id: seen.ids for seen in before}
    kills = [
        (case.id, finding)
        for case in after
        for finding in case.findings
        if _is_kill(finding, held.get(case.id, ()))
    ]
    return Row(
        address,
        fault,
        frozenset(finding.requirement for _, finding in kills),
        frozenset(finding.judged_by for _, finding in kills),
        frozenset(case for case, _ in kills),
        len(after),
        sum(case.verdict not in GREEN and not _failed(case) for case in after),
    )


def _is_kill(finding: Finding, held: Collection[str]) -> bool:
    return finding.verdict in _MISSED and finding.requirement in held


def _failed(case: CaseRecord) -> bool:
    return any(f.requirement and f.verdict in _MISSED for f in case.findings)


def matrix(
    rows: Sequence[Row],
    observations: Sequence[Observation],
    offered: Mapping[str, Fault],
) -> Matrix:
    """Return the judged matrix of the faults that were tried, `rows`."""
    problems = [
        f"{seen.case.id} ist schon ohne Fehler {seen.case.verdict}: {seen.case.message}"
        for seen in observations
        if seen.case.verdict not in GREEN | {Verdict.UNDECIDED}
    ]
    problems += _lures(rows, observations, offered)
    return Matrix(tuple(rows), tuple(problems))


def unkilled(
    rows: Sequence[Row],
    observations: Sequence[Observation],
    checks: Collection[str],
    spared: Mapping[str, str],
) -> list[str]:
    """Say what all faults together left green though it must be able to turn red.

    That is every one of `checks` but those `spared` for the reason given, and every scenario that
    shows a lure.
    """
    killed = {check for one in rows for check in one.killed}
    problems = [
        f"die Prüfung {check} wird von keinem Fehler rot"
        for check in sorted(set(checks) - killed - set(spared))
    ]
    problems += [
        f"die Prüfung {check} ist ausgenommen, wird aber rot oder gibt es nicht"
        for check in sorted(spared)
        if check in killed or check not in checks
    ]
    red = {case for one in rows for case in one.cases}
    return problems + [
        f"{seen.case.id} zeigt einen Köder und wird von keinem Fehler rot"
        for seen in observations
        if seen.case.id not in red and any(tag.startswith("fehler:") for tag in seen.case.tags)
    ]


def _lures(
    rows: Sequence[Row], observations: Sequence[Observation], offered: Mapping[str, Fault]
) -> list[str]:
    """Find lures nobody is shown, and scenarios that show one and never turn red."""
    shown = {
        tag.removeprefix("fehler:")
        for seen in observations
        for tag in seen.case.tags
        if tag.startswith("fehler:")
    }
    used = shown | {fault.lure for fault in offered.values()}
    tried = {one.address for one in rows}
    problems = [
        f"den Köder {address} zeigt kein Szenario und braucht kein Fehler"
        for address, fault in sorted(offered.items())
        if fault.is_lure and address in tried and address not in used
    ]
    return problems + [
        f"{fault.name}: den Köder {fault.lure} gibt es nicht"
        for fault in offered.values()
        if fault.lure and fault.lure not in offered
    ]
