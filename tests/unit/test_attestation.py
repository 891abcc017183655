"""Attestations: what they say, what makes them void, and that nothing is ever forgotten."""

from __future__ import annotations

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from pruefstand.attest.desk import MAX_FILE, Upload
from pruefstand.errors import OperatorError
from pruefstand.evidence.attestation import Outcome, Person, from_bytes, to_bytes
from pruefstand.evidence.campaign import read_campaign
from pruefstand.evidence.standing import judged
from pruefstand.model.case import CaseRecord
from pruefstand.model.verdict import Finding, Verdict
from pruefstand.requirements.catalogue import Catalogue, ChecklistItem
from pruefstand.requirements.coverage import State, cover
from tests.unit.attestation_desk import ADA, BEN, CASE, DAY, EXCLUDED, OTHER, Office, office
from tests.unit.catalogue_rows import requirement
from tests.unit.evidence_pack import key


@pytest.fixture
def desk(tmp_path: Path) -> Office:
    return office(tmp_path)


def record_of(desk: Office, number: int) -> Path:
    return desk.folder / "attestations" / f"{number:04d}"


def test_an_item_is_open_until_a_person_confirms_it(desk: Office) -> None:
    assert desk.standing().verdict is Verdict.OPEN
    record = desk.state(uploads=(Upload("vertrag.pdf", b"%PDF"),), valid_until=date(2027, 1, 1))
    found = desk.standing()
    assert found.verdict is Verdict.ATTESTED
    assert "Dr. Ada Beispiel (Praxisinhaberin) und Ben Muster (MFA)" in found.reason
    assert "01.01.2027" in found.reason
    (attachment,) = record.statement.attachments
    assert desk.read().campaign.blobs.read(attachment.sha256) == b"%PDF"
    assert desk.standing(OTHER).verdict is Verdict.OPEN


def test_a_record_holds_what_it_was_made_about(desk: Office) -> None:
    record = desk.state()
    assert from_bytes(to_bytes(record)) == record
    info = desk.desk.campaign.info
    assert record.binding.campaign == info.id
    assert dict(record.binding.sut) == dict(info.sut)
    assert record.binding.catalogue == desk.desk.catalogue
    assert record.statement.item == "CL-GOL-04b"
    assert "Der Vertrag zur Auftragsverarbeitung liegt vor" in record.statement.text
    assert "Dann ist alles genannt" in record.statement.text


def test_what_was_seen_may_also_be_not_fulfilled(desk: Office) -> None:
    desk.state(outcome=Outcome.NOT_FULFILLED)
    assert desk.standing().verdict is Verdict.FAILED
    desk.state()
    assert desk.standing().verdict is Verdict.ATTESTED
    assert len(desk.standing().history) == 2


def test_a_withdrawal_opens_the_item_and_keeps_the_history(desk: Office) -> None:
    desk.state()
    desk.state(outcome=Outcome.WITHDRAWN, note="Vertrag gekündigt")
    found = desk.standing()
    assert found.verdict is Verdict.OPEN
    assert "zurückgezogen von Dr. Ada Beispiel: Vertrag gekündigt" in found.reason
    assert [r.statement.outcome for r in found.history] == [Outcome.FULFILLED, Outcome.WITHDRAWN]
    with pytest.raises(OperatorError, match="nichts zurückzuziehen"):
        desk.state(outcome=Outcome.WITHDRAWN)


def test_it_expires_after_its_last_day(desk: Office) -> None:
    desk.state(valid_until=DAY + timedelta(days=1))
    assert desk.standing(day=DAY + timedelta(days=1)).verdict is Verdict.ATTESTED
    found = desk.standing(day=DAY + timedelta(days=2))
    assert (found.verdict, found.reason) == (Verdict.OPEN, "abgelaufen am 26.11.2026")


def test_a_changed_wording_opens_the_item(desk: Office) -> None:
    desk.state()
    items = [
        replace(item, title=item.title + "!") if item.case == CASE else item
        for item in desk.desk.items
    ]
    found = replace(desk.read(), items=tuple(items)).entry(CASE).standing
    assert (found.verdict, "Wortlaut" in found.reason) == (Verdict.OPEN, True)
    item = next(item for item in desk.desk.items if item.case == CASE)
    changed = replace(item, item=replace(item.item, expectation="etwas anderes"))
    assert changed.text != item.text


def test_another_version_of_the_sut_opens_the_item(desk: Office) -> None:
    desk.state()
    now = desk.read()
    info = replace(now.campaign.info, sut={**now.campaign.info.sut, "version": "2026.4"})
    found = replace(now, campaign=replace(now.campaign, info=info)).entry(CASE).standing
    assert found.verdict is Verdict.OPEN
    assert "bestätigt wurde Gemeinschaftspraxis Beispiel 2026.3" in found.reason


