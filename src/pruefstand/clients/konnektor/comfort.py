"""Comfort signature of one HBA: activate, ask, end (SignatureService 7.5)."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.clients.konnektor.channel import Reply
from pruefstand.clients.konnektor.client import KonnektorClient
from pruefstand.clients.konnektor.messages import card_handle, context
from pruefstand.soap.envelope import element, text
from pruefstand.soap.fault import Status, read_status


@dataclass(frozen=True, slots=True)
class SignatureMode:
    """What GetSignatureMode tells; durations are xs:duration as delivered."""

    is_enabled: bool
    maximum: int
    timer: str
    mode: str | None
    remaining: int | None
    time_remaining: str | None


class ComfortSignature:
    """The mode of the HBA behind `handle` for the user of the client's context.

    Every method raises KonnektorFault when the Konnektor refuses.
    """

    def __init__(self, client: KonnektorClient, handle: str) -> None:
        self._client = client
        self.handle = handle

    def activate(self) -> str:
        """Ask for PIN.QES and return the mode, COMFORT; the user must be a fresh UUID."""
        return text(self._call("ActivateComfortSignature").body, "SIG:SignatureMode") or ""

    def deactivate(self) -> Status | None:
        """End the comfort sessions of the card; the status warns when there was none."""
        body = element("SIG:DeactivateComfortSignature", card_handle(self.handle))
        reply = self._client.call("SignatureService", "7.5", body, card=self.handle)
        return read_status(reply.body)

    def mode(self) -> SignatureMode:
        """Return the limits and what is left of them for this user."""
        body = self._call("GetSignatureMode").body
        info = "SIG:SessionInfo"
        remaining = text(body, f"{info}/SIG:CountRemaining")
        return SignatureMode(
            text(body, "SIG:ComfortSignatureStatus") == "ENABLED",
            int(text(body, "SIG:ComfortSignatureMax") or 0),
            text(body, "SIG:ComfortSignatureTimer") or "",
            text(body, f"{info}/SIG:SignatureMode"),
            int(remaining) if remaining else None,
            text(body, f"{info}/SIG:TimeRemaining"),
        )

    def _call(self, operation: str) -> Reply:
        body = element(f"SIG:{operation}", card_handle(self.handle), context(self._client.context))
        return self._client.call("SignatureService", "7.5", body, card=self.handle)
