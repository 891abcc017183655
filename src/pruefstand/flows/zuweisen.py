"""Zuweisen: the insured person sends a prescription to a pharmacy, an insurer or a confidant."""

from __future__ import annotations

from collections.abc import Mapping

from pruefstand.clients.erezept_messages import ErezeptMessages, ReceivedMessage
from pruefstand.fhir.communication import message, with_code

PICK_UP: Mapping[str, object] = {"version": 1, "supplyOptionsType": "onPremise"}
"""Payload of an order: the insured person comes to the pharmacy."""
READY: Mapping[str, object] = {
    "version": 1,
    "supplyOptionsType": "onPremise",
    "info_text": "fertig",
}
"""Payload of the pharmacy's answer."""


def assign(
    messages: ErezeptMessages,
    prescription_id: str,
    access_code: str,
    recipient: str,
    payload: Mapping[str, object] | None = PICK_UP,
) -> str:
    """Order at `recipient` (Telematik-ID) and return the message's id; raises ErezeptRefusal."""
    about = with_code(prescription_id, access_code)
    return messages.send(message("DispReq", about, recipient, payload))


def represent(
    messages: ErezeptMessages, prescription_id: str, access_code: str, confidant: str, text: str
) -> str:
    """Let `confidant` (KVNR) redeem; raises ErezeptRefusal."""
    about = with_code(prescription_id, access_code)
    return messages.send(message("Representative", about, confidant, text))


def answer(
    messages: ErezeptMessages, received: ReceivedMessage, payload: Mapping[str, object] = READY
) -> str:
    """Answer an order; raises ErezeptRefusal."""
    about = f"Task/{received.prescription_id}"
    return messages.send(message("Reply", about, received.sender, payload))
