"""Logins with a smart card, as the Konnektor sees them."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.select import by_actor, soap


@factory
def logins(actor: str, wanted: int) -> Check:
    """Return the check that `actor` signed exactly `wanted` challenges with its card."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = by_actor(soap(exchanges, "ExternalAuthenticate"), actor)
        signed = [exchange for exchange in found if exchange.status == 200]
        last = signed[-1].id if signed else None
        return Judgement(
            len(signed) == wanted, f"{wanted} Anmeldungen", f"{len(signed)} Anmeldungen", last
        )

    return Check(f"logins_{wanted}", ("A_20667-03",), judge)
