"""The practice's card as a login card: certificate and signature over a digest."""

from __future__ import annotations

from functools import cached_property

from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.problems import KonnektorFault
from pruefstand.errors import SutError

ACCESS_CONDITION = 4085
"""The code of a card whose PIN is not verified in this session."""


class SmcbCard:
    """C.AUT of the SMC-B behind `handle`; unlocks the card when it has to."""

    def __init__(self, client: KonnektorClient, handle: str) -> None:
        self._client = client
        self.handle = handle

    @cached_property
    def certificate_der(self) -> bytes:
        """The certificate C.AUT as DER; read from the card once."""
        return self._client.read_certificate(self.handle, "C.AUT")

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the DER signature over a SHA-256 `digest`; asks for PIN.SMC once if needed."""
        try:
            return self._client.external_authenticate(self.handle, digest)
        except KonnektorFault as fault:
            if fault.code != ACCESS_CONDITION:
                raise
        entry = self._client.verify_pin(self.handle, "PIN.SMC")
        if not entry.is_ok:
            raise SutError(
                f"PIN.SMC der Karte {self.handle} wurde nicht freigeschaltet: {entry.result}",
                hint="PIN am Kartenterminal richtig eingeben; gesperrt hilft nur die PUK.",
            )
        return self._client.external_authenticate(self.handle, digest)
