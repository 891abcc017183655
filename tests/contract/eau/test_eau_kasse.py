"""The insurers: each of the 20 codes, duplicates, Stornos, versions, and what needs no answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pruefstand.crypto.cms_qes import parse
from pruefstand.crypto.pki import CertificateInfo, CertificateKind, read_certificate_info
from pruefstand.drivers.eau import SickNoteDesk
from pruefstand.drivers.eau_spoiling import Spoiler
from pruefstand.errors import SutError
from pruefstand.fhir.kasse_error import ALL_CODES, BY_MESSAGE_ID, CODES, Trouble
from pruefstand.flows.eau_ausstellen import Draft, draft_note, draft_storno, sign
from pruefstand.flows.eau_postausgang import Shipment, Status
from pruefstand.flows.eau_storno import StornoRefused
from pruefstand.mockkit.control import control_app
from pruefstand.mockkit.world import MockWorld
from pruefstand.model.http import Request
from pruefstand.testdata.sick_notes import NoteKind
from tests.contract.eau_world import INSURER, OTHER_INSURER, note

CASES = [(trouble, storno) for trouble, pair in CODES.items() for storno in (0, 1) if pair[storno]]


def draft(bench: SickNoteDesk, world: MockWorld, name: str, *, iknr: str = INSURER) -> Draft:
    order = note(world, name, iknr=iknr)
    return draft_note(order, bench.room().rng, world.clock, iknrs=(INSURER,))


def storno_of(bench: SickNoteDesk, world: MockWorld, cancelled: Draft) -> Draft:
    order = note(world, cancelled.document_id)
    return draft_storno(
        cancelled, order.practitioner, order.practice, bench.room().rng, world.clock
    )


def stand(world: MockWorld, document_id: str) -> dict[str, object]:
    status, _ = world.servers["kasse"].app.control
    answer = status.handler(Request("GET", "http://localhost/kasse/stand", (), b""))
    found = [one for one in json.loads(answer.body)["dokumente"] if one["dokument"] == document_id]
    return dict(found[0]) if found else {}


def resend(bench: SickNoteDesk, world: MockWorld, shipment: Shipment) -> list[str]:
    bench.repeat(shipment.document_id)
    bench.send()
    world.act("kasse")
    return [notice.code for notice in bench.collect()]


@pytest.mark.parametrize(("trouble", "storno"), CASES)
def test_each_code_is_answered_to_what_deserves_it(
    bench: SickNoteDesk, world: MockWorld, trouble: Trouble, storno: int
) -> None:
    name = f"{trouble}/{storno}"
    foreign = OTHER_INSURER if trouble is Trouble.NOT_INSURED else INSURER
    document = draft(bench, world, name, iknr=foreign)
    spoiler = Spoiler(bench, world.pki)
    if trouble is Trouble.NOTE_REJECTED:
        spoiler.send(document, Trouble.SIGNER)
        world.act("kasse")
        assert [notice.code for notice in bench.collect()] == ["201"]
    if storno:
        document = storno_of(bench, world, document)
    sent = spoiler.send(document, trouble)
    assert world.act("kasse") == 1
    (notice,) = bench.collect()
    assert notice.code == CODES[trouble][storno]
    assert notice.shipment is not None
    assert notice.shipment.document_id == sent.document_id
    expected = Status.NOT_INSURED if notice.code == "100" else Status.REJECTED
    assert bench.status(sent.document_id) is expected


def test_the_codes_are_twenty() -> None:
    assert len(ALL_CODES) == len(CASES) == 20
    assert ALL_CODES > BY_MESSAGE_ID


def test_a_good_note_is_never_answered(bench: SickNoteDesk, world: MockWorld) -> None:
    (sent,) = bench.certify(note(world, "good"))
    bench.send()
    assert world.act("kasse") == 1
    assert bench.collect() == []
    assert bench.status(sent.document_id) is Status.DELIVERED
    assert stand(world, sent.document_id)["code"] == ""


def test_a_duplicate_of_a_good_note_is_no_error(bench: SickNoteDesk, world: MockWorld) -> None:
    (sent,) = bench.certify(note(world, "twice"))
    bench.send()
    world.act("kasse")
    assert resend(bench, world, sent) == []
    assert stand(world, sent.document_id)["eingaenge"] == 2


def test_a_duplicate_of_a_bad_note_is_an_error_again(bench: SickNoteDesk, world: MockWorld) -> None:
    sent = Spoiler(bench, world.pki).send(draft(bench, world, "bad"), Trouble.SIGNER)
    world.act("kasse")
    bench.collect()
    assert resend(bench, world, sent) == ["201"]


def test_a_rejected_note_may_come_again_rightly_signed(
    bench: SickNoteDesk, world: MockWorld
) -> None:
    document = draft(bench, world, "repaired")
    Spoiler(bench, world.pki).send(document, Trouble.SIGNER)
    world.act("kasse")
    bench.collect()
    again = bench.queue(sign(bench.konnektor, [document])[0])
    bench.send()
    world.act("kasse")
    assert bench.collect() == []
    assert stand(world, again.document_id)["code"] == ""


def test_one_id_for_two_contents_is_an_error(bench: SickNoteDesk, world: MockWorld) -> None:
    document = draft(bench, world, "misuse")
    bench.queue(sign(bench.konnektor, [document])[0])
    bench.send()
    world.act("kasse")
    other = replace(document, document=document.document.replace(b"M", b"N", 1))
    other = replace(other, document=document.document + b"\n")
    bench.queue(sign(bench.konnektor, [other])[0])
    bench.send()
    world.act("kasse")
    assert [notice.code for notice in bench.collect()] == ["101"]


def test_a_following_note_before_the_first_is_taken(bench: SickNoteDesk, world: MockWorld) -> None:
    bench.certify(note(world, "following", kind=NoteKind.FOLLOWING))
    bench.send()
    world.act("kasse")
    assert bench.collect() == []


def test_a_storno_marks_the_note(bench: SickNoteDesk, world: MockWorld) -> None:
    (sent,) = bench.certify(note(world, "cancelled"))
    bench.send()
    bench.cancel(sent.document_id)
    bench.send()
    world.act("kasse")
    assert bench.collect() == []
    assert stand(world, sent.document_id)["storniert"] is True


def test_a_late_storno_changes_nothing(bench: SickNoteDesk, world: MockWorld) -> None:
    """The practice system refuses it; the insurer leaves the note as it is."""
    (sent,) = bench.certify(note(world, "late"))
    bench.send()
    world.act("kasse")
    world.clock.advance(timedelta(days=200))
    with pytest.raises(StornoRefused, match="120 Werktage"):
        bench.cancel(sent.document_id)
    late = storno_of(bench, world, replace(draft(bench, world, "x"), document_id=sent.document_id))
    bench.queue(sign(bench.konnektor, [late])[0])
    bench.send()
    world.act("kasse")
    assert stand(world, sent.document_id)["storniert"] is False


def test_without_hba_the_practice_card_seals(bench: SickNoteDesk, world: MockWorld) -> None:
    """The physician's card is pulled: the Konnektor signs with the SMC-B, the insurer accepts."""

    def sent(name: str) -> CertificateInfo:
        (shipment,) = bench.certify(note(world, name))
        bench.send()
        world.act("kasse")
        assert bench.collect() == []
        assert bench.status(shipment.document_id) is Status.DELIVERED
        return read_certificate_info(parse(shipment.content).signer_certificate)

    assert sent("with HBA").kind is CertificateKind.HP_QES
    world.operate("konnektor", "POST", "/cards/HBA-1/pull")
    try:
        seal = sent("without HBA")
    finally:
        world.operate("konnektor", "POST", "/reset")
    assert seal.kind is CertificateKind.HCI_OSIG
    assert seal.telematik_id == world.pki.smcb().telematik_id


