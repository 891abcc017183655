"""KIM: Nachrichten schreiben, senden, beobachten und lesen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from pytest_bdd import given, parsers, then, when

from pruefstand.checks.kim_dialog import receipt_names, received_with, smtp_reply
from pruefstand.checks.kim_outer import (
    OUTER_CHECKS,
    addressed_only_to,
    dienstkennung_is_kept_or_default,
    expires_after,
    lies_in_store,
    version_is_what_receivers_need,
)
from pruefstand.checks.kim_practice import dienstkennung_is, receipt_asked
from pruefstand.checks.kim_received import attachment_arrived
from pruefstand.checks.kim_smime import SMIME_CHECKS, encrypted_for
from pruefstand.clients.kim import KimRefusal
from pruefstand.drivers.kim import KimMember
from pruefstand.kim.dienstkennung import (
    BILLING,
    BILLING_RECEIVED,
    Dienstkennung,
)
from pruefstand.kim.mail import Attachment, KimMail
from pruefstand.model.mail import RawMail, parse_mail
from pruefstand.pytest_plugin.case_log import CaseLog
from pruefstand.testdata.kim_participants import DOMAIN

KEYS = {
    "die Praxis": "praxis",
    "Praxis am Park": "nachbar",
    "Klinik Waldesrand": "klinik",
    "die Klinik": "klinik",
    "Praxis Altbestand": "altbestand",
    "Praxis Gestern": "abgelaufen",
    "Praxis Gesperrt": "gesperrt",
    "Praxis Zweideutig": "zweideutig",
    "Praxis Siegel": "siegel",
    "Praxis Vertauscht": "vertauscht",
    "die Kassenärztliche Vereinigung": "kv",
}
"""Names of the sentences → keys of the participants."""

NOBODY = f"niemand@{DOMAIN}"
MIB = 1024 * 1024
TEXT = "Guten Tag, anbei der Befund."
BILLING_FILE = Attachment("Z01721111100_27.11.2026.con.XKM", bytes(range(256)) * 40)
OPENED = {"X-KIM-DecryptionResult": "00", "X-KIM-IntegrityCheckResult": "01"}
Kim = Callable[..., KimMember]


def as_written(letter: KimMail) -> RawMail:
    """Return the mail with each further header field in place of the usual one."""
    mail = parse_mail(letter.to_bytes())
    for name, value in letter.further:
        mail = mail.set(name, value)
    return mail


Switch = Callable[[str, str, object], None]


def digest(item: Attachment) -> str:
    """Return the SHA-256 of an attachment in hex."""
    return hashlib.sha256(item.content).hexdigest()


def addresses(kim: Kim, names: str) -> list[str]:
    """Return the addresses of the participants in a list of names."""
    listed = names.replace(" und an ", ", ").split(", ")
    return [NOBODY if name == "Niemand" else kim(KEYS[name]).address for name in listed]


def deliver(
    kim: Kim, letter: KimMail, octets: bytes | None = None, notify: str = "SUCCESS"
) -> None:
    """Send from the practice; whether it was taken, the checks say from the traffic."""
    practice = kim("praxis")
    with suppress(KimRefusal), practice.client.outbox() as outbox:
        outbox.log_in()
        outbox.send(octets or letter.to_bytes(), letter.recipients, notify=notify)


def observe(kim: Kim, letter: KimMail) -> None:
    """Look at the message as the mail service holds it for each recipient."""
    for member in receivers(kim, letter):
        member.observe()


def receivers(kim: Kim, letter: KimMail) -> list[KimMember]:
    """Return the recipients that exist."""
    known = {kim(key).address: kim(key) for key in KEYS.values() if kim(key).address in letter.to}
    return list(known.values())


@given(parsers.parse("die Praxis schreibt an {names} eine Nachricht"), target_fixture="letter")
def practice_writes(kim: Kim, names: str) -> KimMail:
    return kim("praxis").write(addresses(kim, names), "Befund", TEXT)


@given(
    parsers.parse("die Praxis schreibt an {name} eine Nachricht mit der Dienstkennung {kennung}"),
    target_fixture="letter",
)
def practice_writes_with_kennung(kim: Kim, name: str, kennung: str) -> KimMail:
    stated = Dienstkennung.parse(kennung)
    return kim("praxis").write(addresses(kim, name), "Befund", TEXT, dienstkennung=stated)


@given(
    parsers.parse("die Praxis schreibt an {name} eine Nachricht ohne Dienstkennung"),
    target_fixture="letter",
)
def practice_writes_without_kennung(kim: Kim, name: str) -> KimMail:
    return kim("praxis").write(addresses(kim, name), "Befund", TEXT, dienstkennung=None)


@given(
    parsers.parse("die Praxis schreibt an {names} mit {amount} als 15 MiB"), target_fixture="letter"
)
def practice_writes_much(kim: Kim, names: str, amount: str) -> KimMail:
    size = 15 * MIB + (1 if amount == "mehr" else -2000)
    scan = Attachment("aufnahme.dcm", b"\x5a" * size)
    return kim("praxis").write(addresses(kim, names), "Aufnahme", TEXT, attachments=[scan])


@given(
    "die Praxis hat die Quartalsabrechnung als Datei für die Kassenärztliche Vereinigung",
    target_fixture="letter",
)
def practice_has_billing(kim: Kim) -> KimMail:
    return kim("praxis").write(
        [kim("kv").address],
        "Quartalsabrechnung 3/2026",
        "Abrechnung im Anhang",
        attachments=[BILLING_FILE],
        dienstkennung=BILLING,
    )


@given("Praxis am Park ist abwesend")
def neighbour_is_absent(kim: Kim) -> None:
    now = kim("nachbar").clock.now()
    day = timedelta(days=1)
    kim("nachbar").announce_absence(now - day, now + day, "Die Praxis ist bis Montag geschlossen.")


@given("die Klinik schreibt an die zweite Adresse der Praxis", target_fixture="letter")
def clinic_writes_to_second_address(kim: Kim) -> KimMail:
    clinic, second = kim("klinik"), kim("praxis", 1)
    letter = clinic.write([second.address], "Befund", TEXT)
    clinic.send(letter, notify="")
    return letter


@given("sie die Nachricht sendet")
@when("sie die Nachricht sendet")
def practice_sends(kim: Kim, letter: KimMail) -> None:
    deliver(kim, letter)


@when(parsers.parse("sie die Nachricht {how} Zustellbestätigung sendet"))
def practice_sends_with_choice(kim: Kim, letter: KimMail, how: str) -> None:
    deliver(kim, letter, notify="SUCCESS" if how == "mit" else "")


@when("Praxis am Park auf die Nachricht antwortet")
def neighbour_answers(kim: Kim, letter: KimMail) -> None:
    neighbour = kim("nachbar")
    (message,) = neighbour.collect().messages
    question = message.parsed()
    reply_to = question.addresses("Reply-To")
    about = (question.get("Message-ID") or "").strip("<>")
    answer = neighbour.write(reply_to, "AW: Befund", "Danke", in_reply_to=about)
    neighbour.send(answer, notify="")


@then("verraten die Kopfzeilen unterwegs nichts weiter")
def headers_tell_nothing(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    observe(kim, letter)
    check(*OUTER_CHECKS, expires_after(90, "A_22417"))


@then("die Nachricht ist signiert und für alle Beteiligten verschlüsselt")
def message_is_sealed(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    involved = [kim("praxis"), *receivers(kim, letter)]
    wanted = {
        member.address: [held.hex() for held in member.participant.certificates]
        for member in involved
    }
    check(
        *SMIME_CHECKS,
        encrypted_for(wanted, "KOM-LE-A_2022", "KOM-LE-A_2111-01", "KOM-LE-A_2128"),
    )


@then(parsers.parse("{names} liest sie mit bestandener Prüfung"))
def receivers_read(kim: Kim, check: CaseLog, names: str) -> None:
    for name in names.split(", "):
        kim(KEYS[name]).collect()
        check(received_with(OPENED, "KOM-LE-A_2179-02"))


@then("die Praxis erhält die Zustellbestätigung")
def practice_has_receipt(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("praxis").collect()
    check(receipt_names(True, list(letter.to), "KOM-LE-A_2147"))


@then(parsers.parse("trägt die Nachricht die Dienstkennung {kennung} innen wie außen"))
def kennung_is_everywhere(kim: Kim, letter: KimMail, check: CaseLog, kennung: str) -> None:
    observe(kim, letter)
    check(dienstkennung_is_kept_or_default, dienstkennung_is(kennung, "KIM-PS-07"))


@then("trägt die Nachricht außen den Standardwert der Dienstkennung")
def kennung_is_default(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    observe(kim, letter)
    check(dienstkennung_is_kept_or_default)


@then("liest die Praxis die Antwort auf ihre Nachricht")
def practice_reads_answer(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("praxis").collect()
    wanted = {**OPENED, "In-Reply-To": f"<{letter.message_id}>"}
    check(received_with(wanted, "KOM-LE-A_2179-02"))


@then(parsers.parse("ist die Zustellbestätigung {choice}"))
def receipt_is_chosen(check: CaseLog, choice: str) -> None:
    check(receipt_asked(choice == "verlangt", "KIM-PS-14"))


@then("erhält die Kassenärztliche Vereinigung die Datei unverändert")
def kv_has_the_file(kim: Kim, check: CaseLog) -> None:
    kim("kv").collect(dienstkennung=str(BILLING))
    check(attachment_arrived(digest(BILLING_FILE), "KOM-LE-A_2147"))


@then("die Kassenärztliche Vereinigung bestätigt den Eingang der Abrechnung")
def kv_confirms(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kv, practice = kim("kv"), kim("praxis")
    confirmation = kv.write(
        [practice.address],
        "Eingangsbestätigung",
        "Die Abrechnung ist eingegangen.",
        dienstkennung=BILLING_RECEIVED,
        in_reply_to=letter.message_id,
    )
    kv.send(confirmation, notify="")
    practice.collect()
    wanted = {"X-KIM-Dienstkennung": str(BILLING_RECEIVED)}
    check(received_with({**wanted, "In-Reply-To": f"<{letter.message_id}>"}, "KOM-LE-A_2147"))


@then("liest die Praxis eine Abwesenheitsnotiz")
def practice_reads_absence(kim: Kim, check: CaseLog) -> None:
    found = kim("praxis").collect()
    assert found.messages, "keine Notiz im Postfach"
    check(received_with({"Subject": "Abwesenheitsnotiz"}, "KOM-LE-A_2179-02"))


@then("liegt die Nachricht nur im Postfach der zweiten Adresse")
def second_mailbox_only(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("praxis", 1).collect()
    check(received_with({**OPENED, "To": letter.to[0]}, "KOM-LE-A_2179-02"))
    assert not kim("praxis").collect().messages, "auch im Postfach der ersten Adresse"


@then("nennen die Kopfzeilen unterwegs nur noch Praxis am Park")
def headers_name_the_rest(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("nachbar").observe()
    check(
        smtp_reply("DATA", 250, "KOM-LE-A_2176-01"),
        addressed_only_to([kim("nachbar").address], "A_23174", "KOM-LE-A_2028"),
    )


@then(parsers.parse("die Praxis liest eine Fehlernachricht zu {name} mit dem Code {code}"))
def practice_reads_failure(kim: Kim, check: CaseLog, name: str, code: str) -> None:
    kim("praxis").collect()
    check(
        receipt_names(False, addresses(kim, name), "KOM-LE-A_2024-01"),
        received_with({"X-KIM-Fehlermeldung": code}, "A_20650-06"),
    )


@then("endet der Versand mit 451, weil kein Empfänger verschlüsselbar ist")
def nothing_is_encryptable(check: CaseLog) -> None:
    check(smtp_reply("DATA", 451, "KOM-LE-A_2025"))


@then("geht an Praxis Zweideutig nichts hinaus und die Praxis erfährt es")
def nothing_to_the_ambiguous(kim: Kim, check: CaseLog) -> None:
    kim("nachbar").observe()
    kim("praxis").collect()
    check(
        addressed_only_to([kim("nachbar").address], "KOM-LE-A_2178"),
        receipt_names(False, [kim("zweideutig").address], "KOM-LE-A_2192-01"),
    )


@given("der Konnektor kann kein ECC")
def konnektor_lacks_ecc(switch_feature: Switch) -> None:
    switch_feature("kim_clientmodul", "konnektor_ecc", False)


@then("wird der Absender ohne RSA-Zertifikat mit 553 abgewiesen")
def sender_is_refused(check: CaseLog) -> None:
    check(smtp_reply("MAIL", 553, "A_17472"))


@given("das Clientmodul kennt nur die KIM-Version 1.0")
def module_is_old(switch_feature: Switch) -> None:
    switch_feature("kim_clientmodul", "kim_version", "1.0")


@then("wird die Praxis vor ihrem veralteten Clientmodul gewarnt")
def practice_is_warned(kim: Kim, check: CaseLog) -> None:
    # The warning is written before the message goes out, so it comes first.
    kim("praxis").collect()
    check(received_with({"X-KIM-Fehlermeldung": "4017"}, "A_21387-01"))


@then("liegt die Nachricht im Anhangspeicher und nur ein Verweis ist unterwegs")
def message_is_stored(kim: Kim, check: CaseLog) -> None:
    kim("nachbar").observe()
    check(lies_in_store(MIB, "A_19357-02", "A_23467"), version_is_what_receivers_need)


@then("Praxis am Park liest sie vollständig")
def neighbour_reads_all(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("nachbar").collect()
    check(attachment_arrived(digest(letter.attachments[0]), "A_19357-02"))


@then("Praxis Altbestand mit der Version 1.0 erhält sie nicht, was die Praxis erfährt")
def old_version_is_left_out(kim: Kim, check: CaseLog) -> None:
    kim("praxis").collect()
    check(
        addressed_only_to([kim("nachbar").address], "A_19356-06"),
        receipt_names(False, [kim("altbestand").address], "A_19356-06"),
    )


@then("reist die Nachricht selbst und kommt vollständig an")
def message_travels_itself(kim: Kim, letter: KimMail, check: CaseLog) -> None:
    kim("altbestand").collect()
    check(attachment_arrived(digest(letter.attachments[0]), "KOM-LE-A_2004-01"))


@given("der Anhangspeicher ist voll")
def store_is_full(switch_fault: Callable[[str, str], None]) -> None:
    switch_fault("kim_fachdienst", "kas_voll")


@then("endet der Versand mit 521, weil der Anhangspeicher voll ist")
def sending_ends_full(check: CaseLog) -> None:
    check(smtp_reply("DATA", 521, "A_22419-01"))


@given(
    "die Praxis hat eine Nachricht mit einem fremden Verweis auf den Anhangspeicher",
    target_fixture="letter",
)
def practice_has_foreign_reference(kim: Kim) -> KimMail:
    return kim("praxis").write([kim("nachbar").address], "Verweis", "{}")


@then("endet der Versand mit 451, weil der Verweis nicht vom Clientmodul stammt")
def foreign_reference_is_refused(check: CaseLog) -> None:
    check(smtp_reply("DATA", 451, "A_22341"))


@given("an Praxis Altbestand kommt ein Verweis auf den Anhangspeicher")
def reference_comes(kim: Kim) -> None:
    kim("praxis").forge_large(kim("altbestand"))


@then("liest sie, dass ihr Konto keine großen Nachrichten empfängt")
def large_is_not_enabled(check: CaseLog) -> None:
    check(received_with({"X-KIM-Fehlermeldung": "4018"}, "A_23512", "A_20650-06"))
