"""From one practice to another through both client modules, and what goes wrong on the way."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pruefstand.clients.kim import KimRefusal
from pruefstand.crypto.smime_kim import Recipient, Sealed, seal
from pruefstand.crypto.smime_kim.layers import unwrap_sealed
from pruefstand.kim.large import KasReference, with_reference
from pruefstand.kim.mail import Attachment, join_parts, split_parts
from pruefstand.kim.outer import ModuleStamp, outer_mail
from pruefstand.kim.receipt import Action
from pruefstand.model.mail import RawMail, header_field, parse_mail
from tests.contract.kim_account_manager import AccountManager
from tests.contract.kim_bench import MODULE, SERVICE, KimBench, kim_bench


@pytest.fixture(scope="module")
def bench() -> Iterator[KimBench]:
    with kim_bench() as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(bench: KimBench) -> None:
    for key in ("praxis", "nachbar", "klinik", "altbestand"):
        bench.member(key).empty()
    bench.recorder.start_case("KIM")


def test_a_mail_arrives_decrypted_verified_and_confirmed(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    pdf = Attachment("Befund Müller.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 20)
    mail = practice.write([neighbour.address], "Grüße", "Guten Tag\n.\n..", attachments=[pdf])
    sent = practice.send(mail)
    assert sent.message_id == mail.message_id
    (message,) = neighbour.collect().messages
    parsed = message.parsed()
    assert parsed.get("X-KIM-DecryptionResult") == "00"
    assert parsed.all("X-KIM-IntegrityCheckResult") == ["01"]
    assert parsed.text("Subject") == "Grüße"
    (receipt,) = practice.collect().receipts
    assert receipt.about == mail.message_id
    assert [(fate.address, fate.action) for fate in receipt.fates] == [
        (neighbour.address, Action.DELIVERED)
    ]


def test_the_password_decides(bench: KimBench) -> None:
    practice = bench.member("praxis")
    practice.log_in_with(password="falsch")
    try:
        with pytest.raises(KimRefusal) as caught:
            practice.send(practice.write([practice.address], "x", "x"))
        assert caught.value.status == 535
        with pytest.raises(KimRefusal):
            practice.collect()
    finally:
        practice.log_in_with()


def test_unfit_recipients_are_left_out_and_named(bench: KimBench) -> None:
    """Accept first, tell later: the others get the mail, the header fields name only them."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    unfit = {
        bench.member("abgelaufen").address: "4003",
        bench.member("gesperrt").address: "4003",
        bench.member("zweideutig").address: "4005",
        "niemand@pruefstand.kim.telematik-test": "4003",
    }
    sent = practice.send(practice.write([neighbour.address, *unfit], "an viele", "Text"))
    assert not sent.refused
    (message,) = neighbour.collect().messages
    assert message.parsed().addresses("To") == (neighbour.address,)
    told, confirmed = sorted(practice.collect().receipts, key=lambda receipt: receipt.delivered)
    assert confirmed.delivered
    assert {fate.address: fate.diagnostic.split("; ")[1] for fate in told.fates} == unfit
    assert told.errors == ("4003", "4005")
    assert told.about == sent.message_id


def test_without_any_recipient_the_sender_reads_451(bench: KimBench) -> None:
    practice = bench.member("praxis")
    with pytest.raises(KimRefusal) as caught:
        practice.send(practice.write([bench.member("gesperrt").address], "x", "x"))
    assert caught.value.status == 451
    assert "für keinen Empfänger gültige Verschlüsselungszertifikate" in caught.value.message


