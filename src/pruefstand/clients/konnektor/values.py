"""What the Konnektor tells about cards and PINs."""

from __future__ import annotations

from dataclasses import dataclass

from pruefstand.soap.envelope import Element, child, text
from pruefstand.soap.fault import Status, read_status


@dataclass(frozen=True, slots=True)
class KonnektorContext:
    """The call context; operations on a HBA need `user`."""

    mandant: str = "M1"
    client_system: str = "CS1"
    workplace: str = "WP1"
    user: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A plugged card; `expires` is the day in xs:date as delivered."""

    handle: str
    card_type: str
    iccsn: str | None
    terminal: str
    slot: int
    holder: str | None
    kvnr: str | None
    expires: str | None


@dataclass(frozen=True, slots=True)
class PinStatus:
    """A PIN as the card session sees it: VERIFIED, VERIFIABLE, BLOCKED, TRANSPORT_PIN, …"""

    status: str
    left_tries: int | None


@dataclass(frozen=True, slots=True)
class PinResult:
    """The outcome of a PIN entry: OK, REJECTED, ERROR, WASBLOCKED, NOWBLOCKED, TRANSPORT_PIN."""

    result: str
    left_tries: int | None
    status: Status | None

    @property
    def is_ok(self) -> bool:
        """Whether the PIN was right."""
        return self.result == "OK"


def read_card(node: Element) -> Card:
    """Return the card in a `CARD:Card`."""
    slot = text(node, "CARDCMN:SlotId") or ""
    return Card(
        handle=text(node, "CONN:CardHandle") or "",
        card_type=text(node, "CARDCMN:CardType") or "",
        iccsn=text(node, "CARDCMN:Iccsn"),
        terminal=text(node, "CARDCMN:CtId") or "",
        slot=int(slot) if slot.isdigit() else 0,
        holder=text(node, "CARD:CardHolderName"),
        kvnr=text(node, "CARD:Kvnr"),
        expires=text(node, "CARD:CertificateExpirationDate"),
    )


def read_pin_status(node: Element) -> PinStatus:
    """Return the status in a GetPinStatusResponse."""
    return PinStatus(text(node, "CARD:PinStatus") or "", _number(node, "CARD:LeftTries"))


def read_pin_result(node: Element) -> PinResult:
    """Return the result in a VerifyPinResponse; its children lie in CardServiceCommon."""
    return PinResult(
        text(node, "CARDCMN:PinResult") or "", _number(node, "CARDCMN:LeftTries"), read_status(node)
    )


def _number(node: Element, name: str) -> int | None:
    found = child(node, name)
    digits = (found.text or "").strip() if found is not None else ""
    return int(digits) if digits.isdigit() else None
