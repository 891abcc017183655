"""Answers of the Fachdienst that are no refusal: their status, and the dates they name."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.documents import outcome_text, value
from pruefstand.checks.select import carried_by_vau, outer_http

_EXTENSION = "https://gematik.de/fhir/erp/StructureDefinition/GEM_ERP_EX_"


@factory
def answered_with(operation: str, status: int, *requirements: str) -> Check:
    """Return the check that the last `operation` was answered with `status`."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {status}"
        found = carried_by_vau(exchanges, operation)
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        last = found[-1]
        actual = f"{last.status} {outcome_text(last) or ''}".strip()
        return Judgement(last.status == status, expected, actual, last.id)

    return Check(f"answered_{status}", requirements, judge)


@factory
def answered_outside(operation: str, status: int, is_empty: bool, *requirements: str) -> Check:
    """Return the check on the last answer of the Fachdienst outside the VAU: status and body."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation} außen: {status} {'ohne' if is_empty else 'mit'} Inhalt"
        found = [e for e in outer_http(exchanges, "erezept") if e.operation == operation]
        if not found or found[-1].response is None:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        last, size = found[-1], len(found[-1].response.body)
        holds = last.status == status and (size == 0) == is_empty
        return Judgement(holds, expected, f"{last.status}, {size} Bytes", last.id)

    return Check(f"answered_outside_{status}", requirements, judge)


@factory
def task_date(name: str, day: str, *requirements: str) -> Check:
    """Return the check that the last $activate named `day` (ISO) as ExpiryDate or AcceptDate."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{name} {day}"
        found = carried_by_vau(exchanges, "Task/$activate")
        if not found or found[-1].response is None:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        path = f"//f:Task/f:extension[@url='{_EXTENSION}{name}']/f:valueDate/@value"
        actual = value(found[-1].response.body, path)
        return Judgement(actual == day, expected, f"{name} {actual or 'fehlt'}", found[-1].id)

    return Check(f"task_{name}", requirements, judge)


@factory
def hits(operation: str, count: int, *requirements: str) -> Check:
    """Return the check that the last answer to `operation` is a Bundle of `count` hits."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {count} Treffer"
        found = carried_by_vau(exchanges, operation)
        if not found or found[-1].response is None:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        actual = value(found[-1].response.body, "/f:Bundle/f:total/@value")
        return Judgement(
            actual == str(count), expected, f"{actual or 'keine'} Treffer", found[-1].id
        )

    return Check(f"hits_{count}", requirements, judge)