def test_the_older_behaviour_refuses_at_once(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    unfit = bench.member("abgelaufen").address
    with bench.set(MODULE, rcpt_pruefung="sofort"):
        sent = practice.send(practice.write([neighbour.address, unfit], "x", "x"))
    assert {address: code for address, (code, _) in sent.refused.items()} == {unfit: 550}
    assert len(neighbour.collect().messages) == 1


def test_an_entry_with_two_certificates_opens_with_either(bench: KimBench) -> None:
    practice, clinic = bench.member("praxis"), bench.member("klinik")
    practice.send(practice.write([clinic.address], "x", "Befund"))
    (message,) = clinic.collect().messages
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "01"
    old = bench.member("altbestand")
    with bench.set(MODULE, konnektor_ecc=False):
        clinic.send(clinic.write([old.address], "x", "nur RSA"), notify="")
        (outer,) = old.observe()
        with pytest.raises(KimRefusal) as caught:
            practice.send(practice.write([clinic.address], "x", "Absender hat nur ECC"))
    assert caught.value.status == 553
    sealed = Sealed.parse(unwrap_sealed(outer.parsed()))
    assert {entry.algorithm for entry in sealed.document.recipients} == {"1.2.840.113549.1.1.7"}
    assert len(old.collect().messages) == 1


def test_a_person_needs_the_user_id(bench: KimBench) -> None:
    practice, doctor = bench.member("praxis"), bench.member("aerztin")
    practice.send(practice.write([doctor.address], "persönlich", "Text"), notify="")
    doctor.log_in_with(user_id="")
    (message,) = doctor.collect().messages
    parsed = message.parsed()
    assert parsed.get("X-KIM-DecryptionResult") == "01"
    assert parsed.get("X-KIM-Fehlermeldung") == "4009"
    assert parsed.text("Subject") == "Die Nachricht konnte nicht entschlüsselt werden"
    doctor.log_in_with()
    doctor.forget()
    (message,) = doctor.collect().messages
    assert message.parsed().get("X-KIM-DecryptionResult") == "00"


LARGE = Attachment("bild.dcm", b"\x5a" * (15 * 1024 * 1024 + 1))


def test_large_mail_goes_through_the_store(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    old = bench.member("altbestand")
    mail = practice.write([neighbour.address, old.address], "groß", "Bild", attachments=[LARGE])
    with bench.fault(SERVICE, "kas_lehnt_ab"), pytest.raises(KimRefusal) as caught:
        practice.send(mail)
    assert (caught.value.status, "4002" in caught.value.text) == (451, True)
    with bench.fault(SERVICE, "kas_voll"), pytest.raises(KimRefusal) as caught:
        practice.send(mail)
    assert caught.value.status == 521
    practice.send(mail)
    (outer,) = neighbour.observe()
    assert outer.parsed().get("X-KOM-LE-Version") == "1.5"
    assert len(outer.octets) < 20_000
    for fault, code in (("kas_drosselt", "4013"), ("kas_verliert", "4006")):
        with bench.fault(SERVICE, fault):
            (notice,) = neighbour.collect().messages
        assert notice.parsed().all("X-KIM-Fehlermeldung") == [code]
        neighbour.forget()
    (message,) = neighbour.collect().messages
    parsed = message.parsed()
    assert parsed.get("X-KIM-IntegrityCheckResult") == "01"
    attached = split_parts(parsed)[1]
    assert base64.b64decode(attached.body) == LARGE.content
    told = next(r for r in practice.collect().receipts if not r.delivered)
    assert [(fate.address, told.errors) for fate in told.fates] == [(old.address, ("4001",))]


@pytest.mark.parametrize(
    ("fault", "result", "code"),
    [
        ("ohne_signatur", "03", "4015"),
        ("signatur_defekt", "02", "4015"),
        ("absender_aussen_anders", "08", "4015"),
        ("empfaenger_anders_signiert", "09", "4015"),
        ("empfaengerattribut_fehlt", "09", "4015"),
    ],
)
def test_a_manipulated_mail_is_withheld(
    bench: KimBench, fault: str, result: str, code: str
) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    with bench.fault(MODULE, fault):
        practice.send(practice.write([neighbour.address], "x", "geheimer Befund"), notify="")
    (message,) = neighbour.collect().messages
    parsed = message.parsed()
    assert parsed.get("X-KIM-IntegrityCheckResult") == result
    assert parsed.get("X-KIM-Fehlermeldung") == code
    assert b"geheimer Befund" not in message.octets
    assert b"Sicherheitshinweis" in message.octets


def test_signer_and_revocation_are_judged(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    with bench.set(MODULE, sperrauskunft=False):
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
        (message,) = neighbour.collect().messages
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "07"
    pki, osig = bench.world.pki, practice.participant.osig
    assert osig is not None
    pki.revoke(osig.der, bench.world.clock.now() - timedelta(minutes=1))
    try:
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
        (message,) = neighbour.collect().messages
    finally:
        pki.reinstate(osig.der)
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "05"


@pytest.mark.parametrize(
    ("settings", "result", "code"),
    [
        ({"pin_freigeschaltet": False}, "01", "4009"),
        ({"konnektor_erreichbar": False}, "03", "4011"),
    ],
)
def test_what_cannot_be_opened_comes_enclosed(
    bench: KimBench, settings: dict[str, object], result: str, code: str
) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    with bench.set(MODULE, **settings):
        (message,) = neighbour.collect().messages
        with pytest.raises(KimRefusal) as caught:
            practice.send(practice.write([neighbour.address], "x", "x"))
    assert caught.value.status == 451
    parsed = message.parsed()
    assert parsed.get("X-KIM-DecryptionResult") == result
    assert parsed.get("X-KIM-Fehlermeldung") == code
    enclosed = parse_mail(split_parts(parsed)[1].body)
    assert enclosed.get("X-KOM-LE-Version") == "1.0"


def test_an_unopened_message_is_passed_on_without_new_encryption(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    clinic = bench.member("klinik")
    practice.send(practice.write([neighbour.address, clinic.address], "x", "Inhalt"), notify="")
    clinic.collect()
    (outer,) = neighbour.observe()
    part = RawMail((header_field("Content-Type", "message/rfc822"),), outer.octets).to_bytes()
    head = parse_mail(neighbour.write([clinic.address], "weiter", "x").to_bytes())
    body = join_parts("multipart/mixed", "weiter", [part])
    octets = RawMail(head.without("Content-Type").fields + body.fields, body.body).to_bytes()
    neighbour.send_octets(octets, [clinic.address])
    (message,) = clinic.collect().messages
    # Opened, but From is no longer that of the signed mail.
    assert message.parsed().get("X-KIM-IntegrityCheckResult") == "08"
    neighbour.collect()


def test_an_unknown_version_comes_enclosed(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    with bench.fault(MODULE, "version_fremd"):
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    (message,) = neighbour.collect().messages
    assert message.parsed().get("X-KIM-Fehlermeldung") == "4008"


def test_the_absence_note_comes_once(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    now = bench.world.clock.now()
    manager = AccountManager(bench.world, neighbour)
    day = timedelta(days=1)
    manager.set_absence(now - day, now + day, "Bin im Urlaub, ab Montag zurück.")
    for _ in range(2):
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    (note,) = practice.collect().messages
    assert note.parsed().get("Auto-Submitted") == "auto-replied"
    assert "Urlaub" in note.octets.decode()
    manager.set_absence(now - 2 * day, now - day, "vorbei")
    practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    assert practice.collect().messages == ()
    neighbour.collect()


def test_two_addresses_of_one_practice_have_separate_mailboxes(bench: KimBench) -> None:
    practice, second = bench.member("praxis"), bench.member("praxis", 1)
    neighbour = bench.member("nachbar")
    neighbour.send(neighbour.write([second.address], "Befund", "x"), notify="")
    assert practice.collect().messages == ()
    assert len(second.collect().messages) == 1


def test_the_directory_expects_a_newer_module(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    with bench.set(MODULE, kim_version="1.0"):
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    (warning,) = practice.collect().messages
    assert warning.parsed().get("X-KIM-Fehlermeldung") == "4017"


def test_the_modules_certificate_is_not_renewed(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    with bench.set(MODULE, erneuerung_scheitert=True):
        practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    (warning,) = practice.collect().messages
    assert warning.parsed().get("X-KIM-Fehlermeldung") == "4016"
    assert len(neighbour.collect().messages) == 1


@pytest.mark.parametrize("code", ["4016", "4019", "X042"])
def test_codes_of_other_modules_come_through_and_forged_ones_do_not(
    bench: KimBench, code: str
) -> None:
    """A module's notice is no KIM message and stays as it is; inside one, results prove nothing."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    header = ("X-KIM-Fehlermeldung", code)
    notice = parse_mail(neighbour.write([neighbour.address], "Hinweis", "x").to_bytes())
    neighbour.hand_to_service(notice.set(*header).to_bytes(), neighbour.address)
    (message,) = neighbour.collect().messages
    assert message.parsed().all("X-KIM-Fehlermeldung") == [code]
    forged = parse_mail(practice.write([neighbour.address], "x", "x").to_bytes()).set(*header)
    practice.send_octets(forged.to_bytes(), [neighbour.address])
    (message,) = neighbour.collect().messages
    assert message.parsed().all("X-KIM-Fehlermeldung") == []


@pytest.mark.parametrize(
    ("settings", "faults", "code"),
    [
        ({"fachdienst_zertifikat": "INVALID"}, (), 454),
        ({}, ("mta_nicht_bereit",), 421),
        ({"client_system": "CS9"}, (), 501),
        ({"workplaces": "WP9"}, (), 501),
    ],
)
def test_each_login_trouble_has_its_code(
    bench: KimBench, settings: dict[str, object], faults: tuple[str, ...], code: int
) -> None:
    practice = bench.member("praxis")
    with (
        bench.set(MODULE, **settings),
        bench.fault(SERVICE, *faults),
        pytest.raises(KimRefusal) as caught,
    ):
        practice.send(practice.write([practice.address], "x", "x"))
    assert caught.value.status == code


def test_the_account_limit_is_asked_for_once_a_day(bench: KimBench) -> None:
    """Until then the module goes by what it knows, and the mail service refuses in its place."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    clock, before = bench.world.clock, bench.world.clock.now()
    asked: list[str] = []

    def send() -> str:
        with pytest.raises(KimRefusal) as caught:
            practice.send(practice.write([neighbour.address], "x", "x" * 30_000))
        assert (caught.value.status, caught.value.text[:5]) == (552, "5.3.4")
        return caught.value.text

    practice.send(practice.write([neighbour.address], "x", "x"), notify="")
    with bench.set(SERVICE, max_mail_size=20_000):
        for step in (timedelta(hours=23, minutes=59), timedelta(minutes=1)):
            clock.advance(step)
            asked.append(send())
    clock.move_to(before)
    assert ["account" in text for text in asked] == [False, True]


def test_a_mail_with_a_store_reference_of_its_own_is_refused(bench: KimBench) -> None:
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    mail = parse_mail(practice.write([neighbour.address], "x", "{}").to_bytes())
    octets = mail.set("Content-Disposition", "x-kas").to_bytes()
    with pytest.raises(KimRefusal) as caught:
        practice.send_octets(octets, [neighbour.address])
    assert caught.value.status == 451


def test_a_store_link_never_leads_elsewhere(bench: KimBench) -> None:
    """A receiver fetches only from its own mail service, whatever a message says."""
    practice, neighbour = bench.member("praxis"), bench.member("nachbar")
    reference = KasReference("https://127.0.0.1:1/x", bytes(32), bytes(32), 5)
    osig = practice.participant.osig
    assert osig is not None
    mail = parse_mail(practice.write([neighbour.address], "x", "x").to_bytes())
    now = bench.world.clock.now()
    holders = [Recipient(neighbour.address, neighbour.participant.certificates[0])]
    octets = with_reference(mail, reference).to_bytes()
    sealed = seal(octets, signer=osig, recipients=holders, at=now)
    outer = outer_mail(
        parse_mail(octets), sealed, ModuleStamp("A", "B", "C"), at=now, days_to_live=9, kas_size=5
    )
    part = RawMail((header_field("Content-Type", "message/rfc822"),), outer.to_bytes()).to_bytes()
    head = mail.without("Content-Type", "Content-Transfer-Encoding")
    body = join_parts("multipart/mixed", "weiter", [part])
    practice.send_octets(
        RawMail(head.fields + body.fields, body.body).to_bytes(), [neighbour.address]
    )
    (message,) = neighbour.collect().messages
    assert message.parsed().get("X-KIM-Fehlermeldung") in {"4006", "4015"}
    assert b"127.0.0.1:1/x" not in message.octets
