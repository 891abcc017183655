"""Refusals: the service must say no, with the original's status and words."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.documents import outcome_text
from pruefstand.checks.select import carried_by_vau, soap


@factory
def refused(operation: str, status: int, text: str, *requirements: str) -> Check:
    """Return the check that the last `operation` was refused with `status` and `text`."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {status} „{text}“"
        found = carried_by_vau(exchanges, operation)
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        last = found[-1]
        actual = f"{last.status} „{outcome_text(last)}“"
        holds = last.status == status and outcome_text(last).startswith(text)
        return Judgement(holds, expected, actual, last.id)

    return Check(f"refused_{status}", requirements, judge)


@factory
def konnektor_fault(operation: str, code: int, *requirements: str) -> Check:
    """Return the check that the last `operation` ended with the gematik fault `code`."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: Fehler {code}"
        found = soap(exchanges, operation)
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        actual = found[-1].facts.get("fault", "kein Fehler")
        return Judgement(actual == str(code), expected, actual, found[-1].id)

    return Check(f"fault_{code}", requirements, judge)


@factory
def konnektor_fault_then_answer(operation: str, code: int, *requirements: str) -> Check:
    """Return the check that `operation` ended with `code` once and with an answer at last."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: Fehler {code}, dann beantwortet"
        found = soap(exchanges, operation)
        told = [call.facts.get("fault", "beantwortet") for call in found]
        holds = str(code) in told and told[-1:] == ["beantwortet"] and found[-1].status == 200
        actual = " → ".join(told) or "Aufruf nicht aufgezeichnet"
        return Judgement(holds, expected, actual, found[-1].id if found else None)

    return Check(f"fault_{code}_then_answer", requirements, judge)


@factory
def not_uploaded(*requirements: str) -> Check:
    """Return the check that no $activate was accepted."""

    def judge(exchanges: Exchanges) -> Judgement:
        accepted = [
            e for e in carried_by_vau(exchanges, "Task/$activate") if e.status in {200, 252}
        ]
        actual = f"{len(accepted)} angenommene $activate" if exchanges else "nichts aufgezeichnet"
        holds = bool(exchanges) and not accepted
        return Judgement(holds, "keine angenommene Verordnung", actual)

    return Check("not_uploaded", requirements, judge)


@factory
def accepted_with_warning(text: str, *requirements: str) -> Check:
    """Return the check that the last $activate was accepted with status 252 and this warning."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"Task/$activate: 252 mit Warnung „{text}“"
        found = carried_by_vau(exchanges, "Task/$activate")
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        last = found[-1]
        warning = (last.response.header("Warning") if last.response else None) or ""
        return Judgement(
            last.status == 252 and readable(text) in readable(warning),
            expected,
            f"{last.status} „{warning}“",
            last.id,
        )

    return Check("accepted_with_warning", requirements, judge)


def readable(text: str) -> str:
    """Return header text as UTF-8 where it was read as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
