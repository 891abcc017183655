"""Checks of the traffic between a practice system and its Konnektor."""

from __future__ import annotations

import re

from pruefstand.checks.check import Check, Exchanges, Judgement, factory
from pruefstand.checks.select import answered, soap
from pruefstand.checks.soap_message import answer, field
from pruefstand.model.exchange import Exchange

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COMFORT = (
    "GetSignatureMode",
    "ActivateComfortSignature",
    "SignDocument",
    "DeactivateComfortSignature",
)


@factory
def comfort_session(documents: int, *requirements: str) -> Check:
    """Return the check of a session: mode asked, switched on, `documents` signed, switched off."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"{' → '.join(_COMFORT)}, {documents} Dokumente, alles angenommen"
        calls = [e for e in exchanges if e.operation in _COMFORT and soap([e], e.operation)]
        order = [_COMFORT.index(call.operation) for call in calls]
        signed = sum(
            int(call.facts.get("documents", "0"))
            for call in calls
            if call.operation == "SignDocument"
        )
        complete = set(order) == set(range(len(_COMFORT))) and order == sorted(order)
        refusals = len(calls) - len(answered(calls, 200))
        actual = f"{len(calls)} Aufrufe, {signed} Dokumente, {refusals} Ablehnungen"
        return Judgement(complete and signed == documents and not refusals, expected, actual)

    return Check("comfort_session", requirements, judge)


@factory
def fresh_comfort_user(*requirements: str) -> Check:
    """Return the check that each activation has a new UUID, kept while signing."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "je Einschalten eine neue UUID, danach unverändert"
        users = [_user(call) for call in soap(exchanges, "ActivateComfortSignature")]
        signing = {_user(call) for call in soap(exchanges, "SignDocument")}
        bad = [user for user in users if not _UUID.fullmatch(user) or users.count(user) > 1]
        holds = bool(users) and not bad and signing <= set(users)
        return Judgement(holds, expected, f"{len(users)} Einschaltungen, {len(bad)} falsch")

    return Check("fresh_comfort_user", requirements, judge)


@factory
def verified_as(result: str, *requirements: str) -> Check:
    """Return the check that the last VerifyDocument had `result`."""

    def judge(exchanges: Exchanges) -> Judgement:
        found = answered(soap(exchanges, "VerifyDocument"), 200)
        if not found:
            return Judgement(False, result, "keine Prüfung aufgezeichnet")
        actual = answer(found[-1], "HighLevelResult")
        return Judgement(actual == result, result, actual, found[-1].id)

    return Check("verified_as", requirements, judge)


@factory
def card_came_back(*requirements: str) -> Check:
    """Return the check that a card was ejected, requested, and got another handle."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = "EjectCard, dann RequestCard mit anderem Handle"
        ejected = answered(soap(exchanges, "EjectCard"), 200)
        requested = answered(soap(exchanges, "RequestCard"), 200)
        if not ejected or not requested:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        old, new = field(ejected[-1].request.body, "CardHandle"), _handle(requested[-1])
        calls = list(exchanges)
        in_order = calls.index(ejected[-1]) < calls.index(requested[-1])
        return Judgement(in_order and new not in ("", old), expected, f"{old} → {new}")

    return Check("card_came_back", requirements, judge)


@factory
def pin_changed(pin: str, *requirements: str) -> Check:
    """Return the check that the last ChangePin named `pin` and ended well."""

    def judge(exchanges: Exchanges) -> Judgement:
        expected = f"ChangePin {pin}: OK"
        found = soap(exchanges, "ChangePin")
        if not found:
            return Judgement(False, expected, "Aufruf nicht aufgezeichnet")
        named = field(found[-1].request.body, "PinTyp")
        result = answer(found[-1], "PinResult")
        actual = f"ChangePin {named}: {result or 'abgelehnt'}"
        return Judgement(actual == expected, expected, actual, found[-1].id)

    return Check("pin_changed", requirements, judge)


def _user(call: Exchange) -> str:
    return field(call.request.body, "UserId")


def _handle(call: Exchange) -> str:
    return answer(call, "CardHandle")
