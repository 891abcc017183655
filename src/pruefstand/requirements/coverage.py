"""What a run says about each requirement: only an executed check proves one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import PurePosixPath

from pruefstand.errors import ExitCode
from pruefstand.model.case import CaseRecord
from pruefstand.model.tags import MANUAL, from_tag, values
from pruefstand.model.verdict import Verdict
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem, Requirement


class State(StrEnum):
    """The German word is the value: it is what tables print; the most severe state comes first."""

    FAILED = "nicht erfüllt"
    INCONCLUSIVE = "nicht entscheidbar"
    OPEN = "offen"
    HINT = "Hinweis (SOLL)"
    PROVEN = "belegt"
    ATTESTED = "bestätigt"
    CLAIMED_ONLY = "nur beansprucht"
    NOT_APPLICABLE = "nicht anwendbar"
    NOT_TESTABLE = "nicht prüfbar"
    UNCOVERED = "nicht abgedeckt"

    @property
    def word(self) -> str:
        """Return the English name for options and JSON, such as `claimed-only`."""
        return self.name.lower().replace("_", "-")


SEVERITY = tuple(State)
BAD = frozenset({State.FAILED, State.INCONCLUSIVE, State.OPEN})
NO_REQUIREMENT = "keine Anforderung zugeordnet"
DONE = frozenset({State.PROVEN, State.ATTESTED, State.HINT})


@dataclass(frozen=True, slots=True)
class Entry:
    """One requirement of the catalogue; `cases` are those its state follows from."""

    requirement: Requirement
    state: State
    reason: str = ""
    cases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """One item of a checklist; its state is that of its requirements and cases together."""

    item: ChecklistItem
    state: State
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole catalogue against one run; `unknown` are ids the run names and nobody knows."""

    entries: tuple[Entry, ...]
    items: tuple[ItemEntry, ...]
    unknown: tuple[str, ...]

    @property
    def summary(self) -> dict[State, int]:
        """Return the number of requirements per state, every state named."""
        counts = Counter(entry.state for entry in self.entries)
        return {state: counts[state] for state in State}

    @property
    def exit_code(self) -> ExitCode:
        """Return the exit code: what was touched counts, what was not does not."""
        states = {entry.state for entry in self.entries}
        states |= {item.state for item in self.items if item.state in BAD}
        if self.unknown:
            return ExitCode.HARNESS
        if State.FAILED in states:
            return ExitCode.SUT_FAILED
        if states & (BAD | {State.CLAIMED_ONLY}):
            return ExitCode.UNDECIDED
        if not states & DONE:
            return ExitCode.NOTHING_SELECTED
        return ExitCode.GREEN


@dataclass(frozen=True, slots=True)
class _Sign:
    """One thing a case says about a requirement."""

    case: str
    state: State
    reason: str


_BY_VERDICT: Mapping[Verdict, State] = {
    Verdict.PASSED: State.PROVEN,
    Verdict.HINT: State.HINT,
    Verdict.FAILED: State.FAILED,
    Verdict.UNDECIDED: State.INCONCLUSIVE,
    Verdict.OPEN: State.OPEN,
    Verdict.HARNESS_ERROR: State.INCONCLUSIVE,
    Verdict.ATTESTED: State.ATTESTED,
    Verdict.NOT_APPLICABLE: State.NOT_APPLICABLE,
}
_ENDED_EARLY = frozenset({Verdict.FAILED, Verdict.UNDECIDED, Verdict.HARNESS_ERROR})


def cover(catalogue: Catalogue, cases: Sequence[CaseRecord]) -> Coverage:
    """Return the state of every requirement and checklist item after `cases`."""
    signs: dict[str, list[_Sign]] = defaultdict(list)
    unknown: set[str] = set()
    # A long run names the same few ids thousands of times.
    resolve = cache(catalogue.resolve)
    for case in cases:
        for identifier, sign in _signs(case):
            row = resolve(identifier, _area(case))
            if row is None:
                unknown.add(identifier)
            else:
                signs[row.key].append(sign)
    entries = tuple(_entry(row, signs.get(row.key, [])) for row in catalogue.requirements)
    by_key = {entry.requirement.key: entry for entry in entries}
    by_item: dict[str, list[_Sign]] = defaultdict(list)
    for case in cases:
        for point in values(case.tags, "punkt"):
            state = _BY_VERDICT[case.verdict]
            by_item[point].append(_Sign(case.id, state, f"{case.id}: {case.message}"))
    items = tuple(_item(item, by_key, by_item[item.id]) for item in catalogue.checklist)
    return Coverage(entries, items, tuple(sorted(unknown)))


