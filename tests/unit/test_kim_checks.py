"""Every KIM and directory check holds on right traffic and breaks when one thing is wrong."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from asn1crypto import cms, x509

from pruefstand.checks import earztbrief, kim_outer, kim_practice, kim_smime, vzd
from pruefstand.checks.check import Check
from pruefstand.checks.kim_dialog import (
    content_is_withheld,
    greeting_names_esmtp,
    offers_plain_and_login,
    only_headers_fetched,
    original_is_enclosed,
    pop3_reply,
    receipt_names,
    received_with,
    smtp_reply,
    uses_tls,
)
from pruefstand.checks.kim_outer import addressed_only_to, expires_after, lies_in_store
from pruefstand.checks.kim_practice import dienstkennung_is, receipt_asked, user_id_given
from pruefstand.checks.kim_received import attachment_arrived
from pruefstand.checks.kim_smime import encrypted_for
from pruefstand.checks.vzd import found_entries, searched_again, version_assumed
from pruefstand.crypto.cms_encryption import Attribute, encrypt
from pruefstand.crypto.cms_qes import QesSigner, with_ocsp
from pruefstand.crypto.smime_kim import Recipient, RecipientEmail
from pruefstand.crypto.smime_kim.layers import unwrap_signed, wrap_message, wrap_signed
from pruefstand.crypto.smime_kim.recipient_emails import recipient_emails
from pruefstand.kim.mail import Attachment
from pruefstand.kim.receipt import Action
from pruefstand.ldap.filters import Present
from pruefstand.ldap.messages import Entry, Result, ResultCode, Search, write_entry, write_result
from pruefstand.model.exchange import Exchange, Layer
from pruefstand.model.mail import RawMail, header_field, parse_mail
from pruefstand.model.verdict import Verdict
from tests.unit.kim_traffic import (
    LETTER,
    NOW,
    PKI,
    RECEIVER,
    SENDER,
    A,
    B,
    C,
    Sealing,
    cms_exchange,
    eab,
    exchange,
    observed,
    pop3,
    receipt,
    received,
    sent,
    session,
    smtp,
    tls,
)

Traffic = list[Exchange]
OUTER = Sealing().outer()
CMS = Sealing().cms()
assert CMS.response is not None
PART = CMS.response.body
SIGNED = unwrap_signed(PART)
ENTRIES = [RecipientEmail.of(A, SENDER.enc.der), RecipientEmail.of(B, RECEIVER.enc.der)]
EMAILS = recipient_emails(ENTRIES)
BOTH = [SENDER.enc.der, RECEIVER.enc.der]


def holds(check: Check, traffic: Traffic) -> bool:
    """Tell whether every finding of the check is good."""
    return all(finding.verdict is Verdict.PASSED for finding in check.findings(traffic))


def letter(**change: object) -> Traffic:
    """Return a mail sent, with fields of the letter changed."""
    return [sent(replace(LETTER, **change).to_bytes())]  # type: ignore[arg-type]


def changed(name: str, value: str | None) -> Traffic:
    """Return an observed mail with one outer field changed or taken away."""
    mail = OUTER.without(name) if value is None else OUTER.set(name, value)
    return observed(mail)


def resigned(signer: QesSigner) -> Traffic:
    """Return an envelope around another signature."""
    part = wrap_signed(signer.sign(wrap_message(LETTER.to_bytes()), at=NOW))
    return [cms_exchange(encrypt(part, BOTH, unprotected=(EMAILS,)), part)]


def enveloped(*attributes: Attribute, certificates: list[bytes] = BOTH) -> Traffic:
    """Return an envelope with other unprotected attributes."""
    return [cms_exchange(encrypt(PART, certificates, unprotected=attributes), PART)]


def kim_signer(*, key: object = SENDER.osig, entries: list[RecipientEmail] = ENTRIES) -> QesSigner:
    attribute = recipient_emails(entries).encoded()
    return QesSigner(key, short_text=None, mime_type=None, extra=(attribute,))  # type: ignore[arg-type]


def patched(before: bytes, after: bytes) -> Traffic:
    """Return the signature with octets exchanged, in a right envelope."""
    assert before in SIGNED
    part = wrap_signed(SIGNED.replace(before, after, 1))
    return [cms_exchange(encrypt(part, BOTH, unprotected=(EMAILS,)), part)]


def two_signatures() -> Traffic:
    info = cms.ContentInfo.load(SIGNED)
    signer = info["content"]["signer_infos"][0]
    info["content"]["signer_infos"] = [signer, signer]
    return with_signed(info.dump(force=True))


def with_unsigned() -> Traffic:
    info = cms.ContentInfo.load(SIGNED)
    attribute = cms.CMSAttribute({"type": "content_type", "values": ["data"]})
    info["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes([attribute])
    return with_signed(info.dump(force=True))


def two_certificates() -> Traffic:
    info = cms.ContentInfo.load(SIGNED)
    info["content"]["certificates"].append(_choice(SENDER.aut.der))
    return with_signed(info.dump(force=True))


def with_signed(signed: bytes) -> Traffic:
    part = wrap_signed(signed)
    return [cms_exchange(encrypt(part, BOTH, unprotected=(EMAILS,)), part)]


def agreed() -> Traffic:
    """Return an envelope whose recipients are of another kind (key agreement)."""
    info = cms.ContentInfo.load(CMS.request.body)
    raw = info["content"]["recipient_infos"][0].dump()
    octets = CMS.request.body.replace(raw, b"\xa1" + raw[1:], 1)
    return [cms_exchange(octets, PART)]


def _choice(certificate: bytes) -> cms.CertificateChoices:
    loaded = x509.Certificate.load(certificate)
    return cms.CertificateChoices(name="certificate", value=loaded)


def with_originator() -> Traffic:
    info = cms.ContentInfo.load(CMS.request.body)
    info["content"]["originator_info"] = cms.OriginatorInfo({"certs": [_choice(SENDER.aut.der)]})
    return [cms_exchange(info.dump(force=True), PART)]


def plain(part: bytes) -> Traffic:
    return [cms_exchange(encrypt(part, BOTH, unprotected=(EMAILS,)), part)]


def ldap(operation: str, parent: str = "c1", seconds: float = 0.0, **kind: object) -> Exchange:
    base = exchange(
        Layer.LDAP,
        operation,
        peer="vzd",
        parent=parent,
        asked=str(kind.get("asked", "")),
        answered=str(kind.get("answer", "0 SUCCESS")),
        status=int(str(kind.get("status", 0))),
        got=kind.get("got", b""),  # type: ignore[arg-type]
    )
    return replace(base, started=NOW + timedelta(seconds=seconds))


def search(number: int, parent: str, *names: str, versions: bool = True) -> Traffic:
    asked = Search(vzd.BASE, Present("mail"))
    hits = [
        Entry(
            "uid=1",
            {
                "displayName": (name.encode(),),
                "mail": (B.encode(),),
                **({"komLeData": (f"1.5+,{B}".encode(),)} if versions else {}),
            },
        )
        for name in names
    ]
    octets = b"".join(write_entry(1, hit) for hit in hits)
    octets += write_result(1, asked, Result(ResultCode.SUCCESS))
    return [
        ldap("Bind", parent),
        ldap("Search", parent, asked=f"{vzd.BASE}?mail?sub?(cn={number})", got=octets),
        ldap("Unbind", parent),
    ]


SEARCHES = [*search(1, "c1", "Praxis"), *search(2, "c2", "Klinik")]
Case = tuple[Check, Traffic, list[Traffic]]
ENCODED = replace(LETTER, attachments=(Attachment("Größe.pdf", b"x"),)).to_bytes()

STATIC: list[Case] = [
    (kim_outer.version_is_named, observed(OUTER), [changed("X-KOM-LE-Version", None), []]),
    (
        kim_outer.version_is_what_receivers_need,
        observed(OUTER),
        [changed("X-KOM-LE-Version", "1.5"), changed("X-KIM-KAS-Size", "9"), []],
    ),
    (kim_outer.subject_tells_nothing, observed(OUTER), [changed("Subject", "Befund"), []]),
    (
        kim_outer.envelope_has_its_type,
        observed(OUTER),
        [changed("Content-Type", "application/pkcs7-mime; smime-type=enveloped-data"), []],
    ),
    (
        kim_outer.module_versions_are_named,
        observed(OUTER),
        [changed("X-KIM-CMVersion", "1"), changed("X-KIM-PTVersion", None), []],
    ),
    (kim_outer.message_id_is_kept, observed(OUTER), [changed("Message-ID", "<other@x>"), []]),
    (
        kim_outer.fields_are_the_same,
        observed(OUTER),
        [changed("To", C), changed("X-KIM-Support", None), []],
    ),
    (
        kim_outer.dienstkennung_is_kept_or_default,
        observed(OUTER),
        [changed("X-KIM-Dienstkennung", "a;b;c"), changed("X-KIM-Dienstkennung", None), []],
    ),
    (kim_smime.signed_then_encrypted, [CMS], [plain(wrap_message(b"\r\n")), plain(SIGNED), []]),
    (
        kim_smime.signature_has_its_type,
        [CMS],
        [plain(PART.replace(b"signed-data", b"enveloped-data")), []],
    ),
    (kim_smime.no_originator, [CMS], [with_originator(), [cms_exchange(b"x", PART)], []]),
    (kim_smime.has_unprotected_attributes, [CMS], [enveloped(), []]),
    (kim_smime.only_key_transport, [CMS], [agreed(), []]),
    (
        kim_smime.addresses_stand_in_the_envelope,
        [CMS],
        [enveloped(), enveloped(Attribute("1.2.3", EMAILS.values)), []],
    ),
    (
        kim_smime.each_recipient_has_one_address,
        [CMS],
        [
            enveloped(recipient_emails(ENTRIES[:1])),
            enveloped(EMAILS, certificates=BOTH[:1]),
            [],
        ],
    ),
    (
        kim_smime.no_revocation_lists,
        [CMS],
        [with_signed(with_ocsp(SIGNED, PKI.ocsp(SENDER.osig.der, at=NOW))), []],
    ),
    (kim_smime.one_certificate, [CMS], [two_certificates(), []]),
    (kim_smime.one_signature, [CMS], [two_signatures(), []]),
    (kim_smime.no_unsigned_attributes, [CMS], [with_unsigned(), []]),
    (
        kim_smime.addresses_are_signed,
        [CMS],
        [
            resigned(kim_signer(entries=ENTRIES[:1])),
            resigned(QesSigner(SENDER.osig, short_text=None, mime_type=None)),
            [],
        ],
    ),
    (kim_smime.signed_by_the_institution, [CMS], [resigned(kim_signer(key=SENDER.aut)), []]),
    (
        greeting_names_esmtp,
        session(),
        [[smtp("CONNECT", "", "220 KOM-LE-Clientmodul SMTP")], []],
    ),
    (
        offers_plain_and_login,
        session(),
        [[smtp("EHLO", "EHLO x", "250 x\nAUTH PLAIN")], [smtp("EHLO", "EHLO x", "250 x")], []],
    ),
    (
        kim_practice.message_id_tells_nothing,
        letter(),
        [
            letter(message_id="1234567890@praxis"),
            letter(message_id="x@localhost"),
            [sent(parse_mail(LETTER.to_bytes()).without("Message-ID").to_bytes())],
            [],
        ],
    ),
    (
        kim_practice.attachment_names_are_encoded,
        [sent(ENCODED)],
        [
            [sent(ENCODED.replace(b"name*=utf-8''Gr%C3%B6%C3%9Fe.pdf", "name=Größe.pdf".encode()))],
            [sent(ENCODED.replace(b"name*=utf-8''", b"name="))],
            [],
        ],
    ),
    (
        kim_practice.sender_system_is_named,
        letter(),
        [letter(sender_system="Produkt"), letter(sender_system=""), []],
    ),
    (kim_practice.support_is_named, letter(), [letter(support=""), []]),
    (
        kim_practice.free_mail_is_plain_text,
        letter(),
        [[sent(LETTER.to_bytes().replace(b"text/plain", b"text/html"))], []],
    ),
    (
        kim_practice.mail_goes_to_the_module_only,
        session(),
        [
            [replace(smtp("MAIL", "MAIL", "250 ok"), peer="anderswo")],
            [smtp("AUTH", "AUTH CRAM-MD5", "235 ok")],
            [],
        ],
    ),
    (
        kim_practice.user_name_is_complete,
        session(),
        [
            [smtp("AUTH", "AUTH PLAIN", "235 ok", user=f"{A}#M1#CS1")],
            [smtp("AUTH", "AUTH PLAIN", "535 no", user=f"{A}#M1#CS1#WP1")],
            [],
        ],
    ),
    (kim_practice.session_ends_in_order, session(), [session()[:-1], session()[:5], []]),
    (
        kim_practice.known_mail_is_not_fetched_again,
        [pop3("UIDL", "UIDL", "+OK"), received(LETTER.to_bytes()), pop3("UIDL", "UIDL", "+OK")],
        [
            [pop3("UIDL", "UIDL", "+OK"), received(LETTER.to_bytes())] * 2,
            [pop3("UIDL", "UIDL", "+OK"), received(LETTER.to_bytes())],
            [],
        ],
    ),
    (
        vzd.searches_are_answered,
        SEARCHES,
        [[ldap("Search", asked=vzd.BASE, answer="51 BUSY", status=51)], [ldap("Search")], []],
    ),
    (vzd.only_reading_operations, SEARCHES, [[*SEARCHES, ldap("Modify")], []]),
    (
        vzd.connections_serve_a_search,
        SEARCHES,
        [
            [ldap("Bind"), ldap("Unbind")],
            SEARCHES[:-1],
            [SEARCHES[0], SEARCHES[3], *SEARCHES[1:3], *SEARCHES[4:]],
            [],
        ],
    ),
    (
        vzd.connections_close_soon,
        SEARCHES,
        [[ldap("Search"), ldap("Unbind", seconds=6)], [ldap("Search")], []],
    ),
    (
        vzd.searches_are_not_repeated,
        SEARCHES,
        [[*search(1, "c1", "Praxis"), *search(1, "c2", "Praxis")], []],
    ),
    (
        earztbrief.letter_has_its_kennung,
        [sent(eab())],
        [letter(), [sent(eab(dienstkennung=None))], []],
    ),
    (
        earztbrief.parts_are_described,
        [sent(eab())],
        [
            [sent(eab().replace(b"eAB-XML", b"eAB-xml"))],
            [sent(eab().replace(b"eAB-Anhang-01", b"Anhang"))],
            [sent(eab().replace(b"Transfer-Encoding: base64", b"Transfer-Encoding: 8bit"))],
            letter(),
            [],
        ],
    ),
    (
        earztbrief.text_is_not_medical,
        [sent(eab())],
        [[sent(eab(text="Diagnose E11.9"))], [sent(eab(text=""))], []],
    ),
]
ENCLOSED = RawMail(
    (header_field("Content-Type", 'multipart/mixed; boundary="b"'),),
    b"--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n--b--\r\n",
).to_bytes()
TOP = b"Subject: x\r\n\r\n\r\n"
WITH_FILE = replace(LETTER, attachments=(Attachment("a", b"inhalt"),)).to_bytes()
CERTIFICATES = {A: [SENDER.enc.der.hex()], B: [RECEIVER.enc.der.hex()]}
NOTICE = b"Subject: x\r\n\r\nSicherheitshinweis\r\n"
STORED = OUTER.set("X-KIM-KAS-Size", "9000000")

MADE: list[Case] = [
    (
        expires_after(90, "A_22417"),
        observed(OUTER),
        [changed("Expires", None), changed("Expires", OUTER.get("Date")), []],
    ),
    (addressed_only_to([B], "A_23174"), observed(OUTER), [changed("To", f"{B}, {C}"), []]),
    (lies_in_store(10**6, "A_23467"), observed(STORED), [observed(OUTER), []]),
    (
        encrypted_for(CERTIFICATES, "KOM-LE-A_2022"),
        [CMS],
        [
            [Sealing(recipients=(Recipient(B, RECEIVER.enc.der),)).cms()],
            [
                Sealing(
                    recipients=(*Sealing().recipients, Recipient(C, PKI.smcb("C").enc.der))
                ).cms()
            ],
            [],
        ],
    ),
    (
        encrypted_for(CERTIFICATES, "KOM-LE-A_2128"),
        [CMS],
        [[cms_exchange(b"", PART)]],
    ),
    (
        smtp_reply("DATA", 451, "KOM-LE-A_2025"),
        [smtp("DATA", "DATA", "250 ok"), smtp("DATA", "DATA", "451 no")],
        [session(), []],
    ),
    (
        pop3_reply("PASS", "-ERR", "KOM-LE-A_2037-01"),
        [pop3("PASS", "PASS …", "-ERR no")],
        [[pop3("PASS", "PASS …", "+OK")], []],
    ),
    (
        uses_tls(Layer.SMTP, "KOM-LE-A_2066"),
        session(),
        [[tls("TLSv1.1"), smtp("QUIT", "QUIT", "221 x")], [smtp("QUIT", "QUIT", "221 x")], []],
    ),
    (
        received_with({"X-A": "1"}, "KOM-LE-A_2047-02"),
        [received(b"X-A: 1\r\n\r\n")],
        [[received(b"X-A: 2\r\n\r\n")], [received(b"\r\n")], []],
    ),
    (
        content_is_withheld("geheim", "A_23165"),
        [received(NOTICE)],
        [[received(NOTICE + b"geheim")], [received(b"\r\nleer")], []],
    ),
    (
        original_is_enclosed("KOM-LE-A_2046"),
        [received(ENCLOSED)],
        [[received(LETTER.to_bytes())], []],
    ),
    (
        receipt_names(True, [B], "KOM-LE-A_2147"),
        [*letter(), received(receipt(LETTER.message_id, Action.DELIVERED, B))],
        [
            [*letter(), received(receipt("other", Action.DELIVERED, B))],
            [*letter(), received(receipt(LETTER.message_id, Action.FAILED, B))],
            [*letter(), received(receipt(LETTER.message_id, Action.DELIVERED, C))],
            [*letter(), *[received(receipt(LETTER.message_id, Action.DELIVERED, B))] * 2],
            letter(),
            [],
        ],
    ),
    (
        only_headers_fetched("KOM-LE-A_2041"),
        [pop3("TOP", "TOP 1 0", "+OK", TOP)],
        [[pop3("TOP", "TOP 1 5", "+OK", TOP + b"MIIB\r\n")], []],
    ),
    (
        dienstkennung_is("KIM-Mail;Default;V1.0", "KIM-PS-07"),
        letter(),
        [letter(dienstkennung=None), []],
    ),
    (
        receipt_asked(True, "KIM-PS-14"),
        session(),
        [[smtp("RCPT", f"RCPT TO:<{B}>", "250 ok")], []],
    ),
    (
        receipt_asked(False, "KIM-PS-14"),
        [smtp("RCPT", f"RCPT TO:<{B}>", "250 ok")],
        [session(), []],
    ),
    (
        user_id_given("u-1", "KIM-PS-19"),
        [pop3("USER", f"USER {A}#M1#CS1#WP1#u-1", "+OK")],
        [[pop3("USER", f"USER {A}#M1#CS1#WP1", "+OK")], []],
    ),
    (
        attachment_arrived(hashlib.sha256(b"inhalt").hexdigest(), "KOM-LE-A_2004-01"),
        [received(WITH_FILE)],
        [[received(LETTER.to_bytes())], [received(WITH_FILE.replace(b"aW5o", b"AAAA"))], []],
    ),
    (
        found_entries(["Praxis"], "TIP1-A_5570"),
        search(1, "c1", "Praxis"),
        [search(1, "c1"), search(1, "c1", "Praxis", "Klinik"), []],
    ),
    (found_entries([], "TIP1-A_5570"), search(1, "c1"), [search(1, "c1", "Praxis"), []]),
    (
        searched_again(2, "KIM-PS-04"),
        [*search(1, "c1"), *search(1, "c2")],
        [search(1, "c1"), SEARCHES, []],
    ),
    (
        version_assumed(False, "VZD-DAT-01"),
        search(1, "c1", "Praxis", versions=False),
        [search(1, "c1", "Praxis"), []],
    ),
    (version_assumed(False, "VZD-DAT-01"), search(1, "c1", "P", versions=False), [[]]),
]


@pytest.mark.parametrize("case", STATIC + MADE, ids=lambda case: case[0].name)
def test_a_check_holds_and_breaks(case: Case) -> None:
    check, good, wrong = case
    assert holds(check, good), check.findings(good)
    assert wrong
    for number, traffic in enumerate(wrong):
        assert not holds(check, traffic), f"wrong traffic {number} passes"


def test_an_offer_without_version_breaks() -> None:
    traffic = search(1, "c1", "Praxis", versions=False)
    assert not holds(version_assumed(True, "VZD-DAT-01"), traffic)


def test_a_mail_that_came_sealed_leaves_its_content_undecided() -> None:
    sealed = [received(b"Content-Type: application/pkcs7-mime\r\n\r\nx")]
    for check in (received_with({"Subject": "Befund"}, "A_1"), attachment_arrived("00", "A_1")):
        assert {one.verdict for one in check.findings(sealed)} == {Verdict.UNDECIDED}
    opened = received_with({"X-KIM-DecryptionResult": "00"}, "A_1")
    assert {one.verdict for one in opened.findings(sealed)} == {Verdict.FAILED}
