"""Logins with a smart card, and where a login must end."""

from __future__ import annotations

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.select import by_actor, outer_http, soap


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


@factory
def goes_no_further_than(operation: str, *requirements: str) -> Check:
    """Return the check that nothing was asked of IDP and Fachdienst after `operation`.

    That is how a client shows that it noticed what was wrong with the answer.
    """

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"kein Aufruf von IDP oder Fachdienst nach {operation}"
        calls = outer_http(exchanges, "idp", "erezept")
        places = [place for place, call in enumerate(calls) if call.operation == operation]
        if not places:
            return Judgement(False, expected, f"{operation} nicht aufgezeichnet")
        after = calls[places[-1] + 1 :]
        if after:
            return Judgement(False, expected, f"danach {after[0].operation}", after[0].id)
        return Judgement(True, expected, "danach kein Aufruf", calls[places[-1]].id)

    return Check("goes_no_further", requirements, judge)
