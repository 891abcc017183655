"""Judging old traffic: what is redacted, gone or missing decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pruefstand.checks.check import Check, Exchanges, Judgement, Reference
from pruefstand.errors import OperatorError
from pruefstand.evidence.codec import exchange_to_json
from pruefstand.evidence.event_log import FIRST, EventLog
from pruefstand.evidence.run_folder import Run, RunWriter
from pruefstand.model.case import CaseRecord, StepRecord
from pruefstand.model.exchange import Exchange, Layer, Message, Side
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.rejudge.judging import NO_REFERENCE, REDACTED, rejudged
from pruefstand.rejudge.traffic import is_redacted, recorded_exchanges

SECRET = "⟨token:0123456789abcdef⟩"
BODY = b"status ready"


def exchange(request: Message, facts: Mapping[str, str] | None = None) -> Exchange:
    """Return one exchange with `request`."""
    return Exchange(
        "x1",
        None,
        Layer.HTTP,
        Side.CLIENT,
        "pvs",
        "erezept",
        "Task/$create",
        datetime(2026, 7, 1, tzinfo=UTC),
        0.0,
        request,
        Message("200", status=200, body=BODY),
        facts or {},
    )


def looking(look: Any) -> Check:
    """Return a check that holds when `look` finds something true in the first exchange."""

    def judge(exchanges: Exchanges) -> Judgement:
        return Judgement(bool(look(exchanges[0])), "soll", "ist", exchanges[0].id)

    return Check("c", ("A_1",), judge, reference=Reference("m:c"))


def finding(verdict: Verdict = Verdict.PASSED, **more: Any) -> Finding:
    """Return the recorded finding of `looking`."""
    return replace(
        Finding("A_1", "c", verdict, "soll", "ist", "x1", "m:c", (), 1),
        **more,
    )


def case(*findings: Finding, exchanges: tuple[Any, ...] = (), **more: Any) -> CaseRecord:
    """Return a recorded scenario."""
    steps = (StepRecord("Dann", "gilt es", "passed"),)
    record = CaseRecord("T-1", "t", "f", (), Verdict.PASSED, steps, findings, exchanges)
    return replace(record, **more)


def pack(tmp_path: Path, *exchanges: Exchange) -> tuple[Run, tuple[Any, ...]]:
    """Return a run folder that holds the bodies, and the exchanges as JSON."""
    writer = RunWriter(tmp_path)
    stored = tuple(exchange_to_json(one, writer.blob) for one in exchanges)
    return Run(tmp_path, {}, (), EventLog((), FIRST)), stored


def judged(tmp_path: Path, one: Exchange, look: Any) -> Finding:
    """Return the finding over the recorded `one`."""
    run, stored = pack(tmp_path, one)
    record = case(finding(), exchanges=stored)
    (found,) = rejudged(record, recorded_exchanges(run, record), lambda _: looking(look)).findings
    return found


REDACTED_REQUEST = Message(
    f"POST /Task?secret={SECRET}",
    (("Authorization", SECRET), ("Accept", "xml")),
    f"code {SECRET}".encode(),
)


@pytest.mark.parametrize(
    "look",
    [
        lambda one: one.request.body,
        lambda one: one.request.start,
        lambda one: one.request.headers,
        lambda one: one.request.header("authorization"),
        lambda one: one.facts["signer"],
        lambda one: one.facts.get("signer"),
    ],
)
def test_what_was_read_from_a_redacted_place_decides_nothing(tmp_path: Path, look: Any) -> None:
    found = judged(tmp_path, exchange(REDACTED_REQUEST, {"signer": SECRET, "size": "1"}), look)
    assert (found.verdict, found.actual) == (Verdict.UNDECIDED, REDACTED)


@pytest.mark.parametrize(
    "look",
    [
        lambda one: one.response.body == BODY,
        lambda one: one.request.header("accept") == "xml",
        lambda one: one.request.header("missing") is None,
        lambda one: one.facts["size"] == "1",
        lambda one: one.status == 200,
        lambda one: one.operation,
    ],
)
def test_what_is_not_redacted_is_still_judged(tmp_path: Path, look: Any) -> None:
    found = judged(tmp_path, exchange(REDACTED_REQUEST, {"signer": SECRET, "size": "1"}), look)
    assert found.verdict is Verdict.PASSED


def test_restored_originals_are_judged_as_they_were(tmp_path: Path) -> None:
    original = exchange(Message("POST /", body=b"code 17"))
    run, stored = pack(tmp_path, exchange(REDACTED_REQUEST))
    record = case(finding(), exchanges=stored)
    traffic = recorded_exchanges(run, record, lambda run, case: (original,))
    check = looking(lambda one: one.request.body == b"code 17")
    assert rejudged(record, traffic, lambda _: check).verdict is Verdict.PASSED
    without = recorded_exchanges(run, record, lambda run, case: None)
    assert rejudged(record, without, lambda _: check).verdict is Verdict.UNDECIDED


def test_commitments_are_known_in_every_shape() -> None:
    for value in (SECRET, SECRET.encode(), [("a", SECRET)], {"a": [SECRET]}, (1, (SECRET,))):
        assert is_redacted(value)
    for value in ("⟨token⟩", b"", "⟨a:zz⟩", 7, None, {"a": ["b"]}, "<kvnr:0123456789abcdef>"):
        assert not is_redacted(value)


def test_redacted_arguments_of_a_check_decide_nothing(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")))
    record = case(finding(arguments=(SECRET,)), exchanges=stored)
    after = rejudged(record, recorded_exchanges(run, record), lambda _: looking(lambda _: True))
    assert after.findings[0].actual == REDACTED


def test_a_finding_without_reference_decides_nothing(tmp_path: Path) -> None:
    run, _ = pack(tmp_path)
    record = case(finding(judged_by="", seen=0))
    after = rejudged(record, recorded_exchanges(run, record))
    assert (after.verdict, after.findings[0].actual) == (Verdict.UNDECIDED, NO_REFERENCE)


def test_missing_messages_and_broken_checks_decide_nothing(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")))

    def look(one: Exchange) -> bool:
        raise RuntimeError("kaputt")

    few = case(finding(seen=3), exchanges=stored)
    after = rejudged(few, recorded_exchanges(run, few), lambda _: looking(lambda _: True))
    assert "nur 1 von 3 Nachrichten" in after.findings[0].actual
    whole = case(finding(), exchanges=stored)
    after = rejudged(whole, recorded_exchanges(run, whole), lambda _: looking(look))
    assert "bricht ab: RuntimeError: kaputt" in after.findings[0].actual


def test_a_check_sees_only_what_was_recorded_when_it_ran(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")), exchange(Message("GET /2")))
    record = case(finding(), exchanges=stored)
    seen = []

    def judge(exchanges: Exchanges) -> Judgement:
        seen.append(len(exchanges))
        return Judgement(True, "soll", "ist")

    check = Check("c", ("A_1", "A_2"), judge)
    after = rejudged(record, recorded_exchanges(run, record), lambda _: check)
    assert seen == [1]
    assert [one.requirement for one in after.findings] == ["A_1", "A_2"]


def test_a_requirement_the_check_no_longer_names_is_undecided(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")))
    record = case(finding(), finding(requirement="A_9"), exchanges=stored)
    traffic = recorded_exchanges(run, record)
    after = rejudged(record, traffic, lambda _: looking(lambda _: True))
    found = {one.requirement: one.verdict for one in after.findings}
    assert found == {"A_1": Verdict.PASSED, "A_9": Verdict.UNDECIDED}


@pytest.mark.parametrize("verdict", [Verdict.OPEN, Verdict.ATTESTED, Verdict.NOT_APPLICABLE])
def test_a_scenario_no_check_judged_stays_as_it_is(tmp_path: Path, verdict: Verdict) -> None:
    run, _ = pack(tmp_path)
    record = case(verdict=verdict, message="weil")
    assert rejudged(record, recorded_exchanges(run, record)) == record


def test_an_error_of_another_kind_stays_and_a_proved_failure_too(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")))
    steps = (StepRecord("Wenn", "es geht", "failed", 0.0, "antwortet nicht"),)
    record = case(finding(), exchanges=stored, steps=steps, blame="environment")
    traffic = recorded_exchanges(run, record)
    good = rejudged(record, traffic, lambda _: looking(lambda _: True))
    bad = rejudged(record, traffic, lambda _: looking(lambda _: False))
    assert (good.verdict, bad.verdict) == (Verdict.UNDECIDED, Verdict.FAILED)


def test_damaged_exchanges_are_the_operators_matter(tmp_path: Path) -> None:
    run, stored = pack(tmp_path, exchange(Message("GET /")))
    for change in ({"layer": "rauch"}, {"request": None}, {"started": "gestern"}):
        record = case(finding(), exchanges=({**stored[0], **change},))
        with pytest.raises(OperatorError, match="nicht lesbar"):
            recorded_exchanges(run, record)
    gone = case(finding(), exchanges=({**stored[0], "request": {"body": "0" * 64}},))
    with pytest.raises(OperatorError):
        recorded_exchanges(run, gone)