@pytest.mark.parametrize("name", ["record.json", "record.p7s"])
def test_an_edited_record_opens_its_item_and_all_before_it(desk: Office, name: str) -> None:
    desk.state(OTHER)
    desk.state()
    path = record_of(desk, 2) / name
    content = path.read_bytes()
    for place in range(0, len(content), max(1, len(content) // 25)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert desk.standing().verdict is Verdict.OPEN
        assert desk.standing(OTHER).verdict is Verdict.OPEN, "it may have been withdrawn there"
        assert any("0002" in problem for problem in desk.read().campaign.problems)
    path.write_bytes(content)
    assert desk.standing().verdict is Verdict.ATTESTED


def test_a_record_after_the_broken_one_counts(desk: Office) -> None:
    desk.state()
    desk.state(OTHER)
    (record_of(desk, 1) / "record.p7s").unlink()
    assert desk.standing(OTHER).verdict is Verdict.ATTESTED
    assert desk.standing().verdict is Verdict.OPEN
    desk.state()
    assert desk.standing().verdict is Verdict.ATTESTED


def test_a_removed_record_is_missed(desk: Office) -> None:
    desk.state()
    desk.state(outcome=Outcome.WITHDRAWN)
    desk.state(OTHER)
    shutil.rmtree(record_of(desk, 2))
    found = desk.standing()
    assert found.verdict is Verdict.OPEN
    assert "Eintrag 0002: fehlt" in found.reason
    assert desk.standing(OTHER).verdict is Verdict.ATTESTED


def test_a_forged_record_counts_for_nothing(desk: Office, tmp_path: Path) -> None:
    (tmp_path / "fremd").mkdir()
    forger = key(tmp_path / "fremd")
    with pytest.raises(OperatorError, match="anderen Schlüssel"):
        desk.state(key=forger)
    other = office(tmp_path / "fremd")
    other.state()
    shutil.copytree(record_of(other, 1), record_of(desk, 1))
    assert desk.standing().verdict is Verdict.OPEN
    assert "fremden Schlüssel" in desk.standing().reason


def test_a_copied_record_counts_for_nothing(desk: Office) -> None:
    desk.state()
    desk.state(outcome=Outcome.WITHDRAWN)
    shutil.copytree(record_of(desk, 1), record_of(desk, 3))
    found = desk.standing()
    assert found.verdict is Verdict.OPEN
    assert any("Kopie von Eintrag 0001" in text for text in desk.read().campaign.problems)


def test_a_record_of_another_campaign_counts_for_nothing(desk: Office, tmp_path: Path) -> None:
    second = tmp_path / "zweite"
    second.mkdir()
    shutil.copy(tmp_path / "key.pem", second / "key.pem")
    (second / "key.pem").chmod(0o600)
    other = office(second)
    other.state()
    shutil.copytree(record_of(other, 1), record_of(desk, 1))
    assert desk.standing().verdict is Verdict.OPEN
    assert any("anderen Kampagne" in text for text in desk.read().campaign.problems)


def test_a_number_far_away_costs_nothing(desk: Office) -> None:
    desk.state()
    shutil.copytree(record_of(desk, 1), desk.folder / "attestations" / "999999999")
    assert desk.standing().verdict is Verdict.OPEN
    assert len(desk.read().campaign.problems) == 2


def test_a_lost_or_changed_attachment_opens_the_item(desk: Office) -> None:
    record = desk.state(uploads=(Upload("a.pdf", b"eins"),))
    blob = desk.read().campaign.blobs.path(record.statement.attachments[0].sha256)
    blob.write_bytes(b"zwei")
    assert "a.pdf fehlt oder wurde verändert" in desk.standing().reason
    blob.unlink()
    assert desk.standing().verdict is Verdict.OPEN


def test_an_edited_campaign_is_refused(desk: Office) -> None:
    path = desk.folder / "campaign.json"
    path.write_text(path.read_text("utf-8").replace("2026.3", "2026.4"), "utf-8")
    with pytest.raises(OperatorError, match="gehören nicht zusammen"):
        read_campaign(desk.folder)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"person": Person(" ", "MFA")}, "wer"),
        ({"person": Person("Ada", "")}, "welche Rolle"),
        ({"second": None}, "zweite Person"),
        ({"second": Person("  dr.  ADA beispiel", "Ärztin")}, "dieselbe wie die erste"),
        ({"second": Person("Dr. Ada\u00a0Beispiel", "Ärztin")}, "dieselbe wie die erste"),
        ({"second": Person("Ben", "")}, "deren Rolle"),
        ({"outcome": Outcome.NOT_FULFILLED, "note": " "}, "ohne Notiz"),
        ({"note": "x" * 4001}, "4001 Zeichen"),
        ({"person": Person("A" * 201, "MFA")}, "201 Zeichen"),
        ({"person": Person("Ada\u202eadA", "MFA")}, r"U\+202E"),
        ({"note": "a\x00b"}, r"U\+0000"),
        ({"valid_until": DAY - timedelta(days=1)}, "Vergangenheit"),
        ({"case": "CHK-9999"}, "kein Punkt"),
        ({"case": "ERP-0001"}, "kein Punkt"),
        ({"case": EXCLUDED}, "nicht anwendbar"),
    ],
)
def test_a_statement_that_proves_nothing_is_refused(
    desk: Office, fields: dict[str, object], words: str
) -> None:
    with pytest.raises(OperatorError, match=words):
        desk.state(**fields)  # type: ignore[arg-type]
    assert not (desk.folder / "attestations").exists()


