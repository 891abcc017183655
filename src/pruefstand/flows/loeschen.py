"""Löschen: the practice withdraws a prescription nobody has accepted yet."""

from __future__ import annotations

from pruefstand.clients.erezept import ErezeptClient


def withdraw(erezept: ErezeptClient, prescription_id: str, access_code: str) -> None:
    """Run the use case gemILF_PS_eRp A_19238; raises ErezeptRefusal when the service says no."""
    erezept.abort(prescription_id, access_code=access_code)
