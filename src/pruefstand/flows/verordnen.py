"""Verordnen: fetch an id, write the document, sign it with the HBA, upload it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pruefstand.clients.erezept import Activation, CreatedTask, ErezeptClient
from pruefstand.clients.konnektor import KonnektorClient

SHORT_TEXT = "E-Rezept"
Write = Callable[[str], bytes]
"""Returns the KBV bundle for a prescription id, as the bytes that get signed."""


@dataclass(frozen=True, slots=True)
class Prescribed:
    """An uploaded prescription, as the PVS keeps it."""

    task: CreatedTask
    document: bytes
    signed: bytes
    activation: Activation

    @property
    def prescription_id(self) -> str:
        """The id printed on the token sheet."""
        return self.task.prescription_id


def prescribe(
    erezept: ErezeptClient,
    konnektor: KonnektorClient,
    hba: str,
    *,
    flow_type: int,
    write: Write,
) -> Prescribed:
    """Run the use case gemILF_PS_eRp A_19274 and A_19272 for one prescription."""
    task = erezept.create(flow_type)
    document = write(task.prescription_id)
    signed = sign(konnektor, hba, document)
    activation = erezept.activate(task.prescription_id, task.access_code, signed)
    return Prescribed(task, document, signed, activation)


def sign(konnektor: KonnektorClient, hba: str, document: bytes) -> bytes:
    """Return the enveloping CAdES signature of the HBA over exactly these bytes."""
    return konnektor.sign_document(hba, document, short_text=SHORT_TEXT)[0]
