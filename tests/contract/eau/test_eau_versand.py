"""Sending: outage, crash and restart, deadlines on a virtual clock, exclusions, batches."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from pruefstand.cli.mocks import file_endpoints, write_certificates
from pruefstand.clock import BERLIN
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_ablage import FolderStore
from pruefstand.drivers.kim import KimMember
from pruefstand.errors import OperatorError
from pruefstand.flows.eau_postausgang import Shipment, Status, of_patient
from pruefstand.flows.eau_rueckmeldung import unsent
from pruefstand.flows.eau_storno import StornoRefused
from pruefstand.mockkit.world import MockWorld
from pruefstand.rng import Rng
from pruefstand.testdata.kim_participants import participant
from pruefstand.transport.recorder import NULL_RECORDER
from tests.contract.eau_child import DIED, OUTAGE
from tests.contract.eau_world import OTHER_INSURER, desk, note

MODULE, SERVICE = "kim_clientmodul", "kim_fachdienst"
SEED = 11


def outage(world: MockWorld, on: bool) -> None:
    """Cut the client module off from its mail service."""
    world.set_flag(MODULE, "fachdienst_zertifikat", "INVALID" if on else "VALID")


def insurer(world: MockWorld) -> KimMember:
    one = participant(world.pki, "kasse")
    return KimMember(world, one, NULL_RECORDER, world.clock, Rng("insurer"))


def child(endpoints: Path, folder: Path, dies_after: int = 0) -> int:
    program = [sys.executable, "-m", "tests.contract.eau_child"]
    arguments = [str(endpoints), str(folder), str(dies_after)]
    root = Path(__file__).resolve().parents[3]
    return subprocess.run([*program, *arguments], timeout=120, cwd=root, check=False).returncode


def test_fifty_notes_survive_crash_and_outage_exactly_once(
    world: MockWorld, bench: SickNoteDesk, tmp_path: Path
) -> None:
    folder, endpoints = tmp_path / "postausgang", tmp_path / "endpunkte.json"
    write_certificates(world, tmp_path)
    file_endpoints(world, tmp_path, SEED).write(endpoints)
    receiver = insurer(world)
    receiver.empty()
    bench.store = FolderStore(folder)
    written = bench.certify(*(note(world, f"fifty/{number}") for number in range(50)))
    # Dies after the 20th mail was taken, before it could write that down.
    assert child(endpoints, folder, dies_after=20) == DIED
    broken = [one.number for one in FolderStore(folder).all() if one.status is Status.SENDING]
    assert broken == [20]
    outage(world, True)
    assert child(endpoints, folder) == OUTAGE
    assert [one.number for one in FolderStore(folder).all() if one.status is Status.SENDING] == [20]
    outage(world, False)
    assert child(endpoints, folder) == 0
    assert {one.status for one in FolderStore(folder).all()} == {Status.DELIVERED}
    names = [mail.parsed().text("Subject") for mail in receiver.collect().messages]
    assert names == [f"TEAU0_{one.document_id}" for one in written]
    receiver.empty()


def test_an_outage_is_tried_again_every_four_hours_for_three_working_days(
    world: MockWorld, bench: SickNoteDesk
) -> None:
    world.clock.move_to(datetime(2026, 12, 31, 10, tzinfo=BERLIN))
    first, second = bench.certify(note(world, "a"), note(world, "b"))
    outage(world, True)
    attempts = 0
    for _ in range(24 * 12):
        before = len(bench.shipment(first.document_id).attempts)
        bench.send()
        attempts += len(bench.shipment(first.document_id).attempts) > before
        if bench.status(first.document_id) is Status.GIVEN_UP:
            break
        world.clock.advance(timedelta(hours=1))
    tried = bench.shipment(first.document_id).attempts
    gaps = {round((b - a) / timedelta(hours=1)) for a, b in pairwise(tried)}
    assert gaps == {4}
    # New Year and the weekend do not count: 4, 5 and 6 January are the three working days.
    assert tried[-1].astimezone(BERLIN).date().isoformat() == "2027-01-06"
    assert attempts == len(tried)
    # While the way was down, nothing overtook.
    assert len(bench.shipment(second.document_id).attempts) <= 1


def test_nothing_overtakes_while_the_way_is_down(world: MockWorld, bench: SickNoteDesk) -> None:
    first, second = bench.certify(note(world, "a"), note(world, "b"))
    outage(world, True)
    bench.send()
    outage(world, False)
    assert bench.send() == []
    assert bench.status(first.document_id) is Status.FAILED
    assert [one.document_id for one in bench.send(at_once=True)] == [
        first.document_id,
        second.document_id,
    ]


@pytest.mark.parametrize("day", ["2026-11-23", "2026-12-31", "2026-10-24", "2026-03-28"])
def test_without_receipt_the_warning_comes_after_24_hours(
    world: MockWorld, bench: SickNoteDesk, day: str
) -> None:
    """The year ends, summer time ends and begins in between: 24 hours stay 24 hours."""
    world.clock.move_to(datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=BERLIN))
    world.contexts[SERVICE].faults.switch("dsn_fehlt", True)
    order = note(world, day)
    (sent,) = bench.certify(order)
    bench.send()
    world.clock.advance(timedelta(hours=23, minutes=59))
    bench.collect()
    assert bench.overdue() == []
    world.clock.advance(timedelta(minutes=1))
    (warning,) = bench.overdue()
    for told in (str(order.insured.name), order.coverage.iknr, sent.document_id):
        assert told in warning.details
    assert world.clock.now().tzinfo is UTC


def test_a_receipt_silences_the_warning(world: MockWorld, bench: SickNoteDesk) -> None:
    (sent,) = bench.certify(note(world, "quiet"))
    bench.send()
    bench.collect()
    world.clock.advance(timedelta(days=2))
    assert bench.overdue() == []
    assert bench.status(sent.document_id) is Status.DELIVERED


def test_after_one_working_day_the_unsent_is_reminded_of(
    world: MockWorld, bench: SickNoteDesk
) -> None:
    world.clock.move_to(datetime(2026, 11, 27, 17, tzinfo=BERLIN))  # a Friday
    bench.certify(note(world, "waiting"))
    world.clock.move_to(datetime(2026, 11, 30, 23, tzinfo=BERLIN))
    assert unsent(bench.store, world.clock.now()) == []
    world.clock.move_to(datetime(2026, 12, 1, 0, 1, tzinfo=BERLIN))
    assert len(unsent(bench.store, world.clock.now())) == 1


def test_a_storno_is_allowed_to_the_last_of_120_working_days(
    world: MockWorld, bench: SickNoteDesk
) -> None:
    world.clock.move_to(datetime(2026, 11, 23, 9, tzinfo=BERLIN))
    first, second = bench.certify(note(world, "a"), note(world, "b"))
    bench.send()
    world.clock.move_to(datetime(2027, 5, 18, 23, 59, tzinfo=BERLIN))
    bench.cancel(first.document_id)
    assert bench.status(first.document_id) is Status.CANCELLED
    world.clock.move_to(datetime(2027, 5, 19, 0, 0, 1, tzinfo=BERLIN))
    with pytest.raises(StornoRefused):
        bench.cancel(second.document_id)


def test_what_was_not_sent_or_was_rejected_is_not_cancelled(
    world: MockWorld, bench: SickNoteDesk
) -> None:
    (waiting,) = bench.certify(note(world, "unsent"))
    with pytest.raises(StornoRefused, match="nicht versendet"):
        bench.cancel(waiting.document_id)
    bench.send()
    bench.store.put(replace(bench.shipment(waiting.document_id), code="101"))
    with pytest.raises(StornoRefused, match="101"):
        bench.cancel(waiting.document_id)


def test_what_is_never_sent_is_printed(world: MockWorld, bench: SickNoteDesk) -> None:
    plain = note(world, "plain")
    cover, person = plain.coverage, plain.insured
    abroad = replace(plain, billing_area="01")
    group = replace(plain, coverage=replace(cover, person_group="07"))
    other = replace(plain, coverage=replace(cover, kind="SKT"), insured=replace(person, kvnr=""))
    assert bench.certify(abroad, group, other) == []
    assert [order for order, _ in bench.printed] == [abroad, group, other]
    assert len(bench.certify(replace(plain, coverage=replace(cover, kind="SKT")))) == 1


def test_an_insurer_without_address_is_named(world: MockWorld, bench: SickNoteDesk) -> None:
    (lost,) = bench.certify(note(world, "lost", iknr="108018007"))
    assert bench.send() == []
    kept = bench.shipment(lost.document_id)
    assert kept.status is Status.NO_ADDRESS
    assert "108018007" in kept.explanation


def test_the_second_ik_of_the_master_data_is_tried(world: MockWorld, bench: SickNoteDesk) -> None:
    bench.certify(note(world, "two"), iknrs=("108018007", OTHER_INSURER))
    (sent,) = bench.send()
    assert sent.recipient.startswith("eau.bkk@")


def test_the_status_of_a_patient_is_known(world: MockWorld, bench: SickNoteDesk) -> None:
    order = note(world, "patient")
    bench.certify(order, note(world, "somebody else"))
    bench.send()
    bench.collect()
    found = of_patient(bench.store, order.insured.kvnr)
    assert [one.status for one in found] == [Status.DELIVERED]


def test_a_damaged_outbox_names_its_file(tmp_path: Path) -> None:
    (tmp_path / "00000001.json").write_text('{"number": 1}', encoding="utf-8")
    with pytest.raises(OperatorError, match=r"00000001\.json"):
        FolderStore(tmp_path)


def test_an_outbox_comes_back_as_it_was(tmp_path: Path, world: MockWorld) -> None:
    with desk(world, "kept", FolderStore(tmp_path)) as bench:
        bench.certify(note(world, "kept"))
        bench.send()
        kept: list[Shipment] = bench.store.all()
    assert FolderStore(tmp_path).all() == kept
