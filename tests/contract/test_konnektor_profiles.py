"""Practices described by profiles, and the client's next step for each code of the mock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mocks.konnektor.errors import TABLE
from mocks.konnektor.faults import REFUSALS
from pruefstand.clients.konnektor import HINTS, Encryption, KonnektorContext, KonnektorFault
from pruefstand.config.profile import load_profile
from pruefstand.model.exchange import Layer
from tests.contract.konnektor_bench import USER, bench
from tests.contract.konnektor_schemas import assert_valid_message

PROFILES = Path(__file__).parents[2] / "profiles"
DOCUMENT = b'<Bundle xmlns="http://hl7.org/fhir"/>'


def settings(name: str) -> dict[str, Any]:
    return dict(load_profile(name, PROFILES).targets["konnektor"].settings)


def test_profile_describes_a_practice_with_several_physicians() -> None:
    with bench(**settings("gemeinschaftspraxis")) as konnektor:
        reception = konnektor.another(KonnektorContext("M1", "CS1", "Empfang", USER))
        room = konnektor.another(KonnektorContext("M1", "CS1", "Zimmer2", USER))
        assert len(reception.cards("HBAx")) == 4
        expires = {card.handle: card.expires for card in room.cards("HBAx")}
        assert expires["HBA-3"] == "2027-01-15Z"
        assert set(expires) == {"HBA-2", "HBA-3", "HBA-4"}
        assert room.sign_document("HBA-2", DOCUMENT, crypt="RSA")
        assert room.sign_document("HBA-3", DOCUMENT)
        assert reception.verify_pin("HBA-1", "PIN.CH").is_ok
        for handle, code in (("HBA-4", 4123), ("HBA-1", 4015)):
            with pytest.raises(KonnektorFault) as fault:
                room.sign_document(handle, DOCUMENT)
            assert fault.value.code == code


def test_realistic_profile_takes_the_time_of_a_card() -> None:
    chosen = settings("mock-realistisch")
    with bench(**chosen) as konnektor:
        konnektor.client.sign_document("HBA-1", DOCUMENT)
        message = konnektor.layer(Layer.SOAP)[-1].request.body
        assert konnektor.post(message.replace(b"AAA-000", b"AAB-000")).delay > 0.3
    assert load_profile("mock-realistisch", PROFILES).targets["konnektor"].load


def test_every_code_of_the_mock_has_a_next_step_at_the_client() -> None:
    assert set(TABLE) - set(HINTS) == set()
    assert len(set(HINTS.values())) > len(HINTS) * 0.8


def test_every_refusal_fault_refuses_what_it_says_and_ends_again() -> None:
    with bench(comfort_signature=True) as konnektor:
        client = konnektor.client
        for name, (_, codes) in REFUSALS.items():
            if "SignDocument" not in codes:
                continue
            konnektor.ctx.faults.switch(name, True)
            with pytest.raises(KonnektorFault) as fault:
                client.sign_document("HBA-1", DOCUMENT)
            assert fault.value.code == codes["SignDocument"]
            konnektor.ctx.faults.switch(name, False)
            assert client.sign_document("HBA-1", DOCUMENT)


@pytest.mark.parametrize("operation", ["SignDocument", "EncryptDocument"])
def test_document_above_25_megabytes_is_refused_and_the_next_call_works(operation: str) -> None:
    largest = 26_214_400
    with bench() as konnektor:
        client = konnektor.client
        client.verify_pin("SMC-B-1", "PIN.SMC")

        def act(content: bytes) -> object:
            if operation == "SignDocument":
                return client.sign_document("SMC-B-1", content, short_text="x")
            return Encryption(client).encrypt(content, [], own_card="SMC-B-1")

        with pytest.raises(KonnektorFault) as fault:
            act(bytes(largest + 1))
        assert fault.value.code == 4283
        answer = konnektor.layer(Layer.SOAP)[-1].response
        assert answer is not None
        assert_valid_message(answer.body)
        assert act(bytes(100))
