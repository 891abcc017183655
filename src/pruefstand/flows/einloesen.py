"""Einlösen and zurückgeben: what a pharmacy does with a token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pruefstand.clients.erezept import AcceptedTask, ErezeptClient, Receipt

Dispense = Callable[[AcceptedTask], bytes]
"""Returns the dispensation body for an accepted task."""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A dispensed prescription: what the pharmacy got and its receipt."""

    accepted: AcceptedTask
    receipt: Receipt


def redeem(
    erezept: ErezeptClient, prescription_id: str, access_code: str, *, dispense: Dispense
) -> Redeemed:
    """Accept, dispense and close; raises ErezeptRefusal when the service says no."""
    accepted = erezept.accept(prescription_id, access_code)
    receipt = erezept.close(prescription_id, accepted.secret, dispense(accepted))
    return Redeemed(accepted, receipt)


def give_back(erezept: ErezeptClient, prescription_id: str, secret: str) -> None:
    """Return an accepted prescription, so that another pharmacy can redeem it."""
    erezept.reject(prescription_id, secret)
