"""EncryptionService: documents for certificates and cards, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pruefstand.clients.konnektor import Encryption, KonnektorFault
from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_encryption import RECIPIENT_EMAILS, Attribute, decrypt, encrypt, parse
from pruefstand.model.exchange import Layer
from tests.contract.konnektor_bench import Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB, OLD = "HBA-1", "SMC-B-1", "SMC-B-ALT"
MAIL = b"Content-Type: message/rfc822\r\n\r\nGr\xc3\xbc\xc3\x9fe"
EMAILS = Attribute(RECIPIENT_EMAILS, (asn1.sequence(asn1.tlv(0x16, b"a@x")),)).encoded()
CARDS = [
    {"type": "HBA", "handle": HBA},
    {"type": "SMC-B", "handle": SMCB, "slot": 2},
    {"type": "SMC-B", "handle": OLD, "name": "Altkarte", "slot": 3, "crypt": "RSA"},
    {"type": "EGK", "handle": "EGK-1", "slot": 4, "kvnr": "X110411675"},
]


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench(cards=CARDS) as ready:
        yield ready


def code(fault: pytest.ExceptionInfo[KonnektorFault]) -> int:
    return fault.value.code


def test_each_card_opens_what_was_encrypted_for_it(konnektor: Bench) -> None:
    encryption = Encryption(konnektor.client)
    other = konnektor.ctx.pki.smcb("andere")
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    sealed = encryption.encrypt(
        MAIL, [other.enc.der], own_card=SMCB, unprotected=[("RecipientEmailsAttribute", EMAILS)]
    )
    assert decrypt(sealed, other.enc) == MAIL
    assert encryption.decrypt(sealed, SMCB) == MAIL
    assert [entry.encoded() for entry in parse(sealed).unprotected] == [EMAILS]


@pytest.mark.parametrize(("card", "pin"), [(HBA, "PIN.CH"), (OLD, "PIN.SMC")])
def test_key_kind_follows_the_generation_of_the_card(konnektor: Bench, card: str, pin: str) -> None:
    encryption = Encryption(konnektor.client)
    konnektor.client.verify_pin(card, pin)
    sealed = encryption.encrypt(MAIL, [], own_card=card, crypt="RSA_ECC")
    kinds = {entry.algorithm for entry in parse(sealed).recipients}
    assert kinds == {"1.2.840.113549.1.1.7" if card == OLD else "1.2.276.0.76.4.222"}
    assert encryption.decrypt(sealed, card, crypt="RSA_ECC") == MAIL


def test_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    encryption = Encryption(konnektor.client)
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    sealed = encryption.encrypt(
        MAIL,
        [konnektor.ctx.pki.hba().enc.der],
        own_card=SMCB,
        unprotected=[("RecipientEmailsAttribute", EMAILS)],
    )
    encryption.decrypt(sealed, SMCB)
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_locked_card_does_not_decrypt(konnektor: Bench) -> None:
    encryption = Encryption(konnektor.client)
    sealed = encryption.encrypt(MAIL, [], own_card=SMCB)
    with pytest.raises(KonnektorFault) as fault:
        encryption.decrypt(sealed, SMCB)
    assert code(fault) == 4085
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    assert encryption.decrypt(sealed, SMCB) == MAIL


def test_what_cannot_be_decrypted_is_refused(konnektor: Bench) -> None:
    encryption = Encryption(konnektor.client)
    konnektor.client.verify_pin(SMCB, "PIN.SMC")
    foreign = encrypt(MAIL, [konnektor.ctx.pki.hba("fremd").enc.der])
    mine = encryption.encrypt(MAIL, [], own_card=SMCB)
    broken = mine[:-20] + bytes([mine[-20] ^ 1]) + mine[-19:]
    for sealed, wanted in ((foreign, 4149), (broken, 4026), (b"no CMS", 4026)):
        with pytest.raises(KonnektorFault) as fault:
            encryption.decrypt(sealed, SMCB)
        assert code(fault) == wanted
    assert encryption.decrypt(mine, SMCB) == MAIL


def test_bad_requests_are_refused_and_the_next_call_works(konnektor: Bench) -> None:
    encryption = Encryption(konnektor.client)
    cases = (
        (4000, lambda: encryption.encrypt(MAIL, [])),
        (4000, lambda: encryption.encrypt(MAIL, [b"no certificate"])),
        (4000, lambda: encryption.encrypt(MAIL, [], own_card=SMCB, unprotected=[("x", b"\x30")])),
        (4000, lambda: encryption.encrypt(MAIL, [], own_card=SMCB, crypt="DSA")),
        (4147, lambda: encryption.encrypt(MAIL, [], own_card=SMCB, crypt="RSA")),
        (4258, lambda: encryption.encrypt(MAIL, [], own_card=OLD)),
        (4058, lambda: encryption.encrypt(MAIL, [], own_card="EGK-1")),
        (4008, lambda: encryption.encrypt(MAIL, [], own_card="SMC-B-99")),
    )
    for wanted, attempt in cases:
        with pytest.raises(KonnektorFault) as fault:
            attempt()
        assert code(fault) == wanted
    assert encryption.encrypt(MAIL, [], own_card=SMCB)


def test_types_that_are_not_offered_are_named(konnektor: Bench) -> None:
    Encryption(konnektor.client).encrypt(MAIL, [], own_card=SMCB)
    good = konnektor.layer(Layer.SOAP)[-1].request.body
    for kind, wanted in (
        (b"urn:ietf:rfc:5751", b">4279<"),
        (b"http://www.w3.org/TR/xmlenc-core/", b">4058<"),
    ):
        answer = konnektor.post(good.replace(b"urn:ietf:rfc:5652", kind))
        assert wanted in answer.body
    assert konnektor.post(good).status == 200
