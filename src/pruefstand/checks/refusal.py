"""Refusals: the service must say no, with the original's status and words."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.documents import outcome_text, outcome_texts
from pruefstand.checks.select import carried_by_vau, outer_http, soap
from pruefstand.checks.soap_message import calls
from pruefstand.model.exchange import Exchange


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
def refused_for(operation: str, reasons: Sequence[str], *requirements: str) -> Check:
    """Return the check that the last `operation` was refused for exactly these `reasons`."""
    wanted = list(reasons)

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: {' / '.join(wanted)}"
        found = carried_by_vau(exchanges, operation)
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        told = outcome_texts(found[-1])
        return Judgement(told == wanted, expected, " / ".join(told) or "kein Grund", found[-1].id)

    return Check("refused_for", requirements, judge)


@factory
def refused_by_vau(status: int, text: str, *requirements: str) -> Check:
    """Return the check that the last VAU call was refused in clear JSON."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"außen {status} „{text}“ als JSON"
        found = [item for item in outer_http(exchanges, "erezept") if item.operation == "VAU"]
        if not found or found[-1].response is None:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        last = found[-1]
        told = _error(found[-1].response.body)
        holds = last.status == status == told.get("status") and text in str(told.get("error"))
        return Judgement(holds, expected, f"{last.status} {told}", last.id)

    return Check(f"refused_by_vau_{status}", requirements, judge)


def _error(body: bytes) -> dict[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


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
def konnektor_fault_once(operation: str, code: int, *requirements: str) -> Check:
    """Return the check that `operation` was refused with `code`, and not tried again."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation}: einmal Fehler {code}, danach kein weiterer Versuch"
        found = soap(exchanges, operation)
        told = [call.facts.get("fault", "beantwortet") for call in found]
        actual = " → ".join(told) or "Aufruf nicht aufgezeichnet"
        return Judgement(told == [str(code)], expected, actual, found[-1].id if found else None)

    return Check(f"fault_{code}_once", requirements, judge)


@factory
def looked_after_fault(
    operation: str, code: int, steps: Sequence[str], *requirements: str
) -> Check:
    """Return the check that `steps` were called in order between the fault and the next try."""

    def is_refused(call: Exchange) -> bool:
        return call.operation == operation and call.facts.get("fault") == str(code)

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{operation} {code} → {' → '.join(steps)} → {operation}"
        names, faulty = [], False
        for call in calls(exchanges):
            if faulty and call.operation == operation:
                break
            faulty = faulty or is_refused(call)
            if faulty:
                names.append(call.operation)
        else:
            names = []
        between = iter(names[1:])
        holds = bool(names) and all(step in between for step in steps)
        return Judgement(holds, expected, " → ".join(names) or "kein neuer Versuch")

    return Check(f"looked_after_{code}", requirements, judge)


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
