"""Campaigns: which runs count, which attempt counts, and what a run knows of the register."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pruefstand.attest.view import campaign_view
from pruefstand.clock import SystemClock
from pruefstand.errors import OperatorError
from pruefstand.evidence.campaign import add_run, create_campaign, read_campaign
from pruefstand.evidence.interrupted import conclude, lineage
from pruefstand.evidence.manifest import write_manifest
from pruefstand.evidence.run_folder import RunWriter, read_run
from pruefstand.evidence.verify import verify_run
from pruefstand.model.case import CaseRecord, Json
from pruefstand.model.verdict import Verdict
from tests.unit.attestation_desk import CASE, DAY, SUT, Office, office
from tests.unit.evidence_pack import INPUTS, key


@pytest.fixture
def desk(tmp_path: Path) -> Office:
    return office(tmp_path)


def case(identifier: str, verdict: Verdict, *tags: str) -> CaseRecord:
    return CaseRecord(identifier, "T", "erezept/x.feature", tags, verdict, message="m")


def run(
    desk: Office,
    folder: Path,
    *cases: CaseRecord,
    sut: Json = SUT,
    started: str = "",
    **info: object,
) -> Path:
    """Write a sealed run of the practice."""
    writer = RunWriter(folder)
    head = {"id": folder.name, "sut": sut, "started": started or folder.name, **info}
    writer.finish(head, cases)
    write_manifest(folder, INPUTS, desk.key)
    return folder


def test_the_last_attempt_counts_and_all_stay_visible(desk: Office) -> None:
    runs = desk.folder / "runs"
    # The names sort the other way: what counts is when a run began.
    run(desk, runs / "b", case("A", Verdict.FAILED), case("B", Verdict.PASSED), started="1")
    run(desk, runs / "a", case("A", Verdict.PASSED), started="2")
    campaign = read_campaign(desk.folder)
    found = {item.id: item for item in campaign.cases}
    assert found["A"].counting.verdict is Verdict.PASSED
    assert [(x.run, x.record.verdict) for x in found["A"].attempts] == [
        ("b", Verdict.FAILED),
        ("a", Verdict.PASSED),
    ]
    assert found["B"].counting.verdict is Verdict.PASSED
    assert campaign.problems == ()


def test_what_is_changed_foreign_or_unfinished_does_not_count(desk: Office, tmp_path: Path) -> None:
    runs = desk.folder / "runs"
    good = run(desk, runs / "1", case("A", Verdict.FAILED))
    run(desk, runs / "2", case("A", Verdict.PASSED), sut={**SUT, "version": "2026.4"})
    changed = run(desk, runs / "3", case("A", Verdict.PASSED))
    (changed / "verdicts.json").write_bytes((changed / "verdicts.json").read_bytes() + b" ")
    (tmp_path / "fremd").mkdir()
    foreign = run(desk, runs / "4", case("A", Verdict.PASSED))
    write_manifest(foreign, INPUTS, key(tmp_path / "fremd"))
    (runs / "5").mkdir()
    RunWriter(runs / "5").begin({"id": "5", "sut": SUT})
    campaign = read_campaign(desk.folder)
    (found,) = campaign.cases
    assert [attempt.run for attempt in found.attempts] == [good.name]
    words = ["2026.4", "SHA-256", "das Zertifikat", "nicht beendet"]
    assert len(campaign.problems) == 4
    assert all(word in text for word, text in zip(words, campaign.problems, strict=True))


def test_a_sealed_run_is_added_as_it_is(desk: Office, tmp_path: Path) -> None:
    source = run(desk, tmp_path / "lauf", case("A", Verdict.PASSED))
    before = {path.name: path.read_bytes() for path in source.iterdir() if path.is_file()}
    target = add_run(desk.desk.campaign, source)
    assert verify_run(target).defects == ()
    assert before == {p.name: p.read_bytes() for p in source.iterdir() if p.is_file()}
    assert [item.folder.name for item in read_campaign(desk.folder).runs] == ["lauf"]
    with pytest.raises(OperatorError, match="gehört schon"):
        add_run(desk.desk.campaign, source)
    (source / "verdicts.json").unlink()
    with pytest.raises(OperatorError, match=r"verdicts\.json"):
        add_run(desk.desk.campaign, source)
    assert [path.name for path in (desk.folder / "runs").iterdir()] == ["lauf"]


def test_a_register_cut_after_a_run_is_found_by_that_run(desk: Office) -> None:
    desk.state()
    desk.state(CASE, note="noch einmal")
    register = read_campaign(desk.folder).register
    known = {"id": desk.desk.campaign.info.id, "records": register.count, "head": register.head}
    run(desk, desk.folder / "runs" / "1", case("A", Verdict.PASSED), campaign=known)
    assert desk.standing().verdict is Verdict.ATTESTED
    shutil.rmtree(desk.folder / "attestations" / "0002")
    assert desk.standing().verdict is Verdict.OPEN
    assert "Eintrag 0002: fehlt oder ist ein anderer als im Lauf 1" in desk.standing().reason
    desk.state()
    assert desk.standing().verdict is Verdict.OPEN, "another record took its number"
    desk.state()
    assert desk.standing().verdict is Verdict.ATTESTED


def test_manual_items_stand_as_of_today_whatever_a_run_said(desk: Office) -> None:
    tags = ("manuell", f"tc:{CASE}", "punkt:CL-GOL-04b", "req:V09")
    desk.state()
    manual = replace(case(CASE, Verdict.ATTESTED, *tags), feature="checklisten/golive.feature")
    run(desk, desk.folder / "runs" / "1", manual)
    cases = {c.id: c for c in campaign_view(desk.read()).cases}
    assert cases[CASE].verdict is Verdict.ATTESTED
    assert cases["CHK-0101"].verdict is Verdict.OPEN, "no run has named it"
    assert cases["CHK-0504"].verdict is Verdict.NOT_APPLICABLE
    assert "keine Videosprechstunde" in cases["CHK-0504"].message
    shutil.rmtree(desk.folder / "attestations" / "0001")
    cases = {c.id: c for c in campaign_view(desk.read()).cases}
    assert cases[CASE].verdict is Verdict.OPEN
    assert json.dumps(campaign_view(desk.read()).to_json())


def test_a_campaign_needs_an_empty_folder_and_a_plain_name(desk: Office, tmp_path: Path) -> None:
    now = SystemClock().now()
    with pytest.raises(OperatorError, match="nicht leer"):
        create_campaign(desk.folder, "x", "mock", SUT, desk.key, now)
    for name in ("", "../x", "a\nb", "x" * 81, "<b>"):
        with pytest.raises(OperatorError, match="Name der Kampagne"):
            create_campaign(tmp_path / "neu", name, "mock", SUT, desk.key, now)
    with pytest.raises(OperatorError, match="campaign new"):
        read_campaign(tmp_path / "fehlt")


def test_a_killed_run_is_concluded_up_to_its_last_complete_case(tmp_path: Path) -> None:
    folder = tmp_path / "lauf"
    writer = RunWriter(folder)
    writer.begin({"id": "lauf", "sut": SUT, "profile": "mock"})
    writer.case(case("A", Verdict.PASSED))
    writer.case(case("B", Verdict.FAILED))
    writer.event("step", {"case": "C", "text": "läuft noch"})
    with (folder / "events.ndjson").open("ab") as log:
        log.write(b'{"seq": 4, "ti')
    (folder / "blobs").mkdir()
    (folder / "blobs" / ".halb.1.2").write_bytes(b"x")
    done = conclude(folder, SystemClock())
    assert [(c.id, c.verdict) for c in done.cases] == [
        ("A", Verdict.PASSED),
        ("B", Verdict.FAILED),
    ]
    assert (done.info["exit_code"], done.info["killed"]) == (2, True)
    write_manifest(folder, INPUTS, key(tmp_path))
    assert verify_run(folder).defects == ()
    before = (folder / "run.json").read_bytes()
    conclude(folder, SystemClock())
    assert (folder / "run.json").read_bytes() == before
    assert read_run(folder).finished


def test_the_runs_before_a_continuation_are_followed(desk: Office, tmp_path: Path) -> None:
    first = run(desk, tmp_path / "1", case("A", Verdict.PASSED))
    second = run(desk, tmp_path / "2", case("B", Verdict.PASSED), resumes=first.name)
    third = run(desk, tmp_path / "3", case("C", Verdict.PASSED), resumes=second.name)
    assert [item.folder.name for item in lineage(third)] == ["1", "2", "3"]
    shutil.rmtree(first)
    with pytest.raises(OperatorError):
        lineage(third)
    run(desk, tmp_path / "x", case("B", Verdict.PASSED), resumes="x")
    with pytest.raises(OperatorError, match="im Kreis"):
        lineage(tmp_path / "x")


def test_the_day_of_judgement_is_the_desks(desk: Office) -> None:
    assert desk.read(DAY).day == DAY
