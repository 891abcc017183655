"""A careless practice changes of a mail what it names, and a careful one nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pruefstand.drivers.careless_mail import MAILS, asks_for_receipt, kind_of, rewritten
from pruefstand.drivers.carelessness_kim import KIM, NOTE_NO_RECEIPT, RECEIPT_ALWAYS
from pruefstand.drivers.slips import Slip
from pruefstand.kim.dienstkennung import DEFAULT, EARZTBRIEF, Dienstkennung
from pruefstand.kim.earztbrief import RETURN_PATH
from pruefstand.kim.mail import Attachment, KimMail, split_parts
from pruefstand.model.fault import FaultSet
from pruefstand.model.mail import parse_mail
from tests.unit.kim_traffic import C
from tests.unit.test_eau_checks import NOTE, STORNO

OFFERED = {fault.name: fault for fault in KIM}


def free(kennung: Dienstkennung = DEFAULT) -> bytes:
    files = [Attachment("Größe.pdf", b"%PDF", description="eAB-XML")]
    now = datetime(2026, 11, 25, 9, tzinfo=UTC)
    receipt = [(RETURN_PATH, f"<{C}>")] if kennung == EARZTBRIEF else []
    return KimMail(
        C, (C,), "Befund", "Enthält nichts", "m@p", now, kennung, attachments=files, further=receipt
    ).to_bytes()


MAIL_OF = {
    kind_of(mail): mail
    for mail in (
        NOTE.mail(),
        STORNO.mail(),
        free(),
        free(EARZTBRIEF),
        free(Dienstkennung("eRezept", "Kommunikation", "V1.0")),
    )
}


@pytest.mark.parametrize("slip", MAILS, ids=lambda slip: f"{slip.fault}-{slip.operation}")
def test_a_slip_changes_its_mail_and_no_other(slip: Slip[bytes]) -> None:
    fault = slip.fault
    for other, mail in MAIL_OF.items():
        changed = rewritten(mail, other, FaultSet(OFFERED, {fault}))
        concerned = any((fault, other) == (one.fault, one.operation) for one in MAILS)
        assert (changed != mail) is concerned
        assert parse_mail(changed).get("Message-ID")
    assert slip.operation in MAIL_OF


def test_without_a_carelessness_every_octet_stays() -> None:
    for kind, mail in MAIL_OF.items():
        assert rewritten(mail, kind, FaultSet(OFFERED)) == mail


def test_only_what_can_be_spoiled_asks_for_its_fault() -> None:
    faults = FaultSet(OFFERED, watched=True)
    kind = "eRezept;Kommunikation"
    rewritten(MAIL_OF[kind], kind, faults)
    assert faults.asked == {"kim_andere_dienstkennung"}


def test_receipts_are_asked_as_the_fault_says() -> None:
    note, letter = kind_of(NOTE.mail()), kind_of(free())
    none, forgetful = FaultSet(OFFERED), FaultSet(OFFERED, {NOTE_NO_RECEIPT})
    eager = FaultSet(OFFERED, {RECEIPT_ALWAYS})
    assert asks_for_receipt(note, "SUCCESS", none) == "SUCCESS"
    assert asks_for_receipt(note, "SUCCESS", forgetful) == ""
    assert asks_for_receipt(letter, "", none) == ""
    assert asks_for_receipt(letter, "", eager) == "SUCCESS"


def test_two_files_are_two_parts() -> None:
    changed = rewritten(NOTE.mail(), kind_of(NOTE.mail()), FaultSet(OFFERED, {"eau_zwei_anhaenge"}))
    assert len(split_parts(parse_mail(changed))) == 3


def test_every_mail_slip_is_offered() -> None:
    assert {slip.fault for slip in MAILS} <= set(OFFERED)