def _area(case: CaseRecord) -> str:
    return PurePosixPath(case.feature.replace("\\", "/")).parent.name


def _signs(case: CaseRecord) -> Iterable[tuple[str, _Sign]]:
    judged = set()
    for finding in case.findings:
        if not finding.requirement:
            continue
        judged.add(finding.requirement)
        state = _BY_VERDICT[finding.verdict]
        reason = f"{finding.check}: {finding.actual}"
        # A defect of the harness devalues what the case seemed to prove, not what it found wrong.
        if case.verdict is Verdict.HARNESS_ERROR and state is not State.FAILED:
            state, reason = State.INCONCLUSIVE, f"Prüfstandfehler in {case.id}"
        yield finding.requirement, _Sign(case.id, state, reason)
    for tag in case.tags:
        identifier = from_tag(tag.removeprefix("req:"))
        if tag.startswith("req:") and identifier not in judged:
            yield identifier, _claim(case)


def _claim(case: CaseRecord) -> _Sign:
    manual = MANUAL in case.tags
    if manual and case.verdict is not Verdict.UNDECIDED:
        return _Sign(case.id, _BY_VERDICT[case.verdict], case.message)
    if case.verdict in _ENDED_EARLY:
        reason = f"{case.id} endete vor der Prüfung: {case.verdict}"
        return _Sign(case.id, State.INCONCLUSIVE, reason)
    if case.verdict in {Verdict.OPEN, Verdict.ATTESTED, Verdict.NOT_APPLICABLE}:
        return _Sign(case.id, _BY_VERDICT[case.verdict], case.message or case.verdict.value)
    return _Sign(case.id, State.CLAIMED_ONLY, "beansprucht, aber keine Prüfung ausgeführt")


def _entry(row: Requirement, signs: Sequence[_Sign]) -> Entry:
    executed = [sign for sign in signs if sign.state is not State.CLAIMED_ONLY]
    relevant = executed or signs
    if not relevant:
        state = State.NOT_TESTABLE if row.not_tested_reason else State.UNCOVERED
        return Entry(row, state, row.not_tested_reason)
    state = min((sign.state for sign in relevant), key=SEVERITY.index)
    deciding = [sign for sign in relevant if sign.state is state]
    cases = tuple(dict.fromkeys(sign.case for sign in deciding))
    return Entry(row, state, deciding[0].reason, cases)


def _item(item: ChecklistItem, entries: Mapping[str, Entry], signs: Sequence[_Sign]) -> ItemEntry:
    states = [entries[key].state for key in item.requirements]
    done = sum(state in DONE for state in states)
    counted = f"{done} von {len(states)} Anforderungen belegt" if states else NO_REQUIREMENT
    every = [*signs, *(_Sign("", state, counted) for state in states)]
    if not every:
        state = State.NOT_TESTABLE if item.not_tested_reason else State.UNCOVERED
        return ItemEntry(item, state, item.not_tested_reason or counted)
    found = _deciding(every, signs, done=done, rows=len(states))
    said = found.reason if found.case else ""
    return ItemEntry(item, found.state, "; ".join(filter(None, (said, counted))))


def _deciding(every: Sequence[_Sign], signs: Sequence[_Sign], *, done: int, rows: int) -> _Sign:
    bad = [sign for sign in every if sign.state in BAD]
    if bad:
        return min(bad, key=lambda sign: SEVERITY.index(sign.state))
    # What a person confirmed as a whole needs no run; what does not apply needs no proof.
    confirmed = [sign for sign in signs if sign.state is State.ATTESTED]
    left_out = [sign for sign in signs if sign.state is State.NOT_APPLICABLE]
    if done < rows or not rows:
        chosen = confirmed or ([] if done else left_out)
        if chosen:
            return chosen[0]
    judged = [sign for sign in every if sign not in left_out]
    # One open requirement keeps the whole item open: the state furthest from proof decides.
    return max(judged, key=lambda sign: SEVERITY.index(sign.state))