@pytest.mark.parametrize(
    "upload",
    [
        Upload("../../etc/passwd", b"x"),
        Upload("..\\x", b"x"),
        Upload("a/b.pdf", b"x"),
        Upload("a\x00.pdf", b"x"),
        Upload("", b"x"),
        Upload("a" * 121, b"x"),
        Upload("a\u202e.pdf", b"x"),
        Upload("leer.pdf", b""),
        Upload("gross.pdf", b"x" * (MAX_FILE + 1)),
    ],
    ids=["up", "windows", "slash", "nul", "empty", "long", "rtl", "no-content", "large"],
)
def test_a_file_that_plays_tricks_is_refused(desk: Office, upload: Upload) -> None:
    with pytest.raises(OperatorError):
        desk.state(uploads=(upload,))
    assert not (desk.folder / "attestations").exists()


def test_many_writers_get_a_number_each(desk: Office) -> None:
    with ThreadPoolExecutor(8) as pool:
        records = list(pool.map(lambda _: desk.state(), range(16)))
    assert sorted(record.number for record in records) == list(range(1, 17))
    register = desk.read().campaign.register
    assert (len(register.records), register.defects) == (16, ())
    assert not list((desk.folder / "attestations").glob(".*"))


def test_an_attestation_never_changes_what_was_executed(desk: Office) -> None:
    desk.state()
    confirmed = desk.standing()
    for verdict in Verdict:
        executed = CaseRecord("ERP-1", "T", "f", ("tc:ERP-1",), verdict)
        assert judged(executed, confirmed) == executed
    manual = CaseRecord(CASE, "T", "f", ("manuell",), Verdict.OPEN)
    assert judged(manual, confirmed).verdict is Verdict.ATTESTED
    for verdict in (Verdict.HARNESS_ERROR, Verdict.NOT_APPLICABLE, Verdict.UNDECIDED):
        assert judged(replace(manual, verdict=verdict), confirmed).verdict is verdict


def test_a_failed_check_stays_failed_beside_an_attestation() -> None:
    item = ChecklistItem("CL-1", "Go-live", "G", "T", "E", ("quelle:A_10001",), "manual", "")
    given = Catalogue((requirement("A_10001"),), {"quelle": frozenset({"x"})}, (item,))
    tags = ("manuell", "punkt:CL-1", "req:A_10001")
    attested = CaseRecord("CHK-1", "T", "x/f.feature", tags, Verdict.ATTESTED, message="Ada")
    seen = Finding("A_10001", "pruefung", Verdict.FAILED, "soll", "ist")
    failed = CaseRecord("ERP-1", "T", "x/f.feature", (), Verdict.FAILED, findings=(seen,))
    for cases in ([attested, failed], [failed, attested]):
        result = cover(given, cases)
        assert result.entries[0].state is State.FAILED
        assert result.items[0].state is State.FAILED
        assert result.exit_code == 1
    alone = cover(given, [attested])
    assert (alone.entries[0].state, alone.items[0].state) == (State.ATTESTED, State.ATTESTED)
    passed = replace(
        failed, verdict=Verdict.PASSED, findings=(replace(seen, verdict=Verdict.PASSED),)
    )
    assert cover(given, [attested, passed]).entries[0].state is State.PROVEN
    opened = replace(attested, verdict=Verdict.OPEN, message="offen")
    assert cover(given, [opened, passed]).items[0].state is State.OPEN
    assert cover(given, [opened, passed]).exit_code == 6


def test_the_same_person_twice_is_one_person() -> None:
    assert Person("Ben  MUSTER ", "").key == Person("ben muster", "x").key
    assert ADA.key != BEN.key


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_openssl_alone_confirms_a_record(desk: Office, tmp_path: Path) -> None:
    desk.state()
    folder, trusted = record_of(desk, 1), tmp_path / "betreiber.pem"
    trusted.write_bytes(desk.key.certificate.public_bytes(Encoding.PEM))
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in"]
    command += [str(folder / "record.p7s"), "-content", str(folder / "record.json")]
    command += ["-CAfile", str(trusted), "-out", str(tmp_path / "out")]
    assert subprocess.run(command, capture_output=True).returncode == 0
    (folder / "record.json").write_bytes((folder / "record.json").read_bytes() + b" ")
    assert subprocess.run(command, capture_output=True).returncode != 0