def test_without_any_card_nothing_is_signed(bench: SickNoteDesk, world: MockWorld) -> None:
    for card in ("HBA-1", "SMC-B-1"):
        world.operate("konnektor", "POST", f"/cards/{card}/pull")
    try:
        with pytest.raises(SutError):
            bench.certify(note(world, "unsigned"))
    finally:
        world.operate("konnektor", "POST", "/reset")
    assert bench.store.all() == []


def test_a_virus_is_reported_by_message_id(bench: SickNoteDesk, world: MockWorld) -> None:
    world.set_flag("kasse", "virenscan", True)
    (sent,) = bench.certify(note(world, "virus"))
    bench.send()
    world.act("kasse")
    world.set_flag("kasse", "virenscan", False)
    (notice,) = bench.collect()
    assert (notice.code, notice.virus) == ("101", True)
    assert notice.shipment is not None
    assert notice.shipment.document_id == sent.document_id


def test_the_operator_lets_the_insurers_look_over_http(world: MockWorld) -> None:
    control = control_app({"kasse": world.servers["kasse"].app})
    headers = (("Host", "localhost"),)
    answer = control.handle(Request("POST", "http://localhost/kasse/act", headers, b""))
    assert json.loads(answer.body) == {"done": 0}


def test_a_locked_card_leaves_the_mail_unanswered(bench: SickNoteDesk, world: MockWorld) -> None:
    (sent,) = bench.certify(note(world, "later"))
    bench.send()
    world.set_flag("kim_clientmodul", "konnektor_erreichbar", False)
    assert world.act("kasse") == 0
    world.set_flag("kim_clientmodul", "konnektor_erreichbar", True)
    assert world.act("kasse") == 1
    bench.collect()
    assert bench.status(sent.document_id) is Status.DELIVERED
