"""Cards of all kinds and generations: PINs, remote PIN, KVK, defects, keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.x509 import load_der_x509_certificate

from mocks.konnektor.cards import Defect
from mocks.konnektor.kvk_template import is_intact
from pruefstand.clients.konnektor import KonnektorContext, KonnektorFault, Verifier, read_kvk
from pruefstand.clients.konnektor.insured import read_insurance
from pruefstand.crypto import cms_qes
from pruefstand.errors import ConfigurationError
from pruefstand.model.exchange import Layer
from pruefstand.soap.envelope import decode, parse, text
from tests.contract.konnektor_bench import USER, Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB, EGK, KVK, OLD = "HBA-1", "SMC-B-1", "EGK-1", "KVK-1", "HBA-ALT"
KVNR = "X110411675"
CARDS: list[dict[str, Any]] = [
    {"type": "HBA", "handle": HBA, "slot": 1},
    {"type": "SMC-B", "handle": SMCB, "slot": 2},
    {"type": "EGK", "handle": EGK, "slot": 3, "kvnr": KVNR},
    {"type": "KVK", "handle": KVK, "slot": 4, "name": "Jörg Müßig"},
    {"type": "HBA", "handle": OLD, "name": "alt", "terminal": "KT-2", "crypt": "RSA"},
    {"type": "HBA", "handle": "HBA-2", "name": "neu", "terminal": "KT-2", "crypt": "RSA+ECC"},
]
TERMINALS: dict[str, Any] = {
    "KT-1": ["WP1"],
    "KT-2": {"workplaces": ["WP2"], "remote": ["WP1"]},
}
MODEL: dict[str, Any] = {"workplaces": ["WP1", "WP2"], "terminals": TERMINALS}
BUNDLE = b'<Bundle xmlns="http://hl7.org/fhir"/>'


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench(cards=CARDS, remote_pin=[["M1", "WP1", "KT-1"]], **MODEL) as ready:
        yield ready


def code_of(attempt: object) -> int:
    assert callable(attempt)
    with pytest.raises(KonnektorFault) as fault:
        attempt()
    return fault.value.code


def valid(konnektor: Bench) -> None:
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.request.body)
        assert_valid_message(exchange.response.body)


def test_voluntary_pin_is_switched_off_and_on(konnektor: Bench) -> None:
    client, pin = konnektor.client, "MRPIN.NFD"
    assert client.disable_pin(EGK, pin).is_ok
    assert client.pin_status(EGK, pin) == "DISABLED"
    assert client.enable_pin(EGK, pin).is_ok
    assert client.pin_status(EGK, pin) == "VERIFIABLE"


def test_pins_that_cannot_be_switched_are_refused(konnektor: Bench) -> None:
    client = konnektor.client
    assert code_of(lambda: client.disable_pin(EGK, "PIN.CH")) == 4072
    assert code_of(lambda: client.disable_pin(SMCB, "PIN.SMC")) == 4209
    konnektor.settings["pin_entry"] = "wrong"
    assert client.disable_pin(EGK, "MRPIN.DPE").result == "REJECTED"
    assert client.pin_details(EGK, "MRPIN.DPE").left_tries == 2


def test_unblocking_sets_a_new_pin_but_never_a_new_signature_pin(konnektor: Bench) -> None:
    client = konnektor.client
    assert client.unblock_pin(HBA, "PIN.CH", new_pin=True).is_ok
    assert client.unblock_pin(HBA, "PIN.QES", new_pin=False).is_ok
    assert code_of(lambda: client.unblock_pin(HBA, "PIN.QES", new_pin=True)) == 4072


def test_pin_messages_are_valid_in_the_official_schema(konnektor: Bench) -> None:
    konnektor.client.disable_pin(EGK, "MRPIN.AMTS")
    konnektor.client.enable_pin(EGK, "MRPIN.AMTS")
    konnektor.client.pin_status(EGK, "MRPIN.AMTS")
    konnektor.client.unblock_pin(SMCB, "PIN.SMC", new_pin=True)
    read_kvk(konnektor.client, KVK)
    valid(konnektor)


def test_pin_of_a_remote_card_is_typed_at_the_workplace(konnektor: Bench) -> None:
    assert konnektor.client.verify_pin("HBA-2", "PIN.CH").is_ok
    konnektor.ctx.faults.switch("remote_pin_gestoert", True)
    assert code_of(lambda: konnektor.client.verify_pin("HBA-2", "PIN.CH")) == 4053
    assert code_of(lambda: konnektor.client.sign_document("HBA-2", BUNDLE)) == 4053
    assert konnektor.client.verify_pin(HBA, "PIN.CH").is_ok


def test_remote_pin_needs_a_terminal_at_the_workplace() -> None:
    with bench(cards=CARDS, **MODEL) as konnektor:
        assert code_of(lambda: konnektor.client.verify_pin("HBA-2", "PIN.CH")) == 4092
    with pytest.raises(ConfigurationError, match="KT-9"), bench(remote_pin=[["M1", "WP1", "KT-9"]]):
        pass


def test_insured_persons_card_is_for_the_workplace_beside_it() -> None:
    cards = [*CARDS[:2], {"type": "EGK", "handle": EGK, "kvnr": KVNR, "terminal": "KT-2"}]
    with bench(cards=cards, **MODEL) as konnektor:
        assert code_of(lambda: konnektor.client.pin_status(EGK, "PIN.CH")) == 4016


def test_egk_serves_one_workplace_at_a_time() -> None:
    both = {"KT-1": ["WP1", "WP2"]}
    with bench(cards=CARDS[:4], workplaces=["WP1", "WP2"], terminals=both) as konnektor:
        konnektor.client.pin_status(EGK, "PIN.CH")
        other = konnektor.another(KonnektorContext("M1", "CS1", "WP2", USER))
        assert code_of(lambda: other.pin_status(EGK, "PIN.CH")) == 4017
        konnektor.client.pin_status(EGK, "PIN.CH")


def test_kvk_gives_its_template_and_defects_have_codes(konnektor: Bench) -> None:
    data = read_kvk(konnektor.client, KVK)
    assert is_intact(data)
    assert b"J|rg" in data
    assert b"M}~ig" in data
    assert code_of(lambda: read_kvk(konnektor.client, EGK)) == 4051
    assert code_of(lambda: konnektor.client.pin_status(KVK, "PIN.CH")) == 4072
    for defect, wanted in ((Defect.CHECKSUM, 3021), (Defect.UNREADABLE, 3020)):
        with bench(cards=[{"type": "KVK", "handle": KVK, "defect": defect}]) as broken:
            assert code_of(lambda broken=broken: read_kvk(broken.client, KVK)) == wanted


DEFECTS = {
    Defect.TOO_OLD: 113,
    Defect.LOCKED: 114,
    Defect.INCONSISTENT: 3001,
    Defect.C2C: 4057,
    Defect.DEAD: 4094,
    Defect.UNREADABLE_PROOF: 3039,
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_defect_of_an_egk_has_its_code(defect: Defect) -> None:
    egk = {"type": "EGK", "handle": EGK, "slot": 3, "kvnr": KVNR, "defect": defect}
    with bench(cards=[*CARDS[:2], egk]) as konnektor:
        konnektor.client.verify_pin(SMCB, "PIN.SMC")

        def read() -> object:
            return read_insurance(konnektor.client, EGK, SMCB, online=True, receipt=True)

        assert code_of(read) == DEFECTS[defect]
        answer = konnektor.layer(Layer.SOAP)[-1].response
        assert answer is not None
        if defect is Defect.C2C:
            # The card's own code comes first, the specified one last.
            assert answer.body.index(b">4048<") < answer.body.index(b">4057<")
        assert (b"FM_VSDM" in answer.body) == (DEFECTS[defect] < 4000)


def test_card_before_generation_two_is_unknown_in_lists() -> None:
    egk = {"type": "EGK", "handle": EGK, "kvnr": KVNR, "defect": "too_old"}
    with bench(cards=[egk]) as konnektor:
        assert [card.card_type for card in konnektor.client.cards()] == ["UNKNOWN"]


def test_rsa_card_signs_seals_and_logs_in_with_rsa(konnektor: Bench) -> None:
    client = konnektor.client
    assert code_of(lambda: client.sign_document(OLD, BUNDLE)) == 4258
    (signed,) = client.sign_document(OLD, BUNDLE, crypt="RSA")
    document = cms_qes.verify(signed)
    assert document.content == BUNDLE
    key = load_der_x509_certificate(document.signer_certificate).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert client.read_certificate(OLD, "C.QES", "RSA") == document.signer_certificate
    assert code_of(lambda: client.read_certificate(OLD, "C.QES", "ECC")) == 4258
    assert Verifier(client).document(signed).result == "VALID"


def test_crypt_chooses_the_key_by_generation(konnektor: Bench) -> None:
    def kind(card: str, crypt: str) -> type:
        (signed,) = konnektor.client.sign_document(card, BUNDLE, crypt=crypt)
        signer = cms_qes.parse(signed).signer_certificate
        return type(load_der_x509_certificate(signer).public_key())

    ecc, old = kind(HBA, "ECC"), kind(OLD, "RSA")
    assert old is not ecc
    assert kind("HBA-2", "RSA") is old
    assert kind("HBA-2", "RSA_ECC") is ecc
    assert kind(OLD, "RSA_ECC") is old
    assert kind(HBA, "RSA_ECC") is ecc
    assert code_of(lambda: kind(HBA, "RSA")) == 4123


def test_rsa_login_signature_verifies_and_depends_on_the_scheme(konnektor: Bench) -> None:
    client = konnektor.client
    client.verify_pin(OLD, "PIN.CH")
    certificate = load_der_x509_certificate(client.read_certificate(OLD, "C.AUT", "RSA"))
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert code_of(lambda: client.external_authenticate(OLD, bytes(32))) == 4111
    request = konnektor.layer(Layer.SOAP)[-1].request.body
    kind = b"<dss:SignatureType>urn:bsi:tr:03111:ecdsa</dss:SignatureType>"

    def signature(inputs: bytes) -> bytes:
        answer = konnektor.post(request.replace(kind, inputs))
        assert answer.status == 200
        assert_valid_message(answer.body)
        return decode(
            text(parse(answer.body).body, "dss:SignatureObject/dss:Base64Signature") or ""
        )

    digest = utils.Prehashed(hashes.SHA256())
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    key.verify(signature(b""), bytes(32), pss, digest)
    older = b"<SIG74:SignatureSchemes>RSASSA-PKCS1-v1_5</SIG74:SignatureSchemes>"
    key.verify(signature(older), bytes(32), padding.PKCS1v15(), digest)


def test_expiry_warns_of_cards_without_the_certificates_asked_for(konnektor: Bench) -> None:
    listed = Verifier(konnektor.client).expirations()
    assert OLD not in {entry.handle for entry in listed}
    answer = konnektor.layer(Layer.SOAP)[-1].response
    assert answer is not None
    assert b">Warning<" in answer.body
    assert b">4257<" in answer.body
    assert_valid_message(answer.body)


def test_expired_and_revoked_cards_come_from_the_profile() -> None:
    cards = [
        {"type": "HBA", "handle": HBA, "valid_until": "2026-11-23"},
        {"type": "SMC-B", "handle": SMCB, "slot": 2, "revoked": True},
        {"type": "HBA", "handle": "HBA-2", "name": "bald", "slot": 3, "valid_until": "2026-12-31"},
    ]
    with bench(cards=cards) as konnektor:
        client = konnektor.client
        assert {card.handle: card.expires for card in client.cards("HBAx")} == {
            HBA: "2026-11-23Z",
            "HBA-2": "2026-12-31Z",
        }
        assert code_of(lambda: client.sign_document(HBA, BUNDLE)) == 4123
        client.verify_pin(SMCB, "PIN.SMC")
        assert code_of(lambda: client.sign_document(SMCB, BUNDLE, short_text="x")) == 4123
        assert client.sign_document("HBA-2", BUNDLE)


def test_unmanaged_card_and_foreign_terminal_have_codes_of_their_own() -> None:
    terminals = {
        "KT-1": ["WP1"],
        "KT-2": {"workplaces": ["WP1"], "mandants": ["M2"]},
        "KT-3": ["WP9"],
    }
    cards = [
        {"type": "SMC-B", "handle": SMCB, "managed": False},
        {"type": "SMC-B", "handle": "SMC-B-2", "name": "zwei", "terminal": "KT-2"},
    ]
    with bench(mandant=["M1", "M2"], cards=cards, terminals=terminals) as konnektor:
        assert code_of(lambda: konnektor.client.pin_status(SMCB, "PIN.SMC")) == 4009
        assert code_of(lambda: konnektor.client.pin_status("SMC-B-2", "PIN.SMC")) == 4012
        message = b"<CARDCMN:CtId>KT-3</CARDCMN:CtId>"
        konnektor.client.cards()
        good = konnektor.layer(Layer.SOAP)[-1].request.body
        wide = good.replace(b"</CCTX:Context>", b"</CCTX:Context>" + message)
        ns = b'<EVT:GetCards mandant-wide="true" xmlns:CARDCMN="%s"' % CARDCMN
        assert b">4020<" in konnektor.post(wide.replace(b"<EVT:GetCards", ns)).body
        plain = b'<EVT:GetCards xmlns:CARDCMN="%s"' % CARDCMN
        assert b">4015<" in konnektor.post(wide.replace(b"<EVT:GetCards", plain)).body


CARDCMN = b"http://ws.gematik.de/conn/CardServiceCommon/v2.0"


@pytest.mark.parametrize(
    "table",
    [
        {"type": "EGK", "kvnr": KVNR, "defect": "sticky"},
        {"type": "HBA", "crypt": "DSA"},
        {"type": "HBA", "valid_until": "soon"},
        {"type": "HBA", "color": "green"},
        {"type": "Joker"},
    ],
    ids=["defect", "crypt", "date", "key", "type"],
)
def test_card_table_is_checked(table: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError), bench(cards=[table]):
        pass
