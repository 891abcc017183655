"""Signature forms, stacks, and what happens to a job while the card works."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
import typst

from pruefstand.clients.konnektor import KonnektorFault, SignatureForm, Verifier, form_for
from pruefstand.clients.konnektor.forms import PADES, SMIME, XADES
from pruefstand.clients.konnektor.signatures import read_signatures, read_signed_documents
from pruefstand.crypto import cms_qes, pades, xades
from pruefstand.crypto import der as asn1
from pruefstand.crypto.cms_qes import Outside, QesProblem
from pruefstand.crypto.cms_structure import RECIPIENT_EMAILS
from pruefstand.model.exchange import Layer
from pruefstand.model.http import Response
from tests.contract.konnektor_bench import Bench, bench
from tests.contract.konnektor_schemas import assert_valid_message

HBA, SMCB = "HBA-1", "SMC-B-1"
BUNDLE = b'<Bundle xmlns="http://hl7.org/fhir"/>'
PDF_TYPE = "application/pdf-a"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return typst.compile(b"= Arztbrief", format="pdf", pdf_standards=["a-2b"])


@pytest.fixture
def konnektor() -> Iterator[Bench]:
    with bench() as ready:
        ready.client.verify_pin(SMCB, "PIN.SMC")
        yield ready


def code_of(attempt: Callable[[], object]) -> int:
    with pytest.raises(KonnektorFault) as fault:
        attempt()
    return fault.value.code


def detached(konnektor: Bench, card: str) -> bytes:
    form = SignatureForm(with_content=False)
    reply, prefix = konnektor.client.request_signatures(card, [BUNDLE], form)
    return read_signatures(reply.body, prefix, 1)[0]


@pytest.mark.parametrize("card", [HBA, SMCB])
def test_detached_signature_is_verified_with_its_document(konnektor: Bench, card: str) -> None:
    signed = detached(konnektor, card)
    with pytest.raises(QesProblem, match="detached"):
        cms_qes.verify(signed)
    assert cms_qes.verify(signed, Outside(BUNDLE)).content == BUNDLE
    verifier = Verifier(konnektor.client)
    assert verifier.document(signed, BUNDLE).result == "VALID"
    assert verifier.document(signed, BUNDLE + b" ").result == "INVALID"
    assert code_of(lambda: verifier.document(signed)) == 4115


@pytest.mark.parametrize("card", [HBA, SMCB])
def test_pdf_is_signed_inside_and_verified(konnektor: Bench, card: str, pdf: bytes) -> None:
    form = form_for(PDF_TYPE)
    assert form.kind == PADES
    reply, prefix = konnektor.client.request_signatures(card, [pdf], form)
    (signed,) = read_signed_documents(reply.body, prefix)
    assert pades.verify_pdf(signed).ocsp is not None
    verifier = Verifier(konnektor.client)

    def result(document: bytes) -> str:
        return verifier.document(b"", document, mime_type=PDF_TYPE).result

    assert result(signed) == "VALID"
    assert result(signed + b"%\n") == "INVALID"
    assert code_of(lambda: result(pdf)) == 4253
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.response.body)


def test_xml_is_sealed_inside_and_verified(konnektor: Bench) -> None:
    document = b'<Brief xmlns="urn:b"><Text>Befund</Text></Brief>'
    for form in (form_for("application/xml"), form_for("text/xml")):
        reply, prefix = konnektor.client.request_signatures(SMCB, [document], form)
        (signed,) = read_signed_documents(reply.body, prefix)
        found = xades.read_xml(signed)
        assert found is not None
        assert found.ocsp is not None
        verifier = Verifier(konnektor.client)
        for mime_type, changed, result in (
            ("application/xml", signed, "VALID"),
            ("text/xml", signed, "VALID"),
            ("text/xml", signed.replace(b"Befund", b"Befand"), "INVALID"),
        ):
            assert verifier.document(b"", changed, mime_type=mime_type).result == result
        for broken, code in ((document, 4253), (signed[:-1], 4115)):
            attempt = partial(verifier.document, b"", broken, mime_type="text/xml")
            assert code_of(attempt) == code
    for exchange in konnektor.layer(Layer.SOAP):
        assert exchange.response is not None
        assert_valid_message(exchange.response.body)


def test_seals_inside_xml_may_be_switched_off() -> None:
    with bench(xades=False) as konnektor:
        konnektor.client.verify_pin(SMCB, "PIN.SMC")
        xml = form_for("application/xml")
        assert code_of(lambda: konnektor.client.request_signatures(SMCB, [b"<a/>"], xml)) == 4111


def test_forms_that_are_not_offered_have_codes(konnektor: Bench) -> None:
    def sign(card: str, form: SignatureForm, document: bytes = BUNDLE) -> object:
        return konnektor.client.request_signatures(card, [document], form)

    xml = form_for("application/xml")
    assert xml.kind == XADES
    assert code_of(lambda: sign(SMCB, xml, b"<a>")) == 4022
    assert code_of(lambda: sign(SMCB, form_for("text/xml"), b"<a>")) == 4112
    assert code_of(lambda: sign(HBA, xml)) == 4111
    mail = SignatureForm(kind=SMIME, with_content=False)
    assert code_of(lambda: sign(SMCB, mail)) == 4279
    assert code_of(lambda: sign(SMCB, form_for(PDF_TYPE), b"PK")) == 4112
    assert code_of(lambda: sign(HBA, form_for(PDF_TYPE), b"%PDF-1.7 broken")) == 4124
    assert sign(SMCB, SignatureForm())


def test_further_signed_attributes_are_signed(konnektor: Bench) -> None:
    emails = asn1.set_of(*(asn1.sequence(asn1.tlv(0x16, name)) for name in (b"a@x", b"b@x")))
    attribute = asn1.sequence(asn1.oid(RECIPIENT_EMAILS), emails)
    form = SignatureForm(attributes=(("RecipientEmailsAttribute", attribute),))
    reply, prefix = konnektor.client.request_signatures(SMCB, [BUNDLE], form)
    signed = read_signatures(reply.body, prefix, 1)[0]
    assert RECIPIENT_EMAILS in cms_qes.verify(signed).attributes
    assert_valid_message(konnektor.layer(Layer.SOAP)[-1].request.body)


def test_stack_of_fifty_needs_one_pin_entry() -> None:
    with bench(pin_entry=["auto", "cancel"]) as konnektor:
        documents = [b"<a>%d</a>" % n for n in range(50)]
        signed = konnektor.client.sign_document(HBA, documents)
        assert [cms_qes.verify(one).content for one in signed] == documents
        assert code_of(lambda: konnektor.client.sign_document(HBA, BUNDLE)) == 4049


def test_stack_broken_off_at_a_later_part_keeps_what_was_signed() -> None:
    with bench(pin_entry=["auto", "auto", "timeout"], stack_part=2) as konnektor:
        reply, prefix = konnektor.client.request_signatures(HBA, [BUNDLE] * 5, SignatureForm())
        signed = read_signatures(reply.body, prefix, 4)
        assert all(cms_qes.verify(one).content == BUNDLE for one in signed)
        with pytest.raises(KonnektorFault) as fault:
            read_signatures(reply.body, prefix, 5)
        assert fault.value.code == 4043
        answer = konnektor.layer(Layer.SOAP)[-1].response
        assert answer is not None
        assert_valid_message(answer.body)


def begin_signing(konnektor: Bench, job: str) -> Response:
    """Send three documents; return the answer that waits for the card."""
    konnektor.settings["timing"] = "fast"
    konnektor.client.sign_document(HBA, [BUNDLE] * 3, job_number="AAA-900")
    konnektor.settings["timing"] = "typical"
    message = konnektor.layer(Layer.SOAP)[-1].request.body
    return konnektor.post(message.replace(b"AAA-900", job.encode()))


def test_card_pulled_in_the_middle_signs_nothing(konnektor: Bench) -> None:
    waiting = begin_signing(konnektor, "ABC-001")
    assert waiting.delay > 0
    konnektor.operate("card-pull", card=HBA)
    answer = waiting.settled()
    assert answer.status == 500
    assert b">4120<" in answer.body
    assert b"Base64Signature" not in answer.body
    assert_valid_message(answer.body)
    assert code_of(lambda: konnektor.client.sign_document(HBA, BUNDLE)) == 4101


def test_stopped_job_returns_no_signature_and_cannot_be_stopped_twice(konnektor: Bench) -> None:
    waiting = begin_signing(konnektor, "ABC-002")
    konnektor.client.stop_signature("ABC-002")
    answer = waiting.settled()
    assert answer.status == 200
    assert answer.body.count(b">4049<") == 3
    assert b"Base64Signature" not in answer.body
    assert_valid_message(answer.body)
    assert code_of(lambda: konnektor.client.stop_signature("ABC-009")) == 4243


def test_undisturbed_job_is_answered_as_it_was(konnektor: Bench) -> None:
    waiting = begin_signing(konnektor, "ABC-003")
    assert waiting.settled() is waiting
    assert waiting.body.count(b"Base64Signature Type") == 3


def test_one_card_works_on_one_job_at_a_time_and_two_cards_at_once() -> None:
    cards = [
        {"type": "HBA", "handle": HBA},
        {"type": "HBA", "handle": "HBA-2", "name": "zwei", "slot": 2},
    ]
    with bench(timing="spec", cards=cards) as konnektor:
        started = time.monotonic()
        konnektor.client.sign_document(HBA, BUNDLE, job_number="AAA-900")
        template = konnektor.layer(Layer.SOAP)[-1].request.body

        def delay(card: str, number: int) -> float:
            body = template.replace(b"AAA-900", b"BBB-%03d" % number)
            return konnektor.post(body.replace(b"HBA-1", card.encode())).delay

        first, second, other = delay(HBA, 1), delay(HBA, 2), delay("HBA-2", 3)
        assert time.monotonic() - started < 5
        assert second > first > 3
        assert other < second
