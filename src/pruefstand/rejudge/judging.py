"""A recorded scenario judged anew: findings by today's checks, the verdict rolled up from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pruefstand.checks.check import Check, Reference
from pruefstand.checks.registry import CheckGone, find_check
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import BY_BLAME, Finding, Verdict, roll_up
from pruefstand.rejudge.traffic import Traffic, is_redacted

Find = Callable[[Reference], Check]
REDACTED = "nicht entscheidbar (geschwärzt): die Prüfung liest, was im Laufordner geschwärzt ist"
NO_REFERENCE = "der Lauf hat nicht festgehalten, welche Prüfung geurteilt hat"


def rejudged(case: CaseRecord, traffic: Traffic, find: Find = find_check) -> CaseRecord:
    """Return `case` with the findings of today's checks over its recorded traffic.

    Steps, errors and aborts stay as recorded: what was not executed then is not executed now.
    """
    findings: list[Finding] = []
    done: set[str] = set()
    for finding in case.findings:
        if not finding.requirement:
            findings.append(finding)
        elif not finding.judged_by:
            findings.append(_undecided(finding, NO_REFERENCE))
        elif (key := _group(finding)) not in done:
            done.add(key)
            together = [one for one in case.findings if _group(one) == key]
            findings += _judged(together, traffic, find)
    verdict = _verdict(case, findings)
    return replace(
        case, findings=tuple(findings), verdict=verdict, message=_message(case, findings)
    )


def _group(finding: Finding) -> str:
    return f"{finding.judged_by} {finding.arguments} {finding.seen}"


def _judged(recorded: Sequence[Finding], traffic: Traffic, find: Find) -> list[Finding]:
    first = recorded[0]
    if first.seen > len(traffic.exchanges):
        reason = f"nur {len(traffic.exchanges)} von {first.seen} Nachrichten liegen vor"
        return [_undecided(finding, reason) for finding in recorded]
    if is_redacted(first.arguments):
        return [_undecided(finding, REDACTED) for finding in recorded]
    try:
        check = find(Reference(first.judged_by, first.arguments))
        traffic.watch.touched = False
        found = check.findings(traffic.exchanges[: first.seen])
    except CheckGone as gone:
        return [_undecided(finding, str(gone)) for finding in recorded]
    except Exception as error:  # noqa: BLE001 - a broken check must not cost the other verdicts
        reason = f"die Prüfung bricht ab: {type(error).__name__}: {error}"
        return [_undecided(finding, reason) for finding in recorded]
    if traffic.watch.touched:
        found = [_undecided(finding, REDACTED) for finding in found]
    named = {finding.requirement for finding in found}
    reason = "die Prüfung urteilt nicht mehr über diese Anforderung"
    return [
        *found,
        *(_undecided(finding, reason) for finding in recorded if finding.requirement not in named),
    ]


def _undecided(finding: Finding, reason: str) -> Finding:
    return replace(finding, verdict=Verdict.UNDECIDED, actual=reason)


def _verdict(case: CaseRecord, findings: Sequence[Finding]) -> Verdict:
    if not any(finding.requirement for finding in case.findings):
        return case.verdict
    seen = [finding.verdict for finding in findings]
    if case.verdict is Verdict.HARNESS_ERROR and not case.blame:
        return case.verdict
    if case.blame and not _ended_by_checks(case):
        failed = [verdict for verdict in seen if verdict is Verdict.FAILED]
        return roll_up([BY_BLAME[case.blame], *failed])
    # A scenario that a check ended has proved nothing about what would have followed.
    open_steps = [step for step in case.steps if step.status not in {"passed", "failed"}]
    return roll_up(seen + ([Verdict.UNDECIDED] if open_steps else []))


def _ended_by_checks(case: CaseRecord) -> bool:
    """Whether what ended the scenario were its own findings, and no error of another kind."""
    return any(
        step.status == "failed" and step.error == _lines(case.findings) for step in case.steps
    )


def _lines(findings: Sequence[Finding]) -> str:
    failed = [finding.line for finding in findings if finding.verdict is Verdict.FAILED]
    return "\n".join(dict.fromkeys(failed))


def _message(case: CaseRecord, findings: Sequence[Finding]) -> str:
    if case.blame and not _ended_by_checks(case):
        return case.message
    if not any(finding.requirement for finding in case.findings) or findings == list(case.findings):
        return case.message
    undecided = [f"{f.requirement} {f.check}: {f.actual}" for f in findings if _is_open(f)]
    return "\n".join(filter(None, [_lines(findings), *dict.fromkeys(undecided)]))


def _is_open(finding: Finding) -> bool:
    return finding.verdict is Verdict.UNDECIDED
